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

/// The token that the fake accepts.
pub(crate) const TOKEN: &str = "xoxb-the-token";

/// Builds the plugin from its settings, with the token in `$SLACK_API_TOKEN`.
pub(crate) fn build(settings: &str, token: &str) -> Result<Arc<dyn Notifier>> {
    let context =
        Context { variables: [("SLACK_API_TOKEN", token)].into_iter().collect(), ..Context::new("test") };
    let source = SourceText::new("deployer.toml", settings);
    let Build::Notifier(build) = SLACK.build else { panic!("a notifier") };
    build(Section::parse("notify.slack", &source)?, &context)
}

/// A notifier for a channel of any Slack.
pub(crate) fn notifier(api_url: &str, channel: &str, token: &str) -> Arc<dyn Notifier> {
    let settings =
        format!("token = {{ env = \"SLACK_API_TOKEN\" }}\nchannel = {channel:?}\napi_url = {api_url:?}");
    build(&settings, token).expect("settings")
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
    Report {
        outcome: Outcome::Deployed,
        environment: "prod".to_owned(),
        summary: "1 to add on master".to_owned(),
        nodes: vec!["master: 1 to add".to_owned()],
        link: Some("https://ci.example/run/1".to_owned()),
        diff: "+ pipe ø \"orders\" & <more>\n".to_owned(),
        errors: Vec::new(),
    }
}
