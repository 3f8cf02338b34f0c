//! Against a mock of Slack that was made by others.

use deployer_core::SecretValue;
use deployer_core::plugin::Context;
use deployer_http::{Client, Endpoint, HttpSettings, Request};
use deployer_testkit::emulate::EmulatedSlack;
use deployer_testkit::skip_or_fail;
use serde_json::{Value, json};

use crate::common::{build, notifier, notifier_with, read_blocks, report};

#[tokio::test]
async fn a_mock_made_by_others_shows_the_message_and_then_the_file() {
    let slack = match EmulatedSlack::start() {
        Ok(slack) => slack,
        Err(reason) => return skip_or_fail("the Slack mock of the npm package emulate", &reason),
    };
    let beside = "diff = \"file\"\nthread = false";
    let channel = notifier_with(&slack.api_url(), "general", EmulatedSlack::TOKEN, beside);
    channel.deliver(&report()).await.unwrap();

    let newest_first = history(&slack, GENERAL).await;
    let [file, message, ..] = &newest_first[..] else { panic!("two messages: {newest_first:?}") };
    assert!(message["text"].as_str().unwrap().starts_with("Release link: "), "{message}");
    assert_eq!(file["files"][0]["title"], "Changes for prod", "{file}");
    assert_eq!(file["files"][0]["size"], report().diff.len(), "{file}");
    assert!(history(&slack, "C000000002").await.is_empty());

    notifier(&slack.api_url(), "general", EmulatedSlack::TOKEN).deliver(&report()).await.unwrap();
    let newest_first = history(&slack, GENERAL).await;
    assert_eq!(newest_first[0]["reply_count"], 1, "the file is an answer to the message: {newest_first:?}");
}

#[tokio::test]
async fn a_mock_made_by_others_takes_the_blocks_through_its_webhook() {
    let slack = match EmulatedSlack::start() {
        Ok(slack) => slack,
        Err(reason) => return skip_or_fail("the Slack mock of the npm package emulate", &reason),
    };
    let url = slack.api_url().replace("/api", "/services/T000000001/B000000001/X000000001");
    build("webhook = { env = \"SLACK_API_TOKEN\" }", &url).unwrap().deliver(&report()).await.unwrap();
    let messages = history(&slack, GENERAL).await;
    assert_eq!(read_blocks(&messages[0]["blocks"]).1, Some(report().diff), "{messages:?}");
}

/// The id of the channel `general`.
const GENERAL: &str = "C000000001";

async fn history(slack: &EmulatedSlack, channel: &str) -> Vec<Value> {
    let client = Client::new(&Context::new("test"), &HttpSettings::default()).expect("a client");
    let url = Endpoint::parse(&slack.api_url(), false).expect("an address").url(&["conversations.history"]);
    let request = Request::post(url).bearer(&SecretValue::new(EmulatedSlack::TOKEN)).expect("a header");
    let request = request.json(&json!({"channel": channel})).expect("a body");
    let response = client.send(request).await.expect("an answer");
    let answer: Value = response.json("the history").expect("JSON");
    answer["messages"].as_array().cloned().unwrap_or_default()
}
