//! versitygw, a server of the protocol of S3 that checks signatures, built from its Go module.

use std::collections::BTreeMap;
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
    folder: TempDir,
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
        Ok(Self { _daemon: daemon, folder, url: format!("http://127.0.0.1:{port}") })
    }

    /// The objects of a bucket below a prefix that ends in `/`, by name.
    ///
    /// # Panics
    /// If one cannot be read.
    pub fn objects(&self, bucket: &str, prefix: &str) -> BTreeMap<String, Vec<u8>> {
        let folder = self.folder.path().join("objects").join(bucket).join(prefix);
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let files = files.filter(|file| file.file_type().is_ok_and(|kind| kind.is_file()));
        let read = |file: std::fs::DirEntry| {
            let content = std::fs::read(file.path()).expect("the folder is ours");
            (file.file_name().to_string_lossy().into_owned(), content)
        };
        files.map(read).collect()
    }

    /// Scheme, host and port.
    pub fn url(&self) -> &str {
        &self.url
    }
}
