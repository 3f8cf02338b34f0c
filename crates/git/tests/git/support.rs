//! A git host on loopback, and repositories on it.

use std::collections::BTreeMap;
use std::sync::Arc;

use deployer_core::plugin::Context;
use deployer_core::{Result, SecretValue};
use deployer_git::{
    Access, BranchName, Content, Fetched, Identity, NewCommit, Remote, RepositoryUrl, WantedBranch,
};
use deployer_http::HttpSettings;
use deployer_testkit::git::{GitHost, Repository};
use deployer_testkit::server::Server;

/// Stands for the token; every error is searched for it.
pub(crate) const TOKEN: &str = "canary-7c1d%+/token";

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
        Self { host, server, context: Context::new("test") }
    }

    /// A repository with a file inside the folder and one outside.
    pub(crate) fn repository(&self) -> Repository {
        self.host.create(
            "extra",
            "main",
            &files(&[("README.md", "hello\n"), ("node/pipes/a.conf.json", "{}\n")]),
        )
    }

    pub(crate) fn settings(&self) -> HttpSettings {
        HttpSettings { ca_file: self.server.ca_file().map(ToOwned::to_owned), ..HttpSettings::default() }
    }

    pub(crate) fn remote(&self, path: &str, token: Option<&str>) -> Remote {
        let url = RepositoryUrl::parse(&self.server.url(path), false).expect("the address is good");
        let access = Access { token: token.map(SecretValue::new), ..Access::default() };
        Remote::new(url, access, &self.settings(), &self.context).expect("the settings are good")
    }

    pub(crate) fn extra(&self) -> Remote {
        self.remote(&self.host.path("extra"), Some(TOKEN))
    }
}

pub(crate) fn files(files: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
}

pub(crate) fn main_branch() -> BranchName {
    BranchName::new("main").expect("a name")
}

pub(crate) fn wanted(branch: &str) -> WantedBranch {
    WantedBranch { branch: Some(BranchName::new(branch).expect("a name")), may_be_missing: false }
}

pub(crate) fn identity() -> Identity {
    let date = [("GIT_AUTHOR_DATE", "1767225600 +0000"), ("GIT_COMMITTER_DATE", "1767225600 +0000")];
    Identity::new(&date.into_iter().collect(), None).expect("good dates")
}

/// A commit in which the folder `node` holds one new file and nothing else.
pub(crate) fn commit(fetched: &Fetched, text: &str) -> Arc<NewCommit> {
    let content = [("pipes/b.conf.json".to_owned(), Content::Write(text.as_bytes().to_vec()))].into();
    let commit = fetched.repository.commit(fetched.base, "node", &content, "Deploy", &identity());
    Arc::new(commit.expect("the paths are good").expect("something changes"))
}

/// The failure, which must not hold the token in any form.
pub(crate) fn failure<T: std::fmt::Debug>(result: Result<T>) -> deployer_core::Error {
    let error = result.expect_err("it must fail");
    let shown = format!("{error:?}");
    assert!(!shown.contains(TOKEN) && !shown.contains("canary-7c1d"), "{shown}");
    error
}
