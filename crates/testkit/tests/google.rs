//! The fake Secret Manager, driven by Google's own client for another language.

use std::path::Path;
use std::process::Command;

use deployer_testkit::gcp::FakeSecretManager;
use deployer_testkit::server::Server;
use deployer_testkit::{python, skip_or_fail};

const ACCOUNT: &str = "deployer@team-test.iam.gserviceaccount.com";
const PROVIDER: &str = "projects/123456789012/locations/global/workloadIdentityPools/pool/providers/ci";

#[test]
fn the_official_python_client_drives_the_fake_secret_manager() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = match python::venv(&here.join("clients/google.txt")) {
        Ok(python) => python,
        Err(reason) => return skip_or_fail("google-cloud-secret-manager", &reason),
    };
    let manager = FakeSecretManager::new();
    manager.put("plain", "old");
    manager.put("plain", "new ø\n");
    manager.alias("plain", "first", 1);
    manager.put("empty", "");
    manager.put_in("europe-north1", "plain", "regional");
    for name in ["disabled", "destroyed", "denied"] {
        manager.put(name, "x");
    }
    manager.disable("disabled");
    manager.destroy("destroyed");
    manager.deny("denied");
    manager.page_size(2);
    manager.provider(PROVIDER, "eyJ.identity.token");
    manager.machine(ACCOUNT);

    let (server, metadata) = (Server::https(manager.router()), Server::http(manager.router()));
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path
    };
    let key_file = write("key.json", &manager.service_account(ACCOUNT, &server.url("")));
    let token_file = write("token", "eyJ.identity.token");
    let mut command = Command::new(python);
    command.arg(here.join("tests/clients/secret_manager.py")).arg(server.url("")).arg(key_file);
    command.arg(PROVIDER).arg(token_file).args([ACCOUNT, FakeSecretManager::PROJECT, "europe-north1"]);
    command
        .env("REQUESTS_CA_BUNDLE", server.ca_file().expect("over HTTPS"))
        .env("GCE_METADATA_HOST", metadata.address().to_string())
        .env("NO_PROXY", "127.0.0.1,localhost");
    let output = command.output().expect("python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let logins: Vec<_> = manager.issued_tokens().into_iter().map(|issued| issued.login).collect();
    for login in ["/token", "/v1/token", ":generateAccessToken", "/computeMetadata"] {
        assert!(logins.iter().any(|path| path == login), "{login}: {logins:?}");
    }
    assert_eq!(
        server.log().matching("GET", "/v1/projects/team-test/secrets?").len(),
        3,
        "five secrets on pages of two"
    );
}
