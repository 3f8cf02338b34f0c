//! Connections to a repository: over HTTP with our own client, or through the pipes of a process (`ssh`, `git`).

mod exchange;
mod http;
mod key_file;
mod process;
mod ssh;

use std::sync::Arc;

use deployer_core::{Error, Kind, Result};
use gix_protocol::transport::client::blocking_io::Transport;
use tempfile::NamedTempFile;
use tokio::process::Command;

use crate::endpoint::Endpoint;
use crate::purpose::Purpose;
use crate::session::Session;
use crate::url::RepositoryUrl;

use process::Complaints;

/// A connection before its handshake.
pub(crate) struct Connection {
    pub(crate) transport: Box<dyn Transport>,
    /// The standard error of the process, if there is one.
    complaints: Option<Complaints>,
}

/// Connects. Over HTTP nothing is sent yet; a process is started.
pub(crate) fn connect(session: &Arc<Session>, endpoint: &Endpoint, purpose: Purpose) -> Result<Connection> {
    match &endpoint.url {
        RepositoryUrl::Http(url) => {
            let client = endpoint.client.as_ref();
            let client = client
                .ok_or_else(|| Error::new(Kind::Bug, format!("no HTTPS client for {}", endpoint.url)))?;
            Ok(Connection {
                transport: http::transport(session, endpoint, client, url, purpose)?,
                complaints: None,
            })
        }
        RepositoryUrl::Ssh(ssh) => {
            let (command, key) = ssh::command(endpoint, ssh, purpose)?;
            Connection::process(session, purpose, command, key)
        }
        RepositoryUrl::Local(path) => {
            let mut command = process::command("git", &endpoint.environment, purpose);
            command.arg(purpose.service().as_git_subcommand()).arg("--").arg(endpoint.folder.join(path));
            Connection::process(session, purpose, command, None)
        }
    }
}

impl Connection {
    fn process(
        session: &Arc<Session>,
        purpose: Purpose,
        command: Command,
        key: Option<NamedTempFile>,
    ) -> Result<Self> {
        let (transport, complaints) = process::transport(session, purpose, command, key)?;
        Ok(Self { transport, complaints: Some(complaints) })
    }

    /// The error of a failed conversation: the one that the session noted, else the one on the standard error of the process, else gix's.
    pub(crate) fn explain(
        &self,
        session: &Session,
        endpoint: &Endpoint,
        attempted: &str,
        foreign: &gix::Error,
    ) -> Error {
        if let (Some(complaints), false) = (&self.complaints, session.has_failed()) {
            complaints.report(session, endpoint);
        }
        session.explain(attempted, foreign)
    }
}
