//! The contract suite of notifiers.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use deployer_core::traits::Notifier;
use deployer_notify_teams::TEAMS;
use deployer_testkit::contract::{
    Breakable, NotifierLimit, NotifierRig, Received, Support, Trouble, UNSUPPORTED, notifier_contract,
};
use deployer_testkit::server::{Rule, Server};
use serde_json::Value;

use crate::common::{Flow, SIGNATURE, build};

struct Rig {
    flow: Flow,
    server: Breakable,
    signature: Mutex<&'static str>,
}

impl Rig {
    fn set_signature(&self, signature: &'static str) {
        *self.signature.lock().expect("no holder panics") = signature;
    }
}

#[async_trait]
impl NotifierRig for Rig {
    fn notifier(&self) -> Arc<dyn Notifier> {
        let signature = *self.signature.lock().expect("no holder panics");
        let settings = format!("{}http = {{ timeout_seconds = 1 }}", TEAMS.example);
        build(&settings, &format!("{}{signature}", self.server.url(Flow::PATH))).expect("settings")
    }

    fn limits(&self) -> Vec<(NotifierLimit, &'static str)> {
        vec![
            (
                NotifierLimit::Trouble(Trouble::HalfJson),
                "the answer of a flow is empty, and nothing of it is read",
            ),
            (NotifierLimit::HalfWay, "a delivery is one request"),
        ]
    }

    fn received(&self) -> Vec<Received> {
        self.flow.cards().iter().map(read).collect()
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        match trouble {
            Trouble::Unauthenticated => self.set_signature(""),
            Trouble::Denied => self.set_signature("of-another-flow"),
            Trouble::HalfJson => return UNSUPPORTED,
            _ => return self.server.trouble(trouble, Rule::any()),
        }
        Ok(())
    }

    fn mend(&self) {
        self.set_signature(SIGNATURE);
        self.server.mend();
    }

    fn credentials(&self) -> Vec<String> {
        vec![SIGNATURE.to_owned()]
    }
}

/// A card as people read it: paragraphs in a monospaced font are the diff.
fn read(card: &Value) -> Received {
    let (mut text, mut diff) = (String::new(), String::new());
    for paragraph in card["body"].as_array().expect("a body") {
        let runs = paragraph["inlines"].as_array().expect("runs");
        let is_diff = runs[0]["fontType"] == "Monospace";
        let into = if is_diff { &mut diff } else { &mut text };
        runs.iter()
            .for_each(|run| into.push_str(&run["text"].as_str().expect("a text").replace('\u{a0}', " ")));
        into.push('\n');
    }
    Received { text, diff: Some(diff).filter(|diff| !diff.is_empty()) }
}

#[tokio::test]
async fn a_flow_keeps_the_contract_of_notifiers() {
    let flow = Flow::default();
    let server = Breakable::new(Server::http(flow.router()));
    notifier_contract(&Rig { flow, server, signature: Mutex::new(SIGNATURE) }).await;
}
