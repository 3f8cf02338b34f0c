//! Every way to log in, but those that read the variables of the process itself.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use deployer_core::plugin::ProcessVariables;
use deployer_core::{Kind, SecretValue};
use deployer_testkit::answers::{failed, found, read};
use deployer_testkit::azure::FakeKeyVault;

use super::world::{CLIENT, SECRET, World};

const TENANT: &str = FakeKeyVault::TENANT;
const TOKEN: &str = "eyJ.token-of-the-workload.0001";

fn world() -> World {
    let world = World::new();
    world.vault.put("a", "v");
    world
}

async fn reads(world: &World, login: &str) {
    let store = world.store_with(&[login]);
    assert_eq!(found(read(&*store, "a").await), SecretValue::new("v"), "{login}");
    store.close().await.expect("nothing to give back");
    let issued = world.vault.issued_tokens().pop().expect("a login");
    assert_eq!(world.context.redactor.mask(&issued.token).0, "[secret]", "{login}");
}

#[tokio::test]
async fn with_a_client_secret() {
    reads(&world(), &World::by_secret("SECRET")).await;
}

#[tokio::test]
async fn a_wrong_secret_is_refused_for_good() {
    let world = world();
    let error = failed(read(&*world.store_with(&[&World::by_secret("WRONG")]), "a").await);
    let shown = format!("{error:?}");
    assert_eq!(error.kind(), Kind::Unauthenticated, "{shown}");
    assert!(shown.contains("not its id") && shown.contains("AADSTS7000215"), "{shown}");
    assert!(!shown.contains("wrong-client-secret") && !shown.contains("Trace ID"), "{shown}");
}

#[tokio::test]
async fn an_unknown_application_and_an_unknown_tenant_are_told_apart() {
    let world = world();
    for (from, to, expected) in
        [(CLIENT, "other", "does not know the application"), (TENANT, "other.example", "no such tenant")]
    {
        let login = World::by_secret("SECRET").replace(from, to);
        let error = failed(read(&*world.store_with(&[&login]), "a").await);
        assert_eq!(error.kind(), Kind::Unauthenticated);
        assert!(format!("{error:?}").contains(expected), "{error:?}");
    }
}

#[tokio::test]
async fn with_the_token_of_a_workload() {
    let mut world = world();
    world.vault.federated_application("workload", TOKEN);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    fs::write(&file, format!("{TOKEN}\n")).expect("a file");
    let file = file.display().to_string();
    let given = format!(
        "login = {{ workload_identity = {{ tenant = \"{TENANT}\", client_id = \"workload\", token = {{ file = \"{file}\" }} }} }}"
    );
    reads(&world, &given).await;

    let variables =
        [("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_ID", "workload"), ("AZURE_FEDERATED_TOKEN_FILE", &file)];
    world.context.variables = ProcessVariables::from_iter(variables);
    reads(&world, "login = { workload_identity = {} }").await;
    reads(&world, "login = { environment = {} }").await;
    assert_eq!(world.context.redactor.mask(TOKEN).0, "[secret]");

    fs::write(&file, "eyJ.another-token.0002").expect("a file");
    let error = failed(read(&*world.store_with(&["login = { environment = {} }"]), "a").await);
    assert_eq!(error.kind(), Kind::Unauthenticated);
    assert!(format!("{error:?}").contains("federated credential"), "{error:?}");
}

#[tokio::test]
async fn the_environment_prefers_a_client_secret() {
    let mut world = world();
    let variables =
        [("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_ID", CLIENT), ("AZURE_CLIENT_SECRET", SECRET)];
    world.context.variables =
        variables.into_iter().chain([("AZURE_FEDERATED_TOKEN_FILE", "/absent")]).collect();
    reads(&world, "login = { environment = {} }").await;
}

#[tokio::test]
async fn what_the_environment_lacks_is_told_at_once() {
    let mut world = world();
    world.context.variables = ProcessVariables::default();
    for login in ["environment", "workload_identity"] {
        let error = world.try_store(&[&format!("login = {{ {login} = {{}} }}")]).expect_err(login);
        let shown = format!("{error:?}");
        assert_eq!(error.kind(), Kind::Settings, "{shown}");
        for variable in ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"] {
            assert!(shown.contains(variable), "{shown}");
        }
        assert_eq!(shown.contains("AZURE_CLIENT_SECRET is not set"), login == "environment", "{shown}");
    }
    let login = format!(
        "login = {{ pipelines = {{ tenant = \"{TENANT}\", client_id = \"c\", service_connection = \"s\" }} }}"
    );
    let shown = format!("{:?}", world.try_store(&[&login]).expect_err("no job of a pipeline"));
    assert!(shown.contains("SYSTEM_ACCESSTOKEN") && shown.contains("SYSTEM_OIDCREQUESTURI"), "{shown}");
    let both = "login = { managed_identity = { client_id = \"a\", object_id = \"b\" } }";
    assert_eq!(world.try_store(&[both]).expect_err("two ids").kind(), Kind::Settings);
}

/// A program `az` that answers with a status, on the `PATH` of the world.
fn az(world: &mut World, script: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("az");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("a file");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a program");
    let path = folder.path().display().to_string();
    world.context.variables = [("PATH", path.as_str())].into_iter().collect();
    folder
}

/// A token that the fake has given out.
async fn token(world: &World) -> String {
    world.store(&[]).open().await.expect("a login");
    world.vault.issued_tokens().pop().expect("a login").token
}

#[tokio::test]
async fn with_the_azure_cli() {
    let mut world = world();
    let token = token(&world).await;
    let answer = format!(
        "echo \"$@\" > \"$(dirname \"$0\")/asked\"; printf '%s' '{{\"accessToken\": \"{token}\", \"expires_on\": 4102444800, \"tokenType\": \"Bearer\"}}'"
    );
    let folder = az(&mut world, &answer);
    // `dirname` is found where the system keeps it.
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    world.context.variables = [("PATH", path.as_str())].into_iter().collect();
    let login = format!("login = {{ cli = {{ tenant = \"{TENANT}\", subscription = \"Team A\" }} }}");
    reads(&world, &login).await;
    let asked = fs::read_to_string(folder.path().join("asked")).expect("it was asked");
    for expected in
        ["account get-access-token", "https://vault.azure.net/.default", TENANT, "--subscription Team A"]
    {
        assert!(asked.contains(expected), "{asked}");
    }
    assert_eq!(asked.lines().count(), 1, "asked once a run");
}

#[tokio::test]
async fn what_the_azure_cli_lacks_is_told() {
    let mut world = world();
    for (script, kind, expected) in [
        (
            "echo 'ERROR: Please run \"az login\" to setup account.' >&2; exit 1",
            Kind::Unauthenticated,
            "run `az login`",
        ),
        (
            "echo 'ERROR: no such subscription' >&2; exit 2",
            Kind::Unexpected,
            "az says: ERROR: no such subscription",
        ),
        ("exit 127", Kind::Settings, "no program `az`"),
        ("echo hunter2", Kind::Unexpected, "the token cannot be read"),
    ] {
        let _folder = az(&mut world, script);
        let error = failed(read(&*world.store_with(&["login = { cli = {} }"]), "a").await);
        let shown = format!("{error:?}");
        assert!(error.kind() == kind && shown.contains(expected) && !shown.contains("hunter2"), "{shown}");
    }
    for injected in ["a; touch x", "$(x)", "a\\\"b", "`x`"] {
        let login = format!("login = {{ cli = {{ subscription = \"{injected}\" }} }}");
        assert_eq!(world.try_store(&[&login]).expect_err(injected).kind(), Kind::Settings);
    }
}
