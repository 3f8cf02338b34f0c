//! No secret in any text, whatever the service answers.

use deployer_testkit::answers::{failed, read, read_all};
use deployer_testkit::contract::canary;
use deployer_testkit::server::{Answer, Rule};
use serde_json::json;

use super::broken::broken;
use super::world::World;

#[tokio::test]
async fn no_answer_that_cannot_be_read_is_repeated() {
    let world = World::fake();
    let canary = canary();
    for answer in broken(&canary) {
        let store = world.store(&[]);
        let shown = answer.body.clone();
        world.server.server().faults().answer(Rule::any(), answer);
        let mut told = format!("{:?}", failed(read(&*store, "a").await));
        for answer in read_all(&*store, &["a", "b"]).await {
            told.push_str(&format!("{:?}", failed(answer)));
        }
        told.push_str(&format!("{:?}", store.names().await.map(drop).map_err(|error| error.to_string())));
        assert_eq!(canary.find(told.as_bytes()), [], "{shown}");
        world.server.mend();
    }
}

#[tokio::test]
async fn credentials_that_the_service_repeats_are_masked_and_its_words_are_cut() {
    let world = World::fake();
    let key = super::world::SECRET_KEY;
    let said = json!({ "__type": "AccessDeniedException", "message": format!("{key} {}", "x".repeat(5000)) });
    world.server.server().faults().answer(Rule::any(), Answer::json(400, &said));
    let shown = format!("{:?}", failed(read(&*world.store(&[]), "a").await));
    assert!(shown.contains("AWS says: [secret] xxx") && shown.len() < 3500, "{shown}");
}
