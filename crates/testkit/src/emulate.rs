//! The Slack mock of the npm package `emulate`, made by others than the deployer's authors.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::npm;
use crate::process::{Daemon, free_port};

/// A running mock. Dropping it ends it.
#[derive(Debug)]
pub struct EmulatedSlack {
    _daemon: Daemon,
    _folder: TempDir,
    port: u16,
}

impl EmulatedSlack {
    /// The bot token that it knows from the start. It takes unknown ones for a default user's.
    pub const TOKEN: &str = "test_token_admin";

    /// Installs the package where needed and starts it; the error says why that is not possible here.
    pub fn start() -> Result<Self, String> {
        let installed = npm::install(&Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/package.json"))?;
        let port = free_port().map_err(|error| error.to_string())?;
        let folder = TempDir::with_prefix("testkit-emulate-").map_err(|error| error.to_string())?;
        let mut command = Command::new(installed.join("node_modules/.bin/emulate"));
        command.current_dir(folder.path()).args(["--service", "slack", "--port", &port.to_string()]);
        let daemon = Daemon::start(command, port, &folder.path().join("log"))?;
        Ok(Self { _daemon: daemon, _folder: folder, port })
    }

    /// The address of the Web API, to be followed by `/<method>`.
    pub fn api_url(&self) -> String {
        format!("http://localhost:{}/api", self.port)
    }
}
