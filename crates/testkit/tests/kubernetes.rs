//! The fake API server of Kubernetes, driven by the official client for another language.

use std::path::Path;
use std::process::Command;

use deployer_testkit::kubernetes::FakeKubernetes;
use deployer_testkit::server::{Authority, Server};
use deployer_testkit::{python, skip_or_fail};

#[test]
fn the_official_python_client_drives_the_fake_api_server() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = match python::venv(&here.join("clients/kubernetes.txt")) {
        Ok(python) => python,
        Err(reason) => return skip_or_fail("kubernetes", &reason),
    };
    let kubernetes = FakeKubernetes::new();
    kubernetes.token("known-token");
    kubernetes.accept_certificates();
    kubernetes.put("sesam", "database", "user", "bob");
    kubernetes.put("sesam", "database", "p.w", "ø\n");
    kubernetes.put("sesam", "a", "value", "x");
    kubernetes.put("sesam", "forbidden", "value", "x");
    kubernetes.put("other", "b", "value", "x");
    kubernetes.forbid("forbidden");

    let authority = Authority::generate();
    let client = authority.client("deployer");
    let (server, mutual) =
        (Server::https(kubernetes.router()), Server::mutual(kubernetes.router(), authority));
    let mut command = Command::new(python);
    command.arg(here.join("tests/clients/kubernetes_secrets.py"));
    command.arg(server.url("")).arg(server.ca_file().expect("over HTTPS")).arg("known-token");
    command.arg(mutual.url("")).arg(mutual.ca_file().expect("over HTTPS"));
    command.args([client.certificate, client.key]).env("NO_PROXY", "127.0.0.1,localhost");
    let output = command.output().expect("python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(
        server.log().matching("GET", "/api/v1/namespaces/sesam/secrets?").len(),
        2,
        "three Secrets on pages of two"
    );
}
