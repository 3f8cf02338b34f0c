//! Azurite, Microsoft's emulator of Azure Blob Storage, from the npm registry.

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Client;
use sha2::Sha256;
use tempfile::TempDir;

use crate::npm;
use crate::process::{Daemon, free_port};

/// The version of the protocol of the request that creates a container.
const VERSION: &str = "2021-08-06";

/// A running server with one account. Dropping it ends it.
#[derive(Debug)]
pub struct Azurite {
    _daemon: Daemon,
    _folder: TempDir,
    url: String,
    key: String,
}

impl Azurite {
    /// The account.
    pub const ACCOUNT: &str = "testaccount";

    /// Installs the package where that has not been done, and starts it with containers; the error says why that is not possible here.
    pub async fn start(containers: &[&str]) -> Result<Self, String> {
        let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/services/azurite/package.json");
        let program = npm::install(&package)?.join("node_modules/azurite/dist/src/blob/main.js");
        let folder = TempDir::with_prefix("testkit-azurite-").map_err(|error| error.to_string())?;
        let port = free_port().map_err(|error| error.to_string())?;
        let key = STANDARD.encode("the key of the account testaccount");
        let mut command = Command::new("node");
        command.arg(program).env("AZURITE_ACCOUNTS", format!("{}:{key}", Self::ACCOUNT));
        command.args(["--blobHost", "127.0.0.1", "--blobPort", &port.to_string(), "--location"]);
        command.arg(folder.path().join("blobs")).args(["--silent", "--skipApiVersionCheck"]);
        let daemon = Daemon::start(command, port, &folder.path().join("log"))?;
        let url = format!("http://127.0.0.1:{port}");
        let azurite = Self { _daemon: daemon, _folder: folder, url, key };
        for container in containers {
            azurite.create(container).await?;
        }
        Ok(azurite)
    }

    /// The parameters of an address that may list containers, in place of a signed header
    /// (<https://learn.microsoft.com/rest/api/storageservices/create-account-sas>).
    ///
    /// # Panics
    /// If the key of the account is no key.
    pub fn shared_access(&self) -> String {
        const EXPIRY: &str = "2099-01-01T00:00:00Z";
        let signed = format!("{}\nrl\nb\nsco\n\n{EXPIRY}\n\n\n{VERSION}\n\n", Self::ACCOUNT);
        let signature = self.signature(&signed).expect("a key in base64");
        let encoded = signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        format!("sv={VERSION}&ss=b&srt=sco&sp=rl&se={}&sig={encoded}", EXPIRY.replace(':', "%3A"))
    }

    /// Signs a text with the key of the account.
    fn signature(&self, text: &str) -> Result<String, String> {
        let key = STANDARD.decode(&self.key).map_err(|error| error.to_string())?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|error| error.to_string())?;
        mac.update(text.as_bytes());
        Ok(STANDARD.encode(mac.finalize().into_bytes()))
    }

    /// Creates a container
    /// (<https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key>).
    async fn create(&self, container: &str) -> Result<(), String> {
        let account = Self::ACCOUNT;
        let date = httpdate::fmt_http_date(SystemTime::now());
        let signed = format!(
            "PUT\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:{date}\nx-ms-version:{VERSION}\n\
             /{account}/{account}/{container}\nrestype:container"
        );
        let signature = self.signature(&signed)?;
        let client = Client::builder().no_proxy().build().map_err(|error| error.to_string())?;
        let answer = client
            .put(format!("{}/{account}/{container}?restype=container", self.url))
            .header("x-ms-date", date)
            .header("x-ms-version", VERSION)
            .header("authorization", format!("SharedKey {account}:{signature}"))
            .header("content-length", "0")
            .send()
            .await
            .map_err(|error| error.to_string())?;
        let status = answer.status();
        match status.is_success() {
            true => Ok(()),
            false => Err(format!("Azurite: {status} {}", answer.text().await.unwrap_or_default())),
        }
    }

    /// Scheme, host and port.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The key of the account, in base64.
    pub fn key(&self) -> &str {
        &self.key
    }
}
