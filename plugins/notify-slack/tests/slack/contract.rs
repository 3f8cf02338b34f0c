//! The contract suite of notifiers, for each way into the workspace.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use deployer_core::traits::Notifier;
use deployer_testkit::contract::{
    Breakable, NotifierLimit, NotifierRig, Received, Support, Trouble, UNSUPPORTED, notifier_contract,
};
use deployer_testkit::server::{Rule, Server};
use deployer_testkit::slack::{Delivery, FakeSlack};

use crate::common::{TOKEN, build, notifier_with, read_blocks};
use crate::webhook::{FakeHook, KEY, SETTINGS};

/// What a rig hands the notifier as its credential.
#[derive(Default)]
struct Given(Mutex<Option<&'static str>>);

impl Given {
    fn set(&self, credential: Option<&'static str>) {
        *self.0.lock().expect("no holder panics") = credential;
    }

    fn or(&self, usual: &'static str) -> &'static str {
        self.0.lock().expect("no holder panics").unwrap_or(usual)
    }
}

/// A bot, with the setting that says what becomes of the diff.
struct Bot {
    slack: FakeSlack,
    server: Breakable,
    token: Given,
    diff: &'static str,
}

impl Bot {
    fn new(diff: &'static str) -> Self {
        let slack = FakeSlack::new();
        slack.token(TOKEN);
        slack.channel("deploys");
        Self { server: Breakable::new(Server::http(slack.router())), slack, token: Given::default(), diff }
    }
}

#[async_trait]
impl NotifierRig for Bot {
    fn notifier(&self) -> Arc<dyn Notifier> {
        let more = format!("diff = {:?}\nhttp = {{ timeout_seconds = 1 }}", self.diff);
        notifier_with(&self.server.url("/slack/api"), "#deploys", self.token.or(TOKEN), &more)
    }

    fn limits(&self) -> Vec<(NotifierLimit, &'static str)> {
        match self.diff {
            "file" => Vec::new(),
            _ => vec![(NotifierLimit::HalfWay, "a short diff is part of the message")],
        }
    }

    fn received(&self) -> Vec<Received> {
        let mut received: Vec<Received> = Vec::new();
        for delivery in self.slack.deliveries() {
            match delivery {
                Delivery::Message(message) => {
                    let (text, diff) = read_blocks(&message.blocks);
                    let text = if text.is_empty() { message.text } else { text };
                    received.push(Received { text, diff });
                }
                Delivery::File(file) => {
                    let message = received.last_mut().expect("a file follows its message");
                    message.diff = Some(String::from_utf8(file.content).expect("UTF-8"));
                }
            }
        }
        received
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        match trouble {
            Trouble::Unauthenticated => self.token.set(Some("xoxb-of-another-team")),
            // A delivery, and a test.
            Trouble::Denied => self.slack.refuse("chat.postMessage", "not_in_channel", 2),
            _ => return self.server.trouble(trouble, Rule::any()),
        }
        Ok(())
    }

    fn fail_half_way(&self) -> Support {
        if self.diff != "file" {
            return UNSUPPORTED;
        }
        self.slack.fail_uploads(1);
        Ok(())
    }

    fn mend(&self) {
        self.token.set(None);
        self.server.mend();
    }

    fn credentials(&self) -> Vec<String> {
        vec![TOKEN.to_owned()]
    }
}

/// An incoming webhook.
struct Webhook {
    hook: FakeHook,
    server: Breakable,
    key: Given,
}

#[async_trait]
impl NotifierRig for Webhook {
    fn notifier(&self) -> Arc<dyn Notifier> {
        let url = self.server.url(&format!("/services/T1/B1/{}", self.key.or(KEY)));
        build(&format!("{SETTINGS}http = {{ timeout_seconds = 1 }}"), &url).expect("settings")
    }

    fn limits(&self) -> Vec<(NotifierLimit, &'static str)> {
        vec![
            (
                NotifierLimit::Trouble(Trouble::Unauthenticated),
                "Slack does not know a webhook whose address is wrong",
            ),
            (NotifierLimit::HalfWay, "a delivery is one request"),
        ]
    }

    fn received(&self) -> Vec<Received> {
        let read = |message: &serde_json::Value| {
            let (text, diff) = read_blocks(&message["blocks"]);
            let text =
                if text.is_empty() { message["text"].as_str().expect("a text").to_owned() } else { text };
            Received { text, diff }
        };
        self.hook.messages().iter().map(read).collect()
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        match trouble {
            Trouble::Unauthenticated => return UNSUPPORTED,
            Trouble::Denied => self.key.set(Some("of-another-team")),
            _ => return self.server.trouble(trouble, Rule::any()),
        }
        Ok(())
    }

    fn mend(&self) {
        self.key.set(None);
        self.server.mend();
    }

    fn credentials(&self) -> Vec<String> {
        vec![KEY.to_owned()]
    }
}

#[tokio::test]
async fn a_bot_that_shows_the_diff_where_it_fits() {
    notifier_contract(&Bot::new("auto")).await;
}

#[tokio::test]
async fn a_bot_that_sends_the_diff_as_a_file() {
    notifier_contract(&Bot::new("file")).await;
}

#[tokio::test]
async fn an_incoming_webhook() {
    let hook = FakeHook::default();
    let server = Breakable::new(Server::http(hook.router()));
    notifier_contract(&Webhook { hook, server, key: Given::default() }).await;
}
