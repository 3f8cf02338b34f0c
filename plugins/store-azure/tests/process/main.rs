//! Logins for which the SDK reads the variables of the process itself. A test cannot set those for itself: it starts this very
//! program anew, once for each login, with the variables set.

#[path = "../azure/world.rs"]
#[expect(dead_code, reason = "shared with the other tests, which use all of it")]
mod world;

use std::process::Command;

use deployer_core::plugin::Context;
use deployer_core::traits::SecretAnswer;
use deployer_testkit::answers::read;
use deployer_testkit::azure::FakeKeyVault;
use world::{World, build};

/// Names the settings file in a program that was started anew.
const SETTINGS: &str = "STORE_AZURE_TEST_SETTINGS";

const TENANT: &str = FakeKeyVault::TENANT;

fn main() {
    match std::env::var(SETTINGS) {
        Ok(settings) => reads(&settings),
        Err(_) => {
            the_identity_of_an_app();
            a_pipeline();
        }
    }
}

/// Reads a secret with a store of these settings; ends with what was found.
fn reads(settings: &str) {
    let mut context = Context::new("test");
    context.variables = std::env::vars().collect();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let store = build(settings, &context).unwrap_or_else(|error| panic!("{error:?}"));
    match runtime.block_on(read(&*store, "a")) {
        SecretAnswer::Found { value, .. } => {
            assert!(value == deployer_core::SecretValue::new("v"), "another value")
        }
        other => panic!("{other:?}"),
    }
}

/// What the program says when it is started anew; none when it found the secret.
fn started_anew(world: &World, login: &str, variables: &[(&str, &str)]) -> Option<String> {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.env(SETTINGS, world.settings(&[login])).envs(variables.iter().copied());
    let output = command.output().expect("it starts");
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

fn the_identity_of_an_app() {
    let world = World::new();
    world.vault.put("a", "v");
    world.vault.machine_identity(None);
    world.vault.machine_identity(Some("assigned"));
    world.vault.identity_header("header-of-the-app-0001");
    let endpoint = world.server.url("/msi/token");
    let variables = [("IDENTITY_ENDPOINT", endpoint.as_str()), ("IDENTITY_HEADER", "header-of-the-app-0001")];
    for (login, client_id) in [("{}", None), ("{ client_id = \"assigned\" }", Some("assigned"))] {
        let login = format!("login = {{ managed_identity = {login} }}");
        assert_eq!(started_anew(&world, &login, &variables), None, "{login}");
        let issued = world.vault.issued_tokens().pop().expect("a login");
        assert_eq!((issued.login.as_str(), issued.client_id.as_deref()), ("/msi/token", client_id));
    }
    let other = "login = { managed_identity = { client_id = \"other\" } }";
    let told = started_anew(&world, other, &variables).expect("no such identity");
    assert!(told.contains("no such identity") && told.contains("Identity not found"), "{told}");
}

fn a_pipeline() {
    let world = World::new();
    world.vault.put("a", "v");
    world.vault.federated_application("deployer", "eyJ.token-of-the-pipeline.0001");
    world.vault.service_connection(
        "connection",
        "access-token-of-the-job-0001",
        "eyJ.token-of-the-pipeline.0001",
    );
    let endpoint = world.server.url("/oidc");
    let variables = [
        ("SYSTEM_OIDCREQUESTURI", endpoint.as_str()),
        ("SYSTEM_ACCESSTOKEN", "access-token-of-the-job-0001"),
    ];
    let login = |connection: &str| {
        format!(
            "login = {{ pipelines = {{ tenant = \"{TENANT}\", client_id = \"deployer\", service_connection = \"{connection}\" }} }}"
        )
    };
    assert_eq!(started_anew(&world, &login("connection"), &variables), None);
    assert_eq!(world.vault.issued_tokens().len(), 1);
    let told = started_anew(&world, &login("other"), &variables).expect("no such connection");
    assert!(told.contains("unknown service connection") && told.contains("`service_connection`"), "{told}");
    let wrong = [variables[0], ("SYSTEM_ACCESSTOKEN", "wrong-token-of-the-job-0001")];
    let told = started_anew(&world, &login("connection"), &wrong).expect("a wrong token");
    assert!(told.contains("does not accept the token of the job") && !told.contains("wrong-token"), "{told}");
}
