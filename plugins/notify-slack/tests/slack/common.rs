//! A notifier in front of a server of the testkit.

use std::sync::Arc;

use deployer_core::Result;
use deployer_core::document::SourceText;
use deployer_core::model::{Outcome, Report};
use deployer_core::plugin::{Build, Context, Section};
use deployer_core::traits::Notifier;
use deployer_notify_slack::SLACK;
use deployer_testkit::server::Server;
use deployer_testkit::slack::FakeSlack;
use serde_json::Value;

/// The token that the fake accepts.
pub(crate) const TOKEN: &str = "xoxb-the-token";

/// Builds the plugin from its settings, with a credential in `$SLACK_API_TOKEN`.
pub(crate) fn build(settings: &str, credential: &str) -> Result<Arc<dyn Notifier>> {
    let variables = [("SLACK_API_TOKEN", credential)].into_iter().collect();
    let context = Context::new("test").with_variables(variables);
    let source = SourceText::new("deployer.toml", settings);
    let Build::Notifier(build) = SLACK.build else { panic!("a notifier") };
    build(Section::parse("notify.slack", &source)?, &context)
}

/// A notifier for a channel of any Slack, with more settings.
pub(crate) fn notifier_with(api_url: &str, channel: &str, token: &str, more: &str) -> Arc<dyn Notifier> {
    let settings = format!(
        "token = {{ env = \"SLACK_API_TOKEN\" }}\nchannel = {channel:?}\napi_url = {api_url:?}\n{more}"
    );
    build(&settings, token).expect("settings")
}

/// A notifier for a channel of any Slack, which sends the diff as a file.
pub(crate) fn notifier(api_url: &str, channel: &str, token: &str) -> Arc<dyn Notifier> {
    notifier_with(api_url, channel, token, "diff = \"file\"\n")
}

/// A fake Slack with the channel `deploys`.
pub(crate) struct World {
    pub(crate) slack: FakeSlack,
    pub(crate) server: Server,
    pub(crate) channel: String,
}

impl World {
    pub(crate) fn new() -> Self {
        let slack = FakeSlack::new();
        slack.token(TOKEN);
        slack.channel("random");
        let channel = slack.channel("deploys");
        Self { server: Server::http(slack.router()), slack, channel }
    }

    pub(crate) fn notifier(&self, channel: &str) -> Arc<dyn Notifier> {
        notifier(&self.server.url("/slack/api"), channel, TOKEN)
    }

    /// A notifier for the channel with other settings than a file for the diff.
    pub(crate) fn notifier_with(&self, more: &str) -> Arc<dyn Notifier> {
        notifier_with(&self.server.url("/slack/api"), "#deploys", TOKEN, more)
    }

    /// The requests so far, as `POST /slack/api/chat.postMessage`.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.server
            .log()
            .entries()
            .into_iter()
            .map(|entry| format!("{} {}", entry.method, entry.path))
            .collect()
    }
}

/// A report with a link and a diff.
pub(crate) fn report() -> Report {
    Report::new(Outcome::Deployed, "prod".to_owned(), "1 to add on master".to_owned())
        .with_nodes(vec!["master: 1 to add".to_owned()])
        .with_link(Some("https://ci.example/run/1".to_owned()))
        .with_diff("+ pipe ø \"orders\" & <more>\n".to_owned())
}

/// What people read of blocks: the text of the sections, a line each, and the code.
pub(crate) fn read_blocks(blocks: &Value) -> (String, Option<String>) {
    let (mut text, mut code) = (String::new(), None);
    for block in blocks.as_array().map(Vec::as_slice).unwrap_or_default() {
        match block["type"].as_str() {
            Some("section") => {
                text += &format!("{}\n", unescaped(block["text"]["text"].as_str().expect("a text")))
            }
            Some("rich_text") => {
                code = block["elements"][0]["elements"][0]["text"].as_str().map(str::to_owned);
            }
            other => panic!("a block {other:?}"),
        }
    }
    (text, code)
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}
