//! versitygw, a server of the protocol of S3 that checks signatures, built from its Go module.

use std::process::Command;

use tempfile::TempDir;

use crate::go;
use crate::process::{Daemon, free_port};

/// Its first version whose conditional writes are atomic.
const PACKAGE: &str = "github.com/versity/versitygw/cmd/versitygw@v1.8.0";

/// A running server with one account. Dropping it ends it.
#[derive(Debug)]
pub struct RealS3 {
    _daemon: Daemon,
    _folder: TempDir,
    url: String,
}

impl RealS3 {
    /// Builds the program where that has not been done, and starts it with the access key of its account and with buckets; the error
    /// says why that is not possible here.
    pub fn start(key: &str, secret: &str, buckets: &[&str]) -> Result<Self, String> {
        let program = go::program(PACKAGE)?;
        let folder = TempDir::with_prefix("testkit-s3-").map_err(|error| error.to_string())?;
        let at = |error: std::io::Error| format!("{}: {error}", folder.path().display());
        let objects = folder.path().join("objects");
        std::fs::create_dir(&objects).map_err(at)?;
        buckets.iter().try_for_each(|bucket| std::fs::create_dir(objects.join(bucket))).map_err(at)?;
        let port = free_port().map_err(at)?;
        let mut command = Command::new(program);
        command.env("ROOT_ACCESS_KEY", key).env("ROOT_SECRET_KEY", secret).current_dir(folder.path());
        command.args(["--port", &format!("127.0.0.1:{port}"), "posix"]).arg(&objects);
        let daemon = Daemon::start(command, port, &folder.path().join("log"))?;
        Ok(Self { _daemon: daemon, _folder: folder, url: format!("http://127.0.0.1:{port}") })
    }

    /// Scheme, host and port.
    pub fn url(&self) -> &str {
        &self.url
    }
}
