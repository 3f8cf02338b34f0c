//! moto, a stand-in of AWS's services that nobody here wrote, from the Python package index.

use std::io::{Read, Write};
use std::net::TcpStream;
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

    /// Makes a secret.
    ///
    /// # Panics
    /// When moto does not take it.
    pub fn put(&self, name: &str, value: &str) {
        let body = serde_json::json!({ "Name": name, "SecretString": value }).to_string();
        let signature = "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/secretsmanager/aws4_request, \
                         SignedHeaders=host, Signature=test";
        let request = format!(
            "POST / HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nconnection: close\r\nauthorization: {signature}\r\n\
             x-amz-target: secretsmanager.CreateSecret\r\ncontent-type: application/x-amz-json-1.1\r\n\
             content-length: {}\r\n\r\n{body}",
            self.port,
            body.len()
        );
        let answer = (|| {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
            stream.write_all(request.as_bytes())?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            std::io::Result::Ok(answer)
        })();
        let answer = answer.unwrap_or_else(|error| panic!("moto: {error}"));
        assert!(answer.starts_with("HTTP/1.1 200"), "moto: {answer}");
    }

    /// The address that stands in for every service.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
