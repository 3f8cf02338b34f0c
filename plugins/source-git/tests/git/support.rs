//! A git host, and sources as the program builds them.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;

use deployer_core::document::SourceText;
use deployer_core::plugin::{Build, Context, Section};
use deployer_core::traits::{ConfigSource, Snapshot};
use deployer_core::{Error, Result};
use deployer_source_git::GIT;
use deployer_testkit::git::{GitHost, Repository};
use deployer_testkit::server::Server;

/// Stands for the token; every error is searched for it.
pub(crate) const TOKEN: &str = "canary-2b6e%+/token";

pub(crate) struct World {
    pub(crate) host: GitHost,
    pub(crate) server: Server,
    pub(crate) context: Context,
}

impl World {
    pub(crate) fn new() -> Self {
        let host = GitHost::new();
        host.accept_token(TOKEN);
        let server = Server::https(host.router());
        let mut context = Context::new("test");
        let path = std::env::var("PATH").unwrap_or_default();
        context.variables =
            [("PATH", path.as_str()), ("TOKEN", TOKEN), ("WRONG", "canary-2b6e-wrong")].into_iter().collect();
        Self { host, server, context }
    }

    /// A repository of the host, over HTTPS with the right token.
    pub(crate) fn source(&self, name: &str, more: &str) -> Arc<dyn ConfigSource> {
        self.https(name, &format!("token = {{ env = 'TOKEN' }}\n{more}"))
    }

    /// A repository of the host, over HTTPS.
    pub(crate) fn https(&self, name: &str, more: &str) -> Arc<dyn ConfigSource> {
        let ca_file = self.server.ca_file().expect("HTTPS").display();
        let url = self.server.url(&self.host.path(name));
        self.build(&format!("url = '{url}'\nhttp = {{ ca_file = '{ca_file}' }}\n{more}\n"))
    }

    /// A repository at an address that needs no token.
    pub(crate) fn local(&self, url: &str, more: &str) -> Arc<dyn ConfigSource> {
        self.build(&format!("url = '{url}'\n{more}\n"))
    }

    fn build(&self, settings: &str) -> Arc<dyn ConfigSource> {
        let source = SourceText::new("deployer.toml", settings);
        let Build::Source(build) = GIT.build else { panic!("it is a source") };
        build(Section::parse("source", &source).expect("TOML"), &self.context).expect("good settings")
    }
}

pub(crate) fn files(entries: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    entries.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
}

/// Runs git in a repository, with text for it to read; returns what it prints.
pub(crate) fn git(repository: &Repository, arguments: &[&str], input: &str) -> String {
    let mut child = Command::new("git")
        .current_dir(repository.folder())
        .args(["-c", "user.name=Other", "-c", "user.email=other@example.org"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("git is installed");
    child.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("git reads");
    let output = child.wait_with_output().expect("git ends");
    assert!(output.status.success(), "git {arguments:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Commits changes in the words of `git fast-import` on the branch main.
pub(crate) fn import(repository: &Repository, changes: &str) {
    let head = "commit refs/heads/main\ncommitter Other <other@example.org> 1767225600 +0000\ndata 1\nx\nfrom refs/heads/main^0\n";
    git(repository, &["fast-import", "--quiet", "--date-format=raw"], &format!("{head}{changes}"));
}

/// The text of one file; none when there is no such file.
pub(crate) async fn read(snapshot: &dyn Snapshot, path: &str) -> Result<Option<String>> {
    let mut answers = snapshot.read(&[path.to_owned()]).await;
    answers.remove(0).map(|bytes| bytes.map(|bytes| String::from_utf8(bytes).expect("text")))
}

/// The failure, which must not hold a token in any form.
pub(crate) fn failure<T: std::fmt::Debug>(result: Result<T>) -> Error {
    let error = result.expect_err("it must fail");
    let shown = format!("{error:?}");
    assert!(!shown.contains("canary-2b6e"), "{shown}");
    error
}
