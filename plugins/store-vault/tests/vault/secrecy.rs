//! No secret in any text, whatever Vault answers.

use std::io::Write;
use std::sync::{Arc, Mutex};

use deployer_core::Error;
use deployer_testkit::canary::Canary;
use deployer_testkit::server::{Answer, Rule};
use serde_json::{Value, json};
use tracing_subscriber::util::SubscriberInitExt;

use super::{BY_GITHUB, GIVEN, TOKEN, World, address, failed, found, read};

fn canary() -> Canary {
    Canary::hostile("value")
}

#[track_caller]
fn assert_silent(shown: &str) {
    let findings = canary().find(shown.as_bytes());
    assert!(findings.is_empty(), "{findings:?}");
}

#[track_caller]
fn assert_silent_error(error: &Error) {
    assert_silent(&format!("{error} {error:?}"));
}

/// Answers that hold the canary and cannot be read, each broken in another way.
fn broken() -> Vec<Answer> {
    let canary = canary();
    let canary = canary.value();
    let whole =
        json!({ "data": { "data": { "value": canary } }, "auth": { "client_token": canary } }).to_string();
    let cut = whole[..whole.len() - 3].to_owned();
    let shapes = [
        json!(canary),
        json!([canary]),
        json!({ "data": canary, "auth": canary }),
        json!({ "data": { "data": canary, "keys": canary }, "auth": { "client_token": [canary] } }),
        json!({ "data": { "data": [canary], "keys": { "k": canary } }, "auth": { "lease_duration": canary } }),
        json!({ "data": { "metadata": { "version": canary }, "keys": [[canary]] }, "auth": { "token_type": [canary] } }),
    ];
    let mut bodies =
        vec![cut, canary.to_owned(), format!("<html>{canary}</html>"), format!("{whole}{whole}")];
    bodies.extend(shapes.iter().map(Value::to_string));
    let answer = |status: u16, body: &String| Answer { status, headers: Vec::new(), body: body.clone() };
    bodies.iter().flat_map(|body| [answer(200, body), answer(500, body)]).collect()
}

#[tokio::test]
async fn no_answer_that_cannot_be_read_is_repeated() {
    let world = World::new();
    for answer in broken() {
        world.server.faults().answer(Rule::any(), answer.clone());
        assert_silent_error(&failed(read(&*world.store(&[GIVEN]), "a").await));
        assert_silent_error(&world.store(&[BY_GITHUB]).open().await.expect_err("no login"));
        assert_silent_error(&world.store(&[GIVEN]).names().await.expect_err("no names"));
        world.server.faults().clear();
    }
}

#[tokio::test]
async fn credentials_that_vault_repeats_are_masked() {
    let world = World::new();
    let said = json!({ "errors": [format!("token {TOKEN} lacks a policy")] });
    world.server.faults().answer(Rule::any(), Answer::json(403, &said));
    let shown = format!("{:?}", failed(read(&*world.store(&[GIVEN]), "a").await));
    assert!(shown.contains("Vault says: token [secret] lacks a policy"), "{shown}");
}

#[tokio::test]
async fn long_words_of_vault_are_cut() {
    let world = World::new();
    let said = json!({ "errors": ["x".repeat(5000), "ø".repeat(5000)] });
    world.server.faults().answer(Rule::any(), Answer::json(400, &said));
    let shown = format!("{:?}", failed(read(&*world.store(&[GIVEN]), "a").await));
    assert_eq!(shown.matches('x').count().min(2048), 2048, "{}", shown.len());
    assert!(shown.len() < 3000 && !shown.contains('ø'), "{}", shown.len());
}

#[tokio::test]
async fn a_value_is_exact_and_nothing_that_is_shown_holds_it() {
    let world = World::new();
    world.vault.put("secret", "a", json!({ "value": canary().value() }));
    let store = world.store(&[BY_GITHUB]);
    let answer = read(&*store, "a").await;
    let shown = format!("{answer:?} {store:?} {:?} {}", address(&*store, "a"), store.location());
    assert_silent(&shown);
    assert_eq!(found(answer), deployer_core::SecretValue::new(canary().value()));
    for token in world.vault.issued_tokens() {
        assert!(!format!("{store:?}").contains(&token.token));
        assert_eq!(world.context.redactor.mask(&token.token).0, "[secret]");
    }
}

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
    // For this thread alone, which is also that of the runtime.
    let _logging = subscriber.with_writer(move || writer.clone()).finish().set_default();

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
