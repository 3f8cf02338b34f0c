//! What is logged at the most talkative level. A program of its own: what is logged is settled once per process.

#[path = "../vault/broken.rs"]
mod broken;
#[path = "../vault/world.rs"]
mod world;

use broken::{broken, canary};
use deployer_testkit::answers::{failed, found, read};
use deployer_testkit::canary::Canary;
use deployer_testkit::log::Log;
use deployer_testkit::server::Rule;
use deployer_testkit::vault::AuthMethod;
use serde_json::json;
use world::{GIVEN, World};

#[tokio::test]
async fn the_most_talkative_log_shows_no_token_no_credential_and_no_value() {
    let log = Log::collect();
    let planted = ["token", "role", "secret", "password", "identity", "key"].map(Canary::header_safe);
    let [token, role, secret_id, password, identity, key] = planted.each_ref().map(Canary::value);
    let mut world = World::new();
    for (mount, method) in [("ldap", AuthMethod::Ldap), ("jwt", AuthMethod::Jwt), ("aws", AuthMethod::Aws)] {
        world.vault.mount_auth(mount, method);
    }
    world.vault.plant_token(token);
    world.vault.approle(role, Some(secret_id));
    world.vault.user("ldap", "bob", password);
    world.vault.role("jwt", "deployer", identity);
    world.vault.role("aws", "deployer", "AKIAKNOWN");
    world.vault.put("secret", "a", json!({ "value": canary().value() }));
    let wrapped = json!({ "secret_id": secret_id });
    let wrapping = world.vault.wrap(wrapped.as_object().cloned().expect("an object"));
    world.context.variables = [
        ("TOKEN", token),
        ("ROLE", role),
        ("SECRET_ID", secret_id),
        ("PASSWORD", password),
        ("VAULT_ID_TOKEN", identity),
        ("AWS_ACCESS_KEY_ID", "AKIAKNOWN"),
        ("AWS_SECRET_ACCESS_KEY", key),
        ("AWS_SESSION_TOKEN", key),
        ("WRAPPING", &wrapping),
    ]
    .into_iter()
    .collect();
    let logins = [
        "approle = { role_id = { env = \"ROLE\" }, secret_id = { env = \"SECRET_ID\" } }",
        "approle = { role_id = { env = \"ROLE\" }, wrapped_secret_id = { env = \"WRAPPING\" } }",
        "ldap = { username = \"bob\", password = { env = \"PASSWORD\" } }",
        "jwt = { role = \"deployer\", gitlab = {} }",
        "aws = { role = \"deployer\" }",
    ];
    let logins = logins.map(|login| format!("login = {{ {login} }}"));
    for login in std::iter::once(GIVEN).chain(logins.iter().map(String::as_str)) {
        let store = world.store(&[login]);
        found(read(&*store, "a").await);
        store.names().await.expect("a list");
        for answer in broken() {
            world.server.faults().answer(Rule::any(), answer);
            failed(read(&*store, "a").await);
            let _refused = world.store(&[login]).open().await;
            world.server.faults().clear();
        }
        store.close().await.expect("closed");
    }

    let text = log.text();
    assert!(
        text.contains("/v1/auth/approle/login") && text.contains("/v1/secret/data/a"),
        "the log is talkative"
    );
    log.assert_without(planted.iter().chain([&canary()]));
    assert!(!text.contains(&wrapping), "a wrapping token");
    for token in world.vault.issued_tokens() {
        assert!(!text.contains(&token.token), "the token of a login");
    }
}
