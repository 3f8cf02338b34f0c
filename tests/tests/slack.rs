//! Telling a Slack channel how a deploy ended.

use std::time::Duration;

use deployer_core::plugin::ProcessVariables;
use deployer_testkit::slack::Delivery;
use deployer_testkit::world::Outcome;
use deployer_tests::checks::{assert_code, assert_says};
use deployer_tests::scene::{SLACK_TOKEN, Scene};
use sesam_deployer::settings::{Asked, Settings};

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
/// Longer than any run takes.
const LIMIT: Duration = Duration::from_secs(60);
const LINK: &str = "https://ci.example.org/release/17";

/// A scene with two channels; the second is the one to tell, and its id is returned.
fn with_channels() -> (Scene, String) {
    let scene = Scene::new();
    scene.world.slack().token(SLACK_TOKEN);
    scene.world.slack().channel("chatter");
    let channel = scene.world.slack().channel("deploys");
    (scene, channel)
}

/// Runs a command with the channel in the settings file.
async fn run(scene: &Scene, arguments: &[&str]) -> Outcome {
    let program = scene.program_with_file(PROGRAM, &scene.slack_section("#deploys"));
    program.env("SLACK_TOKEN", SLACK_TOKEN).env("RELEASE_URL", LINK).args(arguments).run(LIMIT).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_comes_first_and_then_the_diff_as_a_file_in_the_right_channel() {
    let (scene, channel) = with_channels();
    assert_code(&run(&scene, &["deploy"]).await, 0);
    let deliveries = scene.world.slack().deliveries();
    let [Delivery::Message(message), Delivery::File(file)] = &deliveries[..] else {
        panic!("a message and then a file, not {deliveries:?}");
    };
    assert_eq!((&message.channel, file.channel.as_ref()), (&channel, Some(&channel)));
    let mut lines = message.text.lines();
    assert_eq!(lines.next(), Some("Release link: <https://ci.example.org/release/17>"));
    assert!(lines.next().is_some_and(|line| line.starts_with("*Deployed to test*: ")), "{}", message.text);
    let diff = String::from_utf8(file.content.clone()).expect("UTF-8");
    assert!(diff.contains("+  \"_id\": \"crm-kunde\","), "{diff}");
    assert!(diff.contains("nett-anlegg"), "the extra nodes are part of it");
    assert_eq!(file.name, "test.diff");
    assert!(!file.sent_token, "the upload's address is its own credential");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_with_nothing_to_do_sends_no_file() {
    let (scene, _) = with_channels();
    assert_code(&scene.program(PROGRAM).arg("deploy").run(LIMIT).await, 0);
    assert_code(&run(&scene, &["deploy"]).await, 0);
    assert!(scene.world.slack().files().is_empty());
    let messages = scene.world.slack().messages();
    assert_eq!(messages.len(), 1);
    assert!(messages[0].text.contains("*Nothing to do for test*"), "{}", messages[0].text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_deploy_is_told_with_its_error() {
    let (scene, _) = with_channels();
    scene.replace("node/systems/arkiv.conf.json", "$SECRET(arkiv-password)", "$SECRET(arkiv-pasword)");
    assert_code(&run(&scene, &["deploy"]).await, 3);
    let messages = scene.world.slack().messages();
    assert_eq!(messages.len(), 1);
    assert!(messages[0].text.contains("*Failed for test*"), "{}", messages[0].text);
    assert!(messages[0].text.contains("arkiv-pasword"), "{}", messages[0].text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_waited_for() {
    let (scene, _) = with_channels();
    scene.world.slack().limit("chat.postMessage", 1, 2);
    let outcome = run(&scene, &["deploy"]).await;
    assert_code(&outcome, 0);
    assert_eq!(scene.world.log().matching("POST", "/slack/api/chat.postMessage").len(), 3);
    assert_eq!((scene.world.slack().messages().len(), scene.world.slack().files().len()), (1, 1));
    assert!(!outcome.stderr().contains("was not notified"), "{}", outcome.stderr());
}

/// Expects a warning in these words, and a deploy that did not fail.
fn expect_warning(outcome: &Outcome, words: &[&str]) {
    assert_code(outcome, 0);
    assert_says(outcome, ["warning: Slack channel #deploys was not notified", "Deployed"]);
    assert_says(outcome, words);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_is_a_warning() {
    let (scene, _) = with_channels();
    let program = scene.program_with_file(PROGRAM, &scene.slack_section("#deploys"));
    let outcome = program.env("SLACK_TOKEN", "xoxb-of-another-workspace").arg("deploy").run(LIMIT).await;
    expect_warning(&outcome, &["Slack answered invalid_auth", "use the bot token"]);
    assert!(scene.world.slack().deliveries().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_without_the_bot_is_a_warning() {
    let (scene, _) = with_channels();
    scene.world.slack().refuse("chat.postMessage", "not_in_channel", 1);
    let outcome = run(&scene, &["deploy"]).await;
    expect_warning(&outcome, &["Slack answered not_in_channel", "/invite @bot"]);
    assert_eq!(
        scene.world.log().matching("POST", "/slack/api/chat.postMessage").len(),
        1,
        "a refusal is not asked for again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_upload_is_a_warning_and_the_message_is_not_sent_twice() {
    let (scene, _) = with_channels();
    scene.world.slack().fail_uploads(1);
    let outcome = run(&scene, &["deploy"]).await;
    expect_warning(&outcome, &["the message was delivered, the diff was not"]);
    assert_eq!((scene.world.slack().messages().len(), scene.world.slack().files().len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diff_that_slack_does_not_share_is_a_warning() {
    let (scene, _) = with_channels();
    scene.world.slack().refuse("files.completeUploadExternal", "internal_error", 1);
    expect_warning(&run(&scene, &["deploy"]).await, &["the message was delivered, the diff was not"]);
    assert_eq!(scene.world.slack().messages().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_tells_nobody() {
    let (scene, _) = with_channels();
    assert_code(&run(&scene, &["plan"]).await, 0);
    assert!(scene.world.slack().received().is_empty());
}

#[test]
fn the_variables_of_the_original_name_the_channel_and_refer_to_the_token() {
    let variables = |more: &[(&str, &str)]| -> ProcessVariables {
        let own = [("NODE_FOLDER", "."), ("ENVIRONMENT", "test"), ("VERIFY_SECRETS", "false"), MASTER];
        own.iter().chain(more).copied().collect()
    };
    let settings = |more: &[(&str, &str)]| {
        Settings::from_variables(Asked::new(None, &variables(more))).expect("good settings")
    };

    let told = settings(&[
        ("SLACK_API_TOKEN", "xoxb-1234-secret"),
        ("SLACK_CHANNEL", "#deploys"),
        ("RELEASE_URL", LINK),
    ]);
    let text = told.text().text();
    assert!(
        text.contains(
            "[[notify]]\nkind = \"slack\"\ntoken = { env = \"SLACK_API_TOKEN\" }\nchannel = \"#deploys\"  # SLACK_CHANNEL\n"
        ),
        "{text}"
    );
    assert!(!text.contains("xoxb-1234-secret"), "{text}");
    assert_eq!(told.link.as_deref(), Some(LINK));

    let half = settings(&[("SLACK_CHANNEL", "#deploys")]);
    assert!(!half.text().text().contains("[[notify]]"));
    assert!(
        half.notes.iter().any(|note| note.message.contains("SLACK_API_TOKEN is not")),
        "{:?}",
        half.notes
    );
}

const MASTER: (&str, &str) = (
    "MASTER_NODE",
    r#"{"URL": "https://127.0.0.1", "JWT": "x", "UPLOAD_VARIABLES": false, "UPLOAD_SECRETS": false}"#,
);
