//! What is logged at the most talkative level. A program of its own: what is logged is settled once per process.

#[path = "../azure/broken.rs"]
mod broken;
#[path = "../azure/world.rs"]
#[expect(dead_code, reason = "shared with the other tests, which use all of it")]
mod world;

use broken::{broken, canary};
use deployer_testkit::answers::{failed, found, read};
use deployer_testkit::azure::FakeKeyVault;
use deployer_testkit::canary::Canary;
use deployer_testkit::log::Log;
use deployer_testkit::server::Rule;
use world::World;

#[tokio::test]
async fn the_most_talkative_log_shows_no_token_no_credential_and_no_value() {
    let log = Log::collect();
    let planted = [Canary::hostile("secret"), Canary::header_safe("workload"), canary()];
    let mut world = World::new();
    world.context.variables =
        [("SECRET", planted[0].value()), ("WORKLOAD", planted[1].value())].into_iter().collect();
    world.vault.application("canary-client", planted[0].value());
    world.vault.federated_application("canary-client", planted[1].value());
    world.vault.put("a", planted[2].value());
    let tenant = FakeKeyVault::TENANT;
    let login = |method: &str, credential: &str| {
        format!(
            "login = {{ {method} = {{ tenant = \"{tenant}\", client_id = \"canary-client\", {credential} }} }}"
        )
    };
    for login in [
        login("client_secret", "secret = { env = \"SECRET\" }"),
        login("workload_identity", "token = { env = \"WORKLOAD\" }"),
    ] {
        let store = world.store_with(&[&login]);
        found(read(&*store, "a").await);
        store.names().await.expect("a list");
        for answer in broken() {
            world.server.faults().answer(Rule::any(), answer);
            failed(read(&*store, "a").await);
            failed(read(&*world.store_with(&[&login]), "a").await);
            world.server.faults().clear();
        }
    }

    let text = log.text();
    assert!(text.contains("/oauth2/v2.0/token") && text.contains("/secrets/a"), "the log is talkative");
    log.assert_without(&planted);
    for issued in world.vault.issued_tokens() {
        assert!(!text.contains(&issued.token), "the token of a login");
    }
}
