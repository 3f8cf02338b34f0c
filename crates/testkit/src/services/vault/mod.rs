//! HashiCorp Vault itself, in memory, built from its Go module by the program in `tests/services/vault`.

mod audit;
mod setup;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Certificate, Client, Method};
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

pub use audit::{AuditLog, Audited};

use crate::go;
use crate::server::Authority;

/// What stands in a path as it is.
const WRITTEN: AsciiSet = NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A running, unsealed Vault of its own. Dropping it ends it.
#[derive(Debug)]
pub struct RealVault {
    process: Child,
    /// The server ends when this is closed, also when the test is killed.
    _alive: ChildStdin,
    about: About,
    client: Client,
    folder: TempDir,
    tokens: Mutex<Vec<String>>,
}

/// What the program prints when it is ready.
#[derive(Debug, Deserialize)]
struct About {
    address: String,
    root_token: String,
    unseal_key: String,
}

/// The built program; the error says why there is none.
pub fn program() -> Result<PathBuf, String> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/services/vault");
    go::server("vault", &sources, &["-tags", "minimal"])
}

impl RealVault {
    /// Builds the program where that has not been done, and starts it; the error says why that is not possible here.
    pub fn start() -> Result<Self, String> {
        Self::start_with(None)
    }

    /// As [`Self::start`], over TLS with a certificate of an authority. It asks for client certificates and takes any.
    pub fn start_with_tls(authority: &Authority) -> Result<Self, String> {
        Self::start_with(Some(authority))
    }

    fn start_with(authority: Option<&Authority>) -> Result<Self, String> {
        let folder = TempDir::with_prefix("testkit-vault-").map_err(|error| error.to_string())?;
        let mut command = Command::new(program()?);
        let mut client = Client::builder().no_proxy();
        if let Some(authority) = authority {
            let (certificate, key) = authority.server_files();
            command.arg("-tls-certificate").arg(certificate).arg("-tls-key").arg(key);
            let root =
                Certificate::from_pem(authority.pem().as_bytes()).map_err(|error| error.to_string())?;
            client = client.tls_certs_only([root]);
        }
        let (mut process, about) = spawn(command, &folder.path().join("log"))?;
        let alive = process.stdin.take().ok_or("the program has no input")?;
        let client = client.build().map_err(|error| error.to_string())?;
        Ok(Self { process, _alive: alive, about, client, folder, tokens: Mutex::default() })
    }

    /// Scheme, host and port.
    pub fn address(&self) -> &str {
        &self.about.address
    }

    /// The token that may do everything.
    pub fn root_token(&self) -> &str {
        &self.about.root_token
    }

    /// A folder that lives as long as the server.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Sends a request for a path below `/v1/`, written as it is, without a query; status and body of the answer, `null` for an
    /// empty one. A body of `null` is not sent.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn ask(&self, method: &str, path: &str, token: Option<&str>, body: &Value) -> (u16, Value) {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = self.client.request(method, self.url(path));
        if let Some(token) = token {
            request = request.header("X-Vault-Token", token);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap_or_else(|error| panic!("Vault does not answer: {error}"));
        let status = answer.status().as_u16();
        let body = answer.bytes().await.unwrap_or_else(|error| panic!("Vault does not answer: {error}"));
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    fn url(&self, path: &str) -> String {
        format!("{}/v1/{}", self.address(), utf8_percent_encode(path, &WRITTEN))
    }

    /// Sends a request with the root token, which has to succeed; the body of the answer.
    ///
    /// # Panics
    /// When the server refuses it.
    pub async fn root(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(method, path, Some(self.root_token()), &body).await;
        assert!((200..300).contains(&status), "Vault refuses {method} {path}: {status} {answer}");
        answer
    }

    /// Sends a request with the root token and has its answer wrapped; the wrapping token.
    ///
    /// # Panics
    /// When the server refuses it.
    pub async fn wrapped(&self, method: &str, path: &str, seconds: u64) -> String {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let request = self.client.request(method, self.url(path));
        let request = request.header("X-Vault-Token", self.root_token());
        let answer = request.header("X-Vault-Wrap-TTL", format!("{seconds}s")).send().await;
        let answer = answer.unwrap_or_else(|error| panic!("Vault does not answer: {error}"));
        let body: Value =
            answer.json().await.unwrap_or_else(|error| panic!("Vault does not answer: {error}"));
        body["wrap_info"]["token"].as_str().unwrap_or_else(|| panic!("nothing is wrapped: {body}")).to_owned()
    }
}

impl Drop for RealVault {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts the program and reads the line that says it is ready.
fn spawn(mut command: Command, log: &Path) -> Result<(Child, About), String> {
    let errors = std::fs::File::create(log).map_err(|error| format!("{}: {error}", log.display()))?;
    let mut process = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(errors)
        .spawn()
        .map_err(|error| format!("Vault cannot be started: {error}"))?;
    let mut line = String::new();
    let read = process.stdout.take().map(|output| BufReader::new(output).read_line(&mut line));
    match serde_json::from_str(&line) {
        Ok(about) => Ok((process, about)),
        Err(_) => {
            let _ = process.kill();
            let _ = process.wait();
            let told = std::fs::read_to_string(log).unwrap_or_default();
            Err(format!("Vault did not start ({read:?}): {}", told.trim()))
        }
    }
}
