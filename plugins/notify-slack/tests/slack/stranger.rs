//! Against a mock of Slack that was made by others.

use deployer_core::SecretValue;
use deployer_core::plugin::Context;
use deployer_http::{Client, Endpoint, HttpSettings, Request};
use deployer_testkit::emulate::EmulatedSlack;
use deployer_testkit::skip_or_fail;
use serde_json::{Value, json};

use crate::common::{notifier, report};

#[tokio::test]
async fn a_mock_made_by_others_shows_the_message_and_then_the_file() {
    let slack = match EmulatedSlack::start() {
        Ok(slack) => slack,
        Err(reason) => return skip_or_fail("the Slack mock of the npm package emulate", &reason),
    };
    let channel = notifier(&slack.api_url(), "general", EmulatedSlack::TOKEN);
    channel.deliver(&report()).await.unwrap();

    let newest_first = history(&slack, "C000000001").await;
    let [file, message, ..] = &newest_first[..] else { panic!("two messages: {newest_first:?}") };
    assert!(message["text"].as_str().unwrap().starts_with("Release link: "), "{message}");
    assert_eq!(file["files"][0]["title"], "Changes for prod", "{file}");
    assert_eq!(file["files"][0]["size"], report().diff.len(), "{file}");
    assert!(history(&slack, "C000000002").await.is_empty());
}

async fn history(slack: &EmulatedSlack, channel: &str) -> Vec<Value> {
    let client = Client::new(&Context::new("test"), &HttpSettings::default()).expect("a client");
    let url = Endpoint::parse(&slack.api_url(), false).expect("an address").url(&["conversations.history"]);
    let request = Request::post(url).bearer(&SecretValue::new(EmulatedSlack::TOKEN)).expect("a header");
    let request = request.json(&json!({"channel": channel})).expect("a body");
    let response = client.send(request).await.expect("an answer");
    let answer: Value = response.json("the history").expect("JSON");
    answer["messages"].as_array().cloned().unwrap_or_default()
}
