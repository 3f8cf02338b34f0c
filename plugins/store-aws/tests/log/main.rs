//! What is logged at the most talkative level, by the AWS SDK too. A program of its own: what is logged is settled once per process.

#[path = "../aws/broken.rs"]
mod broken;
#[path = "../aws/fake.rs"]
#[expect(dead_code, reason = "other tests put secrets into other accounts")]
mod fake;
#[path = "../aws/world.rs"]
#[expect(dead_code, reason = "other tests run over moto and HTTPS")]
mod world;

use deployer_core::traits::SecretAnswer;
use deployer_testkit::answers::{failed, read, read_all};
use deployer_testkit::canary::Canary;
use deployer_testkit::log::Log;
use deployer_testkit::server::Rule;
use world::World;

#[tokio::test]
async fn the_most_talkative_log_shows_no_key_no_token_and_no_value() {
    let log = Log::collect();
    let planted = [Canary::header_safe("key"), Canary::header_safe("session"), Canary::hostile("value")];
    let mut world = World::fake();
    let keys = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_EC2_METADATA_DISABLED", "true")];
    let secrets = [("AWS_SECRET_ACCESS_KEY", planted[0].value()), ("AWS_SESSION_TOKEN", planted[1].value())];
    world.context.variables = keys.into_iter().chain(secrets).collect();
    world.put("a", planted[2].value()).await;
    world.put("b", &serde_json::json!({ "x": planted[2].value() }).to_string()).await;
    let store = world.store(&["[secrets]", "c = { id = \"b\", field = \"x\" }"]);
    let answers = read_all(&*store, &["a", "b", "c", "none"]).await;
    assert!(answers[..3].iter().all(|answer| matches!(answer, SecretAnswer::Found { .. })), "{answers:?}");
    assert!(matches!(read(&*store, "a").await, SecretAnswer::Found { .. }));
    store.names().await.expect("a list");
    for answer in broken::broken(&planted[2]) {
        world.server.server().faults().answer(Rule::any(), answer);
        failed(read(&*store, "a").await);
        read_all(&*store, &["a", "b"]).await.into_iter().for_each(|answer| drop(failed(answer)));
        world.server.mend();
    }

    let text = log.text();
    assert!(text.contains("aws_smithy_runtime") && text.contains("deployer_http"), "the log is talkative");
    log.assert_without(&planted);
}
