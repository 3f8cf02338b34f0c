//! moto, a stand-in of AWS's services that nobody here wrote, from the Python package index.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::process::{Daemon, free_port};
use crate::python;

/// A running moto server without any secret. Dropping it ends it.
#[derive(Debug)]
pub struct Moto {
    _daemon: Daemon,
    _folder: TempDir,
    port: u16,
}

impl Moto {
    /// Installs the package where needed and starts it; the error says why that is not possible here.
    pub fn start() -> Result<Self, String> {
        let requirements =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/services/moto/requirements.txt");
        let python = python::venv(&requirements)?;
        let port = free_port().map_err(|error| error.to_string())?;
        let folder = TempDir::with_prefix("testkit-moto-").map_err(|error| error.to_string())?;
        let mut command = Command::new(python.with_file_name("moto_server"));
        command.current_dir(folder.path()).args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        let daemon = Daemon::start(command, port, &folder.path().join("log"))?;
        Ok(Self { _daemon: daemon, _folder: folder, port })
    }

    /// The address that stands in for every service.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
