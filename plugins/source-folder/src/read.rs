//! Reading files, many at a time.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use deployer_core::Result;

use crate::errors;
use crate::opened::{OpenFolder, is_absent};
use crate::root::{Resolver, Root};

/// The largest file that is read, in bytes. Sesam accepts smaller ones only.
pub(crate) const LARGEST: u64 = 64 << 20;

/// Reads files one after the other; the answers are in the order of the paths.
pub(crate) fn read_all(root: &Root, paths: &[String]) -> Vec<Result<Option<Vec<u8>>>> {
    let mut resolver = Resolver::new(root);
    paths.iter().map(|path| read(&mut resolver, path)).collect()
}

fn read<'a>(resolver: &mut Resolver<'a>, path: &'a str) -> Result<Option<Vec<u8>>> {
    let Some((folder, name)) = resolver.place(path)? else { return Ok(None) };
    match present(path, folder.file(name))? {
        None => Ok(None),
        Some(Some(file)) => content(resolver.root, path, file).map(Some),
        Some(None) => behind_link(resolver.root, path),
    }
}

/// The content of the file that a link leads to.
fn behind_link(root: &Root, path: &str) -> Result<Option<Vec<u8>>> {
    let Some(real) = root.resolve(path)? else { return Ok(None) };
    let (Some(folder), Some(name)) = (real.parent(), real.file_name()) else { return Ok(None) };
    let opened = OpenFolder::open(folder).and_then(|folder| folder.file(Path::new(name)));
    // A link that appears after the path was resolved is not followed.
    let Some(Some(file)) = present(path, opened)? else { return Ok(None) };
    content(root, path, file).map(Some)
}

/// The content of an ordinary file of a limited size that contains no secrets of the run.
fn content(root: &Root, path: &str, file: File) -> Result<Vec<u8>> {
    let unreadable = |cause| errors::unreadable(path, &cause);
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        let found = if metadata.is_dir() { "a folder" } else { "not an ordinary file" };
        return Err(errors::not_a_file(path, found));
    }
    if metadata.len() > LARGEST {
        return Err(errors::too_large(path, LARGEST));
    }
    if root.is_secret(&file).map_err(unreadable)? {
        return Err(errors::secret_file(path));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    // A file can grow while it is read.
    let read = file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if u64::try_from(read).is_ok_and(|read| read <= LARGEST) {
        Ok(bytes)
    } else {
        Err(errors::too_large(path, LARGEST))
    }
}

/// The answer of the file system, `None` if nothing is there.
fn present<T>(path: &str, answer: std::io::Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(cause) if is_absent(&cause) => Ok(None),
        Err(cause) => Err(errors::unreadable(path, &cause)),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use deployer_core::Kind;
    use deployer_core::plugin::SecretFiles;

    use super::*;

    struct Sample {
        folder: tempfile::TempDir,
        root: Root,
    }

    /// A root with a file beside it.
    fn sample() -> Sample {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        fs::create_dir_all(root.join("node/pipes")).unwrap();
        fs::write(root.join("node/pipes/a.json"), "a").unwrap();
        fs::write(root.join("node/pipes/å.json"), "å").unwrap();
        fs::write(folder.path().join("outside.json"), "outside").unwrap();
        Sample { root: Root::find(&root, &SecretFiles::default()).unwrap(), folder }
    }

    impl Sample {
        fn read(&self, path: &str) -> Result<Option<String>> {
            let answer = read_all(&self.root, &[path.to_owned()]).remove(0);
            answer.map(|bytes| bytes.map(|bytes| String::from_utf8(bytes).unwrap()))
        }

        #[cfg(unix)]
        fn link(&self, from: &str, to: &str) {
            let root = self.folder.path().join("root");
            std::os::unix::fs::symlink(to, root.join(from)).unwrap();
        }
    }

    #[test]
    fn answers_stand_in_the_order_of_the_paths_and_one_failure_hides_no_other_answer() {
        let sample = sample();
        let paths = ["node/pipes/å.json", "node/pipes/none.json", "../outside.json", "./node//pipes/a.json"];
        let answers = read_all(&sample.root, &paths.map(str::to_owned));
        assert_eq!(answers[0].as_ref().unwrap().as_deref(), Some("å".as_bytes()));
        assert_eq!(answers[1].as_ref().unwrap(), &None);
        assert_eq!(answers[2].as_ref().unwrap_err().kind(), Kind::Verification);
        assert_eq!(answers[3].as_ref().unwrap().as_deref(), Some(&b"a"[..]));
    }

    #[test]
    fn what_does_not_exist_is_none() {
        let sample = sample();
        for path in ["none.json", "none/none.json", "node/pipes/a.json/below.json"] {
            assert_eq!(sample.read(path).unwrap(), None, "{path}");
        }
    }

    #[test]
    fn a_path_that_leaves_the_root_is_refused_even_where_nothing_is() {
        let sample = sample();
        let absolute = sample.folder.path().join("outside.json").display().to_string();
        for path in
            ["../outside.json", "node/../../outside.json", "node/../node/pipes/a.json", "..", &absolute, "/x"]
        {
            let error = sample.read(path).unwrap_err();
            assert_eq!(error.kind(), Kind::Verification, "{path}");
            assert!(error.message().contains(path), "{error:?}");
        }
    }

    #[test]
    fn a_folder_is_no_file() {
        let error = sample().read("node/pipes").unwrap_err();
        assert_eq!(error.to_string(), "read \"node/pipes\": this is a folder");
        assert_eq!(
            sample().read("node/pipes/").unwrap_err().to_string(),
            "read \"node/pipes/\": this is a folder"
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_as_long_as_they_stay_below_the_root() {
        let sample = sample();
        sample.link("node/same.json", "pipes/a.json");
        sample.link("node/folder", "../node/pipes");
        sample.link("node/out.json", "../../outside.json");
        sample.link("node/away", "../..");
        assert_eq!(sample.read("node/same.json").unwrap().as_deref(), Some("a"));
        assert_eq!(sample.read("node/folder/a.json").unwrap().as_deref(), Some("a"));
        for path in ["node/out.json", "node/away/outside.json", "node/away/none.json"] {
            let error = sample.read(path).unwrap_err();
            assert_eq!(error.kind(), Kind::Verification, "{path}");
            assert!(error.message().contains(path), "{error:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_to_nothing_or_in_a_circle_is_an_error_and_no_absent_file() {
        let sample = sample();
        sample.link("node/broken.json", "nowhere.json");
        sample.link("node/lost", "nowhere");
        sample.link("node/round.json", "round.json");
        sample.link("node/first", "second");
        sample.link("node/second", "first");
        for (path, words) in [
            ("node/broken.json", "the link \"node/broken.json\" leads to nothing"),
            ("node/lost/a.json", "the link \"node/lost\" leads to nothing"),
            ("node/round.json", "circle"),
            ("node/first", "circle"),
            ("node/first/a.json", "circle"),
        ] {
            let error = sample.read(path).unwrap_err();
            assert_eq!(error.kind(), Kind::Verification, "{path}");
            assert!(error.message().contains(words) && error.message().contains(path), "{error:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_long_ladder_of_links_ends() {
        let sample = sample();
        sample.link("node/0.json", "pipes/a.json");
        for step in 1..100 {
            sample.link(&format!("node/{step}.json"), &format!("{}.json", step - 1));
        }
        assert_eq!(sample.read("node/10.json").unwrap().as_deref(), Some("a"));
        assert_eq!(sample.read("node/99.json").unwrap_err().kind(), Kind::Verification);
    }

    #[cfg(unix)]
    #[test]
    fn hidden_folders_are_not_reached_through_links_and_git_not_at_all() {
        let sample = sample();
        let root = sample.folder.path().join("root");
        for folder in [".git", ".ssh", "..2026_01_01"] {
            fs::create_dir(root.join(folder)).unwrap();
            fs::write(root.join(folder).join("config"), "token").unwrap();
        }
        sample.link("node/git", "../.git/config");
        sample.link("node/ssh", "../.ssh");
        sample.link("..data", "..2026_01_01");
        sample.link("node/mounted", "../..data/config");
        for path in [".git/config", ".GIT/config", "node/git", "node/ssh/config"] {
            let Err(error) = sample.read(path) else {
                // Only some file systems ignore case.
                assert_eq!(path, ".GIT/config");
                continue;
            };
            assert_eq!(error.kind(), Kind::Verification, "{path}");
            assert!(!format!("{error:?}").contains("token"), "{error:?}");
        }
        assert_eq!(sample.read(".ssh/config").unwrap().as_deref(), Some("token"), "the settings can name it");
        assert_eq!(sample.read("node/mounted").unwrap().as_deref(), Some("token"), "as Kubernetes mounts");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_a_device_and_a_huge_file_are_refused_without_reading_them() {
        let sample = sample();
        let root = sample.folder.path().join("root");
        let made = std::process::Command::new("mkfifo").arg(root.join("node/fifo.json")).status();
        assert!(made.unwrap().success());
        let error = sample.read("node/fifo.json").unwrap_err();
        assert_eq!(error.to_string(), "read \"node/fifo.json\": this is not an ordinary file");
        // A device is outside of every root, so it is opened directly.
        let device = content(&sample.root, "zero", File::open("/dev/zero").unwrap()).unwrap_err();
        assert_eq!(device.kind(), Kind::Verification);
        let sparse = File::create(root.join("node/sparse.json")).unwrap();
        sparse.set_len(10 << 30).unwrap();
        let error = sample.read("node/sparse.json").unwrap_err();
        assert_eq!(error.to_string(), "read \"node/sparse.json\": the file is larger than 64 MiB");
    }

    #[test]
    fn a_file_of_secrets_is_no_configuration_under_any_name() {
        let sample = sample();
        let secret_files = SecretFiles::default();
        secret_files.add(sample.folder.path().join("outside.json"));
        secret_files.add(sample.folder.path().join("absent.json"));
        let root = sample.folder.path().join("root");
        fs::hard_link(sample.folder.path().join("outside.json"), root.join("node/linked.json")).unwrap();
        let root = Root::find(&root, &secret_files).unwrap();
        let answers = read_all(&root, &["node/linked.json", "node/pipes/a.json"].map(str::to_owned));
        let error = answers[0].as_ref().unwrap_err();
        assert_eq!(error.kind(), Kind::Verification);
        assert!(error.message().contains("credentials or secrets"), "{error:?}");
        assert!(answers[1].is_ok());
    }

    #[test]
    fn a_root_that_is_absent_or_a_file_is_not_found() {
        let sample = sample();
        let folder = sample.folder.path();
        let absent = Root::find(&folder.join("none"), &SecretFiles::default()).unwrap_err();
        assert_eq!(absent.kind(), Kind::NotFound);
        assert!(absent.message().ends_with("none does not exist"), "{absent:?}");
        assert!(absent.hints()[0].contains("NODE_FOLDER"), "{absent:?}");
        let file = Root::find(&folder.join("outside.json"), &SecretFiles::default()).unwrap_err();
        assert!(file.message().ends_with("outside.json is not a folder"), "{file:?}");
    }
}
