//! The contract suite of notifiers.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use deployer_core::traits::Notifier;
use deployer_testkit::contract::{
    Breakable, NotifierLimit, NotifierRig, Received, Support, Trouble, UNSUPPORTED, notifier_contract,
};
use deployer_testkit::server::{Rule, Server};
use serde_json::Value;

use crate::receiver::{KEY, POWERLESS, Receiver, TOKEN, Taken, notifier};

struct Rig {
    receiver: Receiver,
    server: Breakable,
    token: Mutex<&'static str>,
}

impl Rig {
    fn set_token(&self, token: &'static str) {
        *self.token.lock().expect("no holder panics") = token;
    }
}

#[async_trait]
impl NotifierRig for Rig {
    fn notifier(&self) -> Arc<dyn Notifier> {
        notifier(&self.server.url(Receiver::PATH), *self.token.lock().expect("no holder panics"))
    }

    fn limits(&self) -> Vec<(NotifierLimit, &'static str)> {
        vec![
            (NotifierLimit::Trouble(Trouble::Html), "any success is acceptance"),
            (NotifierLimit::Trouble(Trouble::HalfJson), "any success is acceptance"),
            (NotifierLimit::HalfWay, "a delivery is one request"),
        ]
    }

    fn received(&self) -> Vec<Received> {
        self.receiver.taken().iter().map(read).collect()
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        match trouble {
            Trouble::Unauthenticated => self.set_token("of-nobody"),
            Trouble::Denied => self.set_token(POWERLESS),
            Trouble::Html | Trouble::HalfJson => return UNSUPPORTED,
            _ => return self.server.trouble(trouble, Rule::any()),
        }
        Ok(())
    }

    fn mend(&self) {
        self.set_token(TOKEN);
        self.server.mend();
    }

    fn credentials(&self) -> Vec<String> {
        vec![KEY.to_owned(), TOKEN.to_owned()]
    }
}

/// A body as people read it: its texts, the link first as a reader of the documents would show it.
fn read(taken: &Taken) -> Received {
    let body: Value = serde_json::from_slice(&taken.body).expect("JSON");
    let texts = ["link", "environment", "summary", "message"].iter().filter_map(|name| body[name].as_str());
    let lists = ["nodes", "errors"].iter().filter_map(|name| body[name].as_array()).flatten();
    let all: Vec<&str> = texts.chain(lists.filter_map(Value::as_str)).collect();
    let diff = body["diff"].as_str().filter(|diff| !diff.is_empty()).map(str::to_owned);
    Received { text: all.join("\n"), diff }
}

#[tokio::test]
async fn a_receiver_keeps_the_contract_of_notifiers() {
    let receiver = Receiver::default();
    let server = Breakable::new(Server::http(receiver.router()));
    notifier_contract(&Rig { receiver, server, token: Mutex::new(TOKEN) }).await;
}
