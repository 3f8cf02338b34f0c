//! What happens when Slack refuses or fails.

use std::time::Duration;

use deployer_core::{Kind, Retry};
use deployer_testkit::server::{Answer, Cut, Rule};
use serde_json::json;

use crate::common::{TOKEN, World, notifier, report};

fn post() -> Rule {
    Rule::new("POST", "*/chat.postMessage")
}

#[tokio::test]
async fn being_asked_to_wait_is_retried_and_the_message_comes_once() {
    let world = World::new();
    world.slack.limit("chat.postMessage", 2, 1);
    let slack = world.notifier("#deploys");
    let error = slack.deliver(&report()).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (Kind::RateLimited, Retry::After(Duration::from_secs(2))));
    slack.deliver(&report()).await.unwrap();
    assert_eq!(world.slack.messages().len(), 1);
}

#[tokio::test]
async fn refusals_say_what_to_do() {
    for (code, kind, expected) in [
        ("not_in_channel", Kind::Denied, "invite the bot"),
        ("missing_scope", Kind::Denied, "add the scope"),
        ("is_archived", Kind::Rejected, "archived"),
    ] {
        let world = World::new();
        world.slack.refuse("chat.postMessage", code, 1);
        let error = world.notifier("#deploys").deliver(&report()).await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (kind, Retry::Never));
        assert!(format!("{error:?}").contains(expected), "{error:?}");
        assert!(world.slack.deliveries().is_empty());
    }
}

#[tokio::test]
async fn a_wrong_token_or_channel_is_named() {
    let world = World::new();
    let error = notifier(&world.server.url("/slack/api"), "#deploys", "xoxb-wrong").test().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unauthenticated);
    assert!(!format!("{error:?}").contains("xoxb-wrong"));
    let error = world.notifier("#nowhere").test().await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
}

#[tokio::test]
async fn once_the_message_was_delivered_nothing_is_retried() {
    for method in ["files.getUploadURLExternal", "files.completeUploadExternal"] {
        let world = World::new();
        world.slack.limit(method, 2, 1);
        let error = world.notifier("#deploys").deliver(&report()).await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (Kind::RateLimited, Retry::Never), "{method}");
        assert!(error.message().starts_with("the message was delivered, the diff was not: "), "{error}");
        assert_eq!(world.slack.messages().len(), 1);
    }
    let world = World::new();
    world.slack.fail_uploads(1);
    let error = world.notifier("#deploys").deliver(&report()).await.unwrap_err();
    assert_eq!(error.retry(), Retry::Never);
    assert!(error.message().ends_with("send the diff"), "{error}");
    assert!(world.slack.files().is_empty());
}

#[tokio::test]
async fn a_message_whose_answer_got_lost_is_not_sent_again() {
    for fault in 0..3 {
        let world = World::new();
        match fault {
            0 => world.server.faults().cut(post(), Cut::BeforeAnswer),
            1 => world.server.faults().answer(post(), Answer::html(502, "hunter2")),
            _ => world.server.faults().answer(post(), Answer::html(200, "hunter2")),
        }
        let error = world.notifier("#deploys").deliver(&report()).await.unwrap_err();
        assert_eq!(error.retry(), Retry::Never, "{error:?}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}

#[tokio::test]
async fn a_slack_that_is_not_there_is_worth_another_try() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = notifier(&format!("http://{address}"), "#deploys", TOKEN).test().await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (Kind::Unavailable, Retry::Soon), "{error:?}");
}

#[tokio::test]
async fn the_place_for_the_bytes_is_shown_to_nobody() {
    let world = World::new();
    let place = json!({"ok": true, "file_id": "F1", "upload_url": "https://127.0.0.1:1/hunter2?sig=hunter2"});
    world
        .server
        .faults()
        .answer(Rule::new("POST", "*/files.getUploadURLExternal"), Answer::json(200, &place));
    let error = world.notifier("#deploys").deliver(&report()).await.unwrap_err();
    assert_eq!(error.retry(), Retry::Never);
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn bytes_are_sent_by_https_only() {
    let world = World::new();
    let place = json!({"ok": true, "file_id": "F1", "upload_url": "ftp://files.example/x"});
    world
        .server
        .faults()
        .answer(Rule::new("POST", "*/files.getUploadURLExternal"), Answer::json(200, &place));
    let error = world.notifier("#deploys").deliver(&report()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unexpected);
    assert!(error.cause().unwrap().contains("https://"), "{error}");
}
