//! Who is told of which run, at once, and what it means when telling fails.

use std::time::Duration;

use deployer_testkit::server::{Answer, Rule};
use deployer_testkit::world::{Outcome, Program};
use deployer_tests::checks::{assert_code, assert_says};
use deployer_tests::scene::{SLACK_TOKEN, Scene};
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
/// Longer than any run takes.
const LIMIT: Duration = Duration::from_secs(60);
const RUN: &str = "https://gitlab.example.org/acme/-/pipelines/17";

/// A scene with a channel, a flow of Teams that takes what it is sent, and a receiver that refuses.
fn scene() -> Scene {
    let scene = Scene::new();
    scene.world.slack().token(SLACK_TOKEN);
    scene.world.slack().channel("deploys");
    scene.world.faults().answer(Rule::new("POST", "/flow"), Answer::json(202, &json!(null)));
    scene
}

const TEAMS: &str = "[[notify]]\nkind = \"teams\"\nurl = { env = \"TEAMS_URL\" }\n";
const WEBHOOK: &str =
    "[[notify]]\nkind = \"webhook\"\nurl = { env = \"WEBHOOK_URL\" }\nsecret = { env = \"WEBHOOK_KEY\" }\n";

/// A program with the sections of notifiers in its settings file.
fn program<'a>(scene: &'a Scene, sections: &[&str]) -> Program<'a> {
    scene
        .program_with_file(PROGRAM, &sections.concat())
        .env("SLACK_TOKEN", SLACK_TOKEN)
        .env("TEAMS_URL", scene.world.server().url("/flow?sig=the-signature"))
        .env("WEBHOOK_URL", scene.world.server().url("/nobody"))
        .env("WEBHOOK_KEY", "the-key-of-the-signature")
        .env("CI_PIPELINE_URL", RUN)
}

/// The notifications of the JSON document that a run printed, each as notifier and outcome.
fn notifications(outcome: &Outcome) -> Vec<(String, String)> {
    let document: Value = serde_json::from_str(&outcome.stdout()).expect("one JSON document");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let listed = document["notifications"].as_array().expect("a list").iter();
    listed.map(|notice| (text(&notice["notifier"]), text(&notice["outcome"]))).collect()
}

fn pair(notifier: &str, outcome: &str) -> (String, String) {
    (notifier.to_owned(), outcome.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_tells_of_every_notifier_and_fails_with_one_of_them() {
    let scene = scene();
    let slack = scene.slack_section("#deploys");
    let good = program(&scene, &[&slack, TEAMS]).args(["notify", "--test"]).run(LIMIT).await;
    assert_code(&good, 0);
    assert_says(
        &good,
        ["Slack channel #deploys: delivered\n", "Microsoft Teams by the flow in $TEAMS_URL: accepted ("],
    );
    assert_eq!(scene.world.slack().messages().len(), 1);
    assert!(scene.world.log().matching("GET", "*").is_empty(), "nothing but the notifiers is asked");

    let arguments = ["notify", "--test", "--json"];
    let bad = program(&scene, &[WEBHOOK, &slack, TEAMS]).args(arguments).run(LIMIT).await;
    assert_code(&bad, 1);
    let expected = [
        pair("webhook in $WEBHOOK_URL", "failed"),
        pair("Slack channel #deploys", "delivered"),
        pair("Microsoft Teams by the flow in $TEAMS_URL", "accepted"),
    ];
    assert_eq!(notifications(&bad), expected);
    assert_says(&bad, ["webhook in $WEBHOOK_URL: send the report: HTTP 401", "compare `secret`"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_to_notify_is_told() {
    let scene = scene();
    let outcome = program(&scene, &[]).args(["notify", "--test"]).run(LIMIT).await;
    assert_code(&outcome, 78);
    assert_says(&outcome, ["the settings have no notifier", "[[notify]]"]);
    assert_code(&program(&scene, &[]).arg("notify").run(LIMIT).await, 64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notifier_that_fails_is_a_warning_and_with_strict_a_failure() {
    let scene = scene();
    let slack = scene.slack_section("#deploys");
    let lenient = program(&scene, &[WEBHOOK, &slack]).args(["deploy", "--json"]).run(LIMIT).await;
    assert_code(&lenient, 0);
    let told = [pair("webhook in $WEBHOOK_URL", "failed"), pair("Slack channel #deploys", "delivered")];
    assert_eq!(notifications(&lenient), told);
    assert_says(&lenient, ["warning: webhook in $WEBHOOK_URL was not notified"]);

    let always = format!("{WEBHOOK}send = \"always\"\n");
    let strict = program(&scene, &[&always, &slack]).args(["deploy", "--strict"]).run(LIMIT).await;
    assert_code(&strict, 1);
    assert_says(
        &strict,
        [
            "Nothing to do",
            "the deploy succeeded, but a notifier failed",
            "without --strict, this is a warning",
        ],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_changes_are_told_unless_the_settings_say_otherwise() {
    let scene = scene();
    let failures = format!("{TEAMS}send = \"failures\"\n");
    let changes = scene.slack_section("#deploys").replace("send = \"always\"\n", "");
    let teams = "Microsoft Teams by the flow in $TEAMS_URL";
    for outcome in ["delivered", "not-sent"] {
        let run = program(&scene, &[&changes, &failures]).args(["deploy", "--json"]).run(LIMIT).await;
        assert_code(&run, 0);
        assert_eq!(notifications(&run), [pair("Slack channel #deploys", outcome), pair(teams, "not-sent")]);
    }
    let messages = scene.world.slack().messages();
    assert_eq!(messages.len(), 1);
    assert!(messages[0].text.starts_with(&format!("Release link: <{RUN}>")), "{}", messages[0].text);

    scene.replace("node/systems/arkiv.conf.json", "$SECRET(arkiv-password)", "$SECRET(arkiv-pasword)");
    let run = program(&scene, &[&changes, &failures]).args(["deploy", "--json"]).run(LIMIT).await;
    assert_code(&run, 3);
    assert_eq!(notifications(&run), [pair("Slack channel #deploys", "delivered"), pair(teams, "accepted")]);
}
