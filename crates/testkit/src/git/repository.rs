//! A bare repository that a test fills, breaks and reads back.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::command::{run, run_text, try_run};
use super::objects::objects;

/// A commit as git tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The id in hexadecimal.
    pub id: String,
    /// Name and e-mail address of the author, as `Name <address>`.
    pub author: String,
    /// Name and e-mail address of the committer.
    pub committer: String,
    /// The full message, without its last line end.
    pub message: String,
}

/// A bare repository on disk.
#[derive(Debug, Clone)]
pub struct Repository {
    folder: PathBuf,
}

impl Repository {
    pub(super) fn create(folder: PathBuf, branch: &str) -> Self {
        std::fs::create_dir_all(&folder).expect("the host's folder is writable");
        run(&folder, &["init", "--quiet", "--bare", &format!("--initial-branch={branch}")], None);
        Self { folder }
    }

    pub(super) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The folder of the bare repository.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The repository's `file://` address.
    pub fn file_url(&self) -> String {
        format!("file://{}", self.folder.display())
    }

    /// Commits files on a branch, on top of its tip if it has one, as another writer would; returns the id.
    ///
    /// Files that are not named stay as they are.
    pub fn commit(&self, branch: &str, message: &str, files: &BTreeMap<String, Vec<u8>>) -> String {
        let reference = format!("refs/heads/{branch}");
        let mut stream = format!(
            "commit {reference}\ncommitter Other Writer <other@example.org> 1767225600 +0000\ndata {}\n{message}\n",
            message.len()
        )
        .into_bytes();
        if self.tip(branch).is_some() {
            stream.extend_from_slice(format!("from {reference}^0\n").as_bytes());
        }
        for (path, content) in files {
            stream.extend_from_slice(format!("M 100644 inline {path}\ndata {}\n", content.len()).as_bytes());
            stream.extend_from_slice(content);
            stream.push(b'\n');
        }
        run(&self.folder, &["fast-import", "--quiet", "--date-format=raw"], Some(stream));
        self.tip(branch).expect("the branch has just been written")
    }

    /// The commit that a branch points at; `None` when there is no such branch.
    pub fn tip(&self, branch: &str) -> Option<String> {
        let name = format!("refs/heads/{branch}");
        let id = try_run(&self.folder, &["rev-parse", "--verify", "--quiet", &name], None).ok()?;
        Some(String::from_utf8_lossy(&id).trim().to_owned())
    }

    /// Sets a branch to a commit, whatever its tip is, as a push with `--force` does.
    pub fn reset(&self, branch: &str, commit: &str) {
        run(&self.folder, &["update-ref", &format!("refs/heads/{branch}"), commit], None);
    }

    /// Deletes a branch.
    pub fn delete(&self, branch: &str) {
        run(&self.folder, &["update-ref", "-d", &format!("refs/heads/{branch}")], None);
    }

    /// The files of a branch by path.
    pub fn files(&self, branch: &str) -> BTreeMap<String, Vec<u8>> {
        let listing = run(&self.folder, &["ls-tree", "-r", "-z", "--full-tree", branch], None);
        let (mut paths, mut ids) = (Vec::new(), Vec::new());
        for entry in listing.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
            let entry = String::from_utf8_lossy(entry).into_owned();
            let (about, path) = entry.split_once('\t').expect("git separates an entry's path by a tab");
            ids.push(about.rsplit(' ').next().unwrap_or_default().to_owned());
            paths.push(path.to_owned());
        }
        let blobs = objects(&self.folder, &ids).unwrap_or_else(|complaint| panic!("{complaint}"));
        paths.into_iter().zip(blobs.into_iter().map(|blob| blob.content)).collect()
    }

    /// The commits of a branch, newest first; none when there is no such branch.
    pub fn commits(&self, branch: &str) -> Vec<Commit> {
        if self.tip(branch).is_none() {
            return Vec::new();
        }
        let format = "--format=%H%x00%an <%ae>%x00%cn <%ce>%x00%B%x01";
        let log = run_text(&self.folder, &["log", format, branch]);
        log.split('\u{1}').filter_map(|commit| parse_commit(commit.trim_start_matches('\n'))).collect()
    }

    /// Checks the whole repository strictly; the error is what git found.
    pub fn fsck(&self) -> Result<(), String> {
        try_run(&self.folder, &["fsck", "--strict", "--no-dangling", "--no-progress"], None).map(drop)
    }

    /// Lets a hook decline every push with a text, such as `no deployments on Friday`.
    pub fn decline_pushes(&self, text: &str) {
        self.hook("pre-receive", &format!("#!/bin/sh\ncat <<'END' >&2\n{text}\nEND\nexit 1\n"));
    }

    /// Writes a hook, such as `update`.
    pub fn hook(&self, name: &str, script: &str) {
        let file = self.folder.join("hooks").join(name);
        std::fs::create_dir_all(self.folder.join("hooks")).expect("the repository is writable");
        std::fs::write(&file, script).expect("the repository is writable");
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&file, executable).expect("the file is ours");
    }

    /// Sets a value of the repository's configuration, such as `receive.denyNonFastForwards`.
    pub fn configure(&self, name: &str, value: &str) {
        run(&self.folder, &["config", name, value], None);
    }

    /// Packs all objects into one pack, as a host does from time to time.
    pub fn repack(&self) {
        run(&self.folder, &["repack", "-a", "-d", "--quiet"], None);
    }

    /// Answers 403 to every push over HTTP; reading goes on.
    pub fn forbid_pushes(&self) {
        self.configure("http.receivepack", "false");
    }
}

fn parse_commit(text: &str) -> Option<Commit> {
    let mut parts = text.splitn(4, '\0').map(str::to_owned);
    Some(Commit {
        id: parts.next().filter(|id| !id.is_empty())?,
        author: parts.next()?,
        committer: parts.next()?,
        message: parts.next()?.trim_end_matches('\n').to_owned(),
    })
}
