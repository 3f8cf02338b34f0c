//! An incoming webhook in place of a token.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Json, Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use deployer_core::traits::Notifier;
use deployer_core::{Kind, Retry};
use deployer_testkit::server::Server;
use serde_json::Value;

use crate::common::{build, read_blocks, report};

/// What stands for access in the address.
pub(crate) const KEY: &str = "the-key-of-the-webhook";
/// The settings, with the address in `$SLACK_API_TOKEN`.
pub(crate) const SETTINGS: &str = "webhook = { env = \"SLACK_API_TOKEN\" }\n";

/// A fake of Slack's side: the messages that it took.
#[derive(Clone, Default)]
pub(crate) struct FakeHook(Arc<Mutex<Vec<Value>>>);

impl FakeHook {
    pub(crate) fn router(&self) -> Router {
        Router::new().route("/services/T1/B1/{key}", post(Self::take)).with_state(self.clone())
    }

    pub(crate) fn messages(&self) -> Vec<Value> {
        self.0.lock().expect("no holder panics").clone()
    }

    async fn take(
        State(hook): State<FakeHook>,
        Path(key): Path<String>,
        Json(message): Json<Value>,
    ) -> (StatusCode, &'static str) {
        match key.as_str() {
            KEY => {}
            "of-another-team" => return (StatusCode::FORBIDDEN, "action_prohibited"),
            _ => return (StatusCode::NOT_FOUND, "no_service"),
        }
        if message["text"].as_str().is_none_or(str::is_empty) {
            return (StatusCode::BAD_REQUEST, "no_text");
        }
        hook.0.lock().expect("no holder panics").push(message);
        (StatusCode::OK, "ok")
    }
}

fn world() -> (FakeHook, Server, Arc<dyn Notifier>) {
    let hook = FakeHook::default();
    let server = Server::http(hook.router());
    let slack = build(SETTINGS, &server.url(&format!("/services/T1/B1/{KEY}"))).expect("settings");
    (hook, server, slack)
}

#[tokio::test]
async fn a_long_diff_is_cut_and_the_rest_is_counted() {
    let (hook, _server, slack) = world();
    assert_eq!(slack.location(), "Slack by the webhook in $SLACK_API_TOKEN");
    slack.deliver(&report().with_diff("+ a line ø\n".repeat(1_000))).await.unwrap();
    let (text, code) = read_blocks(&hook.messages()[0]["blocks"]);
    assert!(text.starts_with("Release link: "), "{text}");
    let shown = code.unwrap().lines().count();
    assert!(
        shown > 200 && text.ends_with(&format!("… {} more lines of the diff\n", 1_000 - shown)),
        "{text}"
    );
}

#[tokio::test]
async fn the_diff_may_be_left_out() {
    let (hook, server, _) = world();
    let url = server.url(&format!("/services/T1/B1/{KEY}"));
    build(&format!("{SETTINGS}diff = \"none\""), &url).unwrap().deliver(&report()).await.unwrap();
    assert_eq!(read_blocks(&hook.messages()[0]["blocks"]).1, None);
}

#[tokio::test]
async fn an_address_that_was_removed_is_told_without_being_shown() {
    let (_, server, _) = world();
    let slack = build(SETTINGS, &server.url("/services/T1/B1/hunter2")).unwrap();
    let error = slack.test().await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (Kind::NotFound, Retry::Never));
    let shown = format!("{error:?}");
    assert!(shown.contains("no_service") && shown.contains("make a new one"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn what_a_webhook_cannot_do_is_refused() {
    for (more, url, expected) in [
        ("diff = \"file\"", "https://hooks.slack.com/services/T/B/hunter2", "neither files nor threads"),
        ("thread = true", "https://hooks.slack.com/services/T/B/hunter2", "neither files nor threads"),
        ("", "https://hooks.slack.com/triggers/T/hunter2", "/services/"),
        ("", "http://hooks.slack.com/services/T/B/hunter2", "in the clear"),
    ] {
        let error = build(&format!("{SETTINGS}{more}"), url).unwrap_err();
        let shown = format!("{error:?}");
        assert_eq!(error.kind(), Kind::Settings, "{shown}");
        assert!(shown.contains(expected) && !shown.contains("hunter2"), "{shown}");
    }
}
