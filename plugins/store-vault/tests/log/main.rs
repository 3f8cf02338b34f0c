//! What is logged at the most talkative level. A program of its own: what is logged is settled once per process.

#[path = "../vault/broken.rs"]
mod broken;
#[path = "../vault/world.rs"]
mod world;

use std::io::Write;
use std::sync::{Arc, Mutex};

use broken::{broken, canary};
use deployer_testkit::canary::Canary;
use deployer_testkit::server::Rule;
use serde_json::json;
use world::{GIVEN, World, failed, found, read};

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no test panics with the lock").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_most_talkative_log_shows_no_token_no_credential_and_no_value() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
    subscriber.with_writer(move || writer.clone()).init();

    let planted =
        [Canary::header_safe("token"), Canary::hostile("role"), Canary::hostile("secret"), canary()];
    let mut world = World::new();
    let variables =
        [("TOKEN", planted[0].value()), ("ROLE", planted[1].value()), ("SECRET_ID", planted[2].value())];
    world.context.variables = variables.into_iter().collect();
    world.vault.plant_token(planted[0].value());
    world.vault.approle(planted[1].value(), Some(planted[2].value()));
    world.vault.put("secret", "a", json!({ "value": planted[3].value() }));
    let by_approle =
        "login = { approle = { role_id = { env = \"ROLE\" }, secret_id = { env = \"SECRET_ID\" } } }";
    for login in [GIVEN, by_approle] {
        let store = world.store(&[login]);
        found(read(&*store, "a").await);
        store.names().await.expect("a list");
        for answer in broken() {
            world.server.faults().answer(Rule::any(), answer);
            failed(read(&*store, "a").await);
            world.server.faults().clear();
        }
        store.close().await.expect("closed");
    }

    let log = log.0.lock().expect("no test panics with the lock");
    let text = String::from_utf8_lossy(&log);
    assert!(
        text.contains("/v1/auth/approle/login") && text.contains("/v1/secret/data/a"),
        "the log is talkative"
    );
    for canary in &planted {
        assert_eq!(canary.find(&log), [], "{}", canary.name());
    }
    for token in world.vault.issued_tokens() {
        assert!(!text.contains(&token.token), "the token of a login");
    }
}
