//! The API server of Kubernetes itself, built from its Go module by the program in `tests/services/kubernetes`, on an etcd of Debian's package
//! `etcd-server`. No controller and no kubelet runs, so that nothing is scheduled.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use reqwest::{Certificate, Client, Method};
use serde_json::Value;
use tempfile::TempDir;

use super::program;
use crate::go;
use crate::process::{Daemon, free_port};

/// How long it may take until the server answers.
const START: Duration = Duration::from_secs(60);

/// The token that may do everything.
const ADMIN: &str = "admin-token-0001";

/// A running API server with users of its own. Dropping it ends it.
#[derive(Debug)]
pub struct RealKubernetes {
    _server: Daemon,
    _etcd: Daemon,
    folder: TempDir,
    url: String,
    client: Client,
}

impl RealKubernetes {
    /// Builds the program where that has not been done, and starts it with users, each with a name and a token. They may do nothing until
    /// a role says so. The error says why that is not possible here.
    pub async fn start(users: &[(&str, &str)]) -> Result<Self, String> {
        let etcd = program("etcd", "etcd-server")?;
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/services/kubernetes");
        let server = go::server("kube-apiserver", &sources, &[])?;
        let folder = TempDir::with_prefix("testkit-kubernetes-").map_err(|error| error.to_string())?;
        let within = |name: &str| folder.path().join(name);
        let at = |error: std::io::Error| format!("{}: {error}", folder.path().display());
        let [clients, peers, secure] = [(); 3].map(|()| free_port());
        let (clients, peers, secure) = (clients.map_err(at)?, peers.map_err(at)?, secure.map_err(at)?);
        let (clients_at, peers_at) =
            (format!("http://127.0.0.1:{clients}"), format!("http://127.0.0.1:{peers}"));
        let mut command = Command::new(etcd);
        command.arg("--data-dir").arg(within("etcd")).args(["--logger", "zap"]);
        command.args(["--listen-client-urls", &clients_at, "--advertise-client-urls", &clients_at]);
        command.args(["--listen-peer-urls", &peers_at, "--initial-advertise-peer-urls", &peers_at]);
        command.args(["--initial-cluster", &format!("default={peers_at}")]);
        let etcd = Daemon::start(command, clients, &within("etcd.log"))?;

        let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048);
        let key = key.map_err(|error| error.to_string())?;
        std::fs::write(within("sa.key"), key.serialize_pem()).map_err(at)?;
        let mut tokens = format!("{ADMIN},admin,1,\"system:masters\"\n");
        users.iter().for_each(|(name, token)| tokens.push_str(&format!("{token},{name},{name},\"\"\n")));
        std::fs::write(within("tokens.csv"), tokens).map_err(at)?;
        let mut command = Command::new(server);
        command.args(["--etcd-servers", &clients_at, "--bind-address", "127.0.0.1"]);
        command.args(["--secure-port", &secure.to_string(), "--cert-dir"]).arg(within("certificates"));
        command.args(["--service-account-issuer", "https://kube.test", "--service-account-key-file"]);
        command.arg(within("sa.key")).arg("--service-account-signing-key-file").arg(within("sa.key"));
        command.arg("--token-auth-file").arg(within("tokens.csv")).args(["--authorization-mode", "RBAC"]);
        command.args(["--service-cluster-ip-range", "10.0.0.0/24"]);
        command.args(["--disable-admission-plugins", "ServiceAccount"]);
        let server = Daemon::start(command, secure, &within("server.log"))?;
        let authority = std::fs::read(within("certificates/apiserver.crt")).map_err(at)?;
        let authority = Certificate::from_pem(&authority).map_err(|error| error.to_string())?;
        let client = Client::builder().no_proxy().tls_certs_only([authority]).build();
        let client = client.map_err(|error| error.to_string())?;
        let url = format!("https://127.0.0.1:{secure}");
        let kubernetes = Self { _server: server, _etcd: etcd, folder, url, client };
        kubernetes.ready().await?;
        Ok(kubernetes)
    }

    async fn ready(&self) -> Result<(), String> {
        let deadline = Instant::now() + START;
        let mut last = String::new();
        while Instant::now() < deadline {
            match self.send(Method::GET, "/readyz", &Value::Null).await {
                Ok((200, _)) => return Ok(()),
                Ok((status, answer)) => last = format!("{status} {answer}"),
                Err(error) => last = error,
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(format!("the API server of Kubernetes is not ready after {} seconds: {last}", START.as_secs()))
    }

    /// Scheme, host and port.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The file with the certificate that vouches for the server.
    pub fn ca_file(&self) -> std::path::PathBuf {
        self.folder.path().join("certificates/apiserver.crt")
    }

    /// Sends a request as the administrator; status and body of the answer, which is a text if it is no JSON. A body of `null` is not sent.
    pub async fn send(&self, method: Method, path: &str, body: &Value) -> Result<(u16, Value), String> {
        let mut request = self.client.request(method, format!("{}{path}", self.url)).bearer_auth(ADMIN);
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let status = answer.status().as_u16();
        let text = answer.text().await.map_err(|error| error.to_string())?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    /// Creates an object at the path of its collection.
    ///
    /// # Panics
    /// If the server refuses it.
    pub async fn create(&self, path: &str, object: &Value) {
        let (status, answer) = self.send(Method::POST, path, object).await.expect("the server answers");
        assert_eq!(status, 201, "{path}: {answer}");
    }
}
