//! Connections to a repository: over HTTP with our own client, or through the pipes of a process (`ssh`, `git`).

mod exchange;
mod http;
mod process;
mod ssh;

use std::sync::Arc;

use deployer_core::{Error, Kind, Result};
use gix_protocol::transport::client::blocking_io::Transport;
use gix_protocol::transport::{Protocol, Service};

use crate::remote::Inner;
use crate::session::Session;
use crate::url::RepositoryUrl;

pub(crate) use process::Complaints;

/// A connection before its handshake, and what a process on its way complains about.
pub(crate) struct Connection {
    pub(crate) transport: Box<dyn Transport>,
    pub(crate) complaints: Option<Complaints>,
}

/// What is wanted from the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// `git-upload-pack`, protocol version 2.
    Read,
    /// `git-receive-pack`, protocol version 1: there is no later one.
    Write,
}

impl Purpose {
    pub(crate) fn service(self) -> Service {
        match self {
            Self::Read => Service::UploadPack,
            Self::Write => Service::ReceivePack,
        }
    }

    fn protocol(self) -> Protocol {
        match self {
            Self::Read => Protocol::V2,
            Self::Write => Protocol::V1,
        }
    }
}

/// Connects. Over HTTP nothing is sent yet; a process is started.
pub(crate) fn connect(session: &Arc<Session>, remote: &Inner, purpose: Purpose) -> Result<Connection> {
    match &remote.url {
        RepositoryUrl::Http(url) => {
            let client = remote.client.as_ref();
            let client =
                client.ok_or_else(|| Error::new(Kind::Bug, format!("no HTTPS client for {}", remote.url)))?;
            Ok(Connection {
                transport: http::transport(session, remote, client, url, purpose)?,
                complaints: None,
            })
        }
        RepositoryUrl::Ssh(ssh) => {
            let (command, key) = ssh::command(remote, ssh, purpose)?;
            process::transport(session, purpose, command, key)
        }
        RepositoryUrl::Local(path) => {
            let mut command = process::command("git", &remote.environment, purpose);
            command.arg(purpose.service().as_git_subcommand()).arg("--").arg(remote.folder.join(path));
            process::transport(session, purpose, command, None)
        }
    }
}

impl Connection {
    /// What went wrong: what we know of it, else what a process on the way said about it, else gix' words.
    pub(crate) fn explain(
        &self,
        session: &Session,
        remote: &Inner,
        attempted: &str,
        foreign: &gix::Error,
    ) -> Error {
        if let (Some(complaints), false) = (&self.complaints, session.has_failed()) {
            complaints.report(session, remote);
        }
        session.explain(attempted, foreign)
    }
}
