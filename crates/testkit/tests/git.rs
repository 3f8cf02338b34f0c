//! The git host, driven by the `git` program over HTTPS and SSH.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use deployer_testkit::git::{GitHost, Sshd};
use deployer_testkit::server::{Moment, Rule, Server};
use deployer_testkit::skip_or_fail;
use tempfile::TempDir;

const TOKEN: &str = "s3cret%+/ø";

struct Rig {
    host: GitHost,
    server: Server,
    folder: TempDir,
}

impl Rig {
    fn start() -> Self {
        let host = GitHost::new();
        host.accept_token(TOKEN);
        let server = Server::https(host.router());
        Self { host, server, folder: tempfile::tempdir().expect("a temporary folder") }
    }

    fn git(&self, folder: &Path, arguments: &[&str]) -> Output {
        self.git_with(folder, arguments, TOKEN)
    }

    fn git_with(&self, folder: &Path, arguments: &[&str], token: &str) -> Output {
        let helper = self.folder.path().join("askpass");
        std::fs::write(&helper, "#!/bin/sh\necho \"$TOKEN\"\n").expect("writable");
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&helper, executable).expect("ours");
        let mut command = Command::new("git");
        command
            .current_dir(folder)
            .args(["-c", "user.name=Deployer", "-c", "user.email=deployer@example.org"])
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("GIT_SSL_CAINFO", self.server.ca_file().expect("over HTTPS"))
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ASKPASS", helper)
            .env("TOKEN", token)
            .env("LC_ALL", "C");
        command.output().expect("git starts")
    }

    fn ok(&self, folder: &Path, arguments: &[&str]) {
        let output = self.git(folder, arguments);
        assert!(output.status.success(), "{arguments:?}: {}", complaint(&output));
    }

    fn url(&self, name: &str) -> String {
        self.server.url(&self.host.path(name)).replace("https://", "https://bot@")
    }

    /// Clones, changes `a.json` and commits; returns the work tree.
    fn change(&self, url: &str) -> std::path::PathBuf {
        let tree = self.folder.path().join("tree");
        self.ok(self.folder.path(), &["clone", "-q", url, "tree"]);
        std::fs::write(tree.join("a.json"), "{\"b\": 2}\n").expect("writable");
        self.ok(&tree, &["commit", "-q", "-a", "-m", "Change a"]);
        tree
    }
}

fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn files(pairs: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    pairs.iter().map(|(path, content)| ((*path).to_owned(), content.as_bytes().to_vec())).collect()
}

#[test]
fn a_push_over_https_arrives_with_its_author_and_tree() {
    let rig = Rig::start();
    let repository =
        rig.host.create("extra", "main", &files(&[("a.json", "{}\n"), ("node/pipes/ø.json", "[]")]));
    let tree = rig.change(&rig.url("extra"));
    rig.ok(&tree, &["push", "-q", "origin", "main"]);
    assert_eq!(repository.files("main"), files(&[("a.json", "{\"b\": 2}\n"), ("node/pipes/ø.json", "[]")]));
    let commits = repository.commits("main");
    assert_eq!(commits.len(), 2);
    assert_eq!(
        (commits[0].author.as_str(), commits[0].message.as_str()),
        ("Deployer <deployer@example.org>", "Change a")
    );
    assert_eq!(commits[1].committer, "Other Writer <other@example.org>");
    assert_eq!(repository.tip("main").as_ref(), Some(&commits[0].id));
    repository.fsck().expect("sound");
    assert_eq!(rig.server.log().matching("POST", "/git/extra.git/git-receive-pack").len(), 1);
}

#[test]
fn an_empty_repository_takes_its_first_branch() {
    let rig = Rig::start();
    let repository = rig.host.create_empty("empty", "main");
    assert!(repository.tip("main").is_none() && repository.commits("main").is_empty());
    rig.host.create("seed", "main", &files(&[("a", "b")]));
    rig.ok(rig.folder.path(), &["clone", "-q", &rig.url("seed"), "tree"]);
    rig.ok(&rig.folder.path().join("tree"), &["push", "-q", &rig.url("empty"), "main"]);
    assert_eq!(repository.files("main"), files(&[("a", "b")]));
}

#[test]
fn refusals_come_in_the_words_of_git_hosts() {
    let rig = Rig::start();
    let repository = rig.host.create("extra", "main", &files(&[("a.json", "{}\n")]));
    let tree = rig.change(&rig.url("extra"));
    let before = repository.tip("main");

    repository.decline_pushes("no deployments on Friday");
    let declined = complaint(&rig.git(&tree, &["push", "origin", "main"]));
    assert!(declined.contains("remote: no deployments on Friday"), "{declined}");
    assert!(declined.contains("pre-receive hook declined"), "{declined}");

    repository.forbid_pushes();
    let forbidden = complaint(&rig.git(&tree, &["push", "origin", "main"]));
    assert!(forbidden.contains("403"), "{forbidden}");

    let wrong = complaint(&rig.git_with(&tree, &["fetch", "origin"], "wrong"));
    assert!(wrong.contains("Authentication failed"), "{wrong}");
    let absent = complaint(&rig.git(&tree, &["fetch", &rig.url("absent")]));
    assert!(absent.contains("not found"), "{absent}");
    assert_eq!(repository.tip("main"), before);
}

#[test]
fn another_writer_wins_the_race_between_advertisement_and_push() {
    let rig = Rig::start();
    let repository = rig.host.create("extra", "main", &files(&[("a.json", "{}\n")]));
    let tree = rig.change(&rig.url("extra"));
    let other = repository.clone();
    rig.server.faults().call(
        Rule::new("POST", "*/git-receive-pack").nth(1),
        Moment::BeforeApply,
        move |_| {
            other.commit("main", "Elsewhere", &files(&[("b.json", "{}")]));
        },
    );
    let lost = complaint(&rig.git(&tree, &["push", "origin", "main"]));
    assert!(lost.contains("cannot lock ref"), "{lost}");
    assert_eq!(repository.commits("main")[0].message, "Elsewhere");
    rig.ok(&tree, &["pull", "-q", "--rebase", "origin", "main"]);
    rig.ok(&tree, &["push", "-q", "origin", "main"]);
    assert_eq!(repository.files("main"), files(&[("a.json", "{\"b\": 2}\n"), ("b.json", "{}")]));
}

#[test]
fn a_repository_is_reached_as_a_file_and_over_ssh() {
    let rig = Rig::start();
    let repository = rig.host.create("extra", "main", &files(&[("a.json", "{}\n")]));
    rig.ok(rig.folder.path(), &["clone", "-q", &repository.file_url(), "by-file"]);
    let sshd = match Sshd::start() {
        Ok(sshd) => sshd,
        Err(reason) => return skip_or_fail("sshd", &reason),
    };
    let ssh = format!(
        "core.sshCommand=ssh -F none -i {} -o IdentitiesOnly=yes -o BatchMode=yes -o UserKnownHostsFile={}",
        sshd.client_key().display(),
        sshd.known_hosts().display()
    );
    rig.ok(rig.folder.path(), &["-c", &ssh, "clone", "-q", &sshd.url(&repository), "by-ssh"]);
    assert!(rig.folder.path().join("by-ssh/a.json").exists());
}
