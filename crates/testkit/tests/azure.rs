//! The fake Key Vault, driven by Microsoft's own SDK for another language.

use std::path::Path;
use std::process::Command;

use deployer_testkit::azure::{FakeKeyVault, Permission};
use deployer_testkit::server::Server;
use deployer_testkit::{python, skip_or_fail};

#[test]
fn the_official_python_sdk_drives_the_fake_key_vault() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = match python::venv(&here.join("clients/azure.txt")) {
        Ok(python) => python,
        Err(reason) => return skip_or_fail("azure-keyvault-secrets", &reason),
    };
    let vault = FakeKeyVault::new();
    vault.application("client", "known-secret");
    vault.federated_application("workload", "eyJ.workload.token");
    vault.machine_identity(None);
    vault.machine_identity(Some("assigned"));
    vault.identity_header("header-of-the-app");
    let old = vault.put("plain", "old");
    vault.put("plain", "new ø\n");
    for name in ["expired", "early", "disabled", "deleted", "no-role", "no-policy"] {
        vault.put(name, "x");
    }
    vault.expires("expired", 1_000_000_000);
    vault.starts("early", 4_102_444_800);
    vault.disable("disabled");
    vault.delete("deleted");
    vault.refuse("no-role", Permission::Role);
    vault.refuse("no-policy", Permission::Policy);
    vault.page_size(2);

    let folder = tempfile::tempdir().expect("a folder");
    let token_file = folder.path().join("token");
    std::fs::write(&token_file, "eyJ.workload.token").expect("a file");
    let server = Server::https(vault.router());
    let (address, ca) = (server.url(""), server.ca_file().expect("over HTTPS"));
    let mut command = Command::new(python);
    command.arg(here.join("tests/clients/key_vault.py")).arg(address).arg(ca);
    command.args([FakeKeyVault::TENANT, "client", "known-secret"]).arg(token_file).arg(old);
    let output = command.env("NO_PROXY", "127.0.0.1,localhost").output().expect("python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let logins: Vec<_> = vault.issued_tokens().into_iter().filter_map(|issued| issued.client_id).collect();
    assert_eq!(logins, ["client", "workload", "assigned"]);
    assert_eq!(vault.issued_tokens().len(), 4, "and the machine's own identity");
    let lists = server.log().matching("GET", "/secrets?");
    assert_eq!(lists.len(), 3, "six secrets on pages of two");
}
