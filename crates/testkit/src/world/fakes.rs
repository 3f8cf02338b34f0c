//! The servers of a world, and its folder.

use std::path::{Path, PathBuf};

use sesam_node::Node;
use tempfile::TempDir;

use super::spawned::Spawned;
use crate::canary::Canary;
use crate::git::GitHost;
use crate::server::{Faults, RequestLog, Server};
use crate::slack::FakeSlack;
use crate::vault::FakeVault;

/// The world. Dropping it ends the servers and removes the folder.
#[derive(Debug)]
pub struct World {
    pub(super) spawned: Spawned,
    pub(super) server: Server,
    pub(super) node: Node,
    pub(super) vault: FakeVault,
    pub(super) git: GitHost,
    pub(super) slack: FakeSlack,
    pub(super) canaries: Vec<Canary>,
    pub(super) exempt: Vec<PathBuf>,
    /// Last, so that it goes when nothing serves from it any more.
    pub(super) folder: TempDir,
}

impl World {
    /// The world's folder. Everything below it is searched for planted secrets, except what is exempt.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The server of all fakes.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The record of all requests to all fakes.
    pub fn log(&self) -> &RequestLog {
        self.server.log()
    }

    /// The faults of all fakes.
    pub fn faults(&self) -> &Faults {
        self.server.faults()
    }

    /// The address of the node, without a path: the API stands below `/api`.
    pub fn node_url(&self) -> String {
        self.server.url("")
    }

    /// The address of Vault, without `/v1`.
    pub fn vault_url(&self) -> String {
        self.server.url("")
    }

    /// The address of a repository of the git host, over the same scheme as the rest.
    pub fn git_url(&self, name: &str) -> String {
        self.server.url(&self.git.path(name))
    }

    /// The address of Slack's Web API, to be followed by `/<method>`.
    pub fn slack_url(&self) -> String {
        self.server.url("/slack/api")
    }

    /// The Sesam node.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// The fake Vault.
    pub fn vault(&self) -> &FakeVault {
        &self.vault
    }

    /// The git host; its repositories lie in the world's folder.
    pub fn git(&self) -> &GitHost {
        &self.git
    }

    /// The fake Slack.
    pub fn slack(&self) -> &FakeSlack {
        &self.slack
    }

    /// The planted secrets.
    pub fn canaries(&self) -> &[Canary] {
        &self.canaries
    }

    /// Writes a file into the world's folder, for example a configuration; returns its path.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let file = self.folder().join(path);
        // A program that was just started can read the file now: it must not see half of the same text.
        if std::fs::read(&file).is_ok_and(|current| current == content.as_ref()) {
            return file;
        }
        if let Some(parent) = file.parent() {
            std::fs::create_dir_all(parent).unwrap_or_else(|error| panic!("{}: {error}", parent.display()));
        }
        std::fs::write(&file, content).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        file
    }

    /// The same for a file that a planted secret legitimately stands in, such as a token file: it is not searched.
    pub fn write_secret(&mut self, path: &str, canary: &Canary) -> PathBuf {
        let file = self.write(path, canary.value());
        self.exempt(file.clone());
        file
    }

    /// Leaves a file, or a folder with all that it holds, out of the search for leaks.
    pub fn exempt(&mut self, path: PathBuf) {
        self.exempt.push(path);
    }

    /// The command lines of `git` and `ssh` that programs of this world started, in order.
    ///
    /// They stand in a file of the world's folder, so that a planted secret in an argument is found like any other.
    pub fn spawned(&self) -> Vec<String> {
        self.spawned.lines()
    }
}
