//! The contract suite of targets, on the embedded node.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;

use async_trait::async_trait;
use deployer_core::SecretValue;
use deployer_core::document::SourceText;
use deployer_core::model::SecretName;
use deployer_core::plugin::{Build, Context, Section};
use deployer_core::traits::{NodeTarget, Secrets};
use deployer_target_node::NODE;
use deployer_testkit::contract::{
    Breakable, Place, Support, TargetLimit, TargetRig, Trouble, node_target_contract,
};
use deployer_testkit::server::{Answer, Cut, Rule, Server};
use serde_json::json;

/// The token that the node takes.
const TOKEN: &str = "contract-token-0001";

/// A rig of a node's default group, or of another one.
struct Rig {
    group: Option<&'static str>,
}

#[async_trait]
impl TargetRig for Rig {
    fn limits(&self) -> Vec<(TargetLimit, &'static str)> {
        Vec::new()
    }

    async fn place(&self) -> Box<dyn Place> {
        let node =
            sesam_node::Node::builder().jwt(TOKEN).deploying_polls(2).build().expect("a node in memory");
        let server = Breakable::new(Server::http(node.router()));
        Box::new(OneNode { node, server, group: self.group, trouble: Mutex::default() })
    }
}

struct OneNode {
    node: sesam_node::Node,
    server: Breakable,
    group: Option<&'static str>,
    trouble: Mutex<Option<Trouble>>,
}

impl OneNode {
    fn trouble(&self) -> Option<Trouble> {
        *self.trouble.lock().expect("no test panics while it holds this")
    }

    /// Cuts the next request of each method that writes.
    fn cut_write(&self, cut: Cut) -> Support {
        let faults = self.server.server().faults();
        faults.clear();
        for method in ["PUT", "POST", "DELETE"] {
            faults.cut(Rule::new(method, "*").first(1), cut);
        }
        Ok(())
    }
}

#[async_trait]
impl Place for OneNode {
    fn target(&self) -> Arc<dyn NodeTarget> {
        let group = self.group.map(|group| format!("group = {group:?}\n")).unwrap_or_default();
        let patience = if self.trouble() == Some(Trouble::Silent) { 1 } else { 60 };
        let settings = format!(
            "url = {:?}\ntoken = {{ env = \"SESAM_JWT\" }}\n{group}http = {{ timeout_seconds = {patience} }}\n",
            self.server.url("")
        );
        let token = if self.trouble() == Some(Trouble::Unauthenticated) { "wrong-token-0001" } else { TOKEN };
        let mut context = Context::new("test");
        context.variables = [("SESAM_JWT", token)].into_iter().collect();
        let source = SourceText::new("deployer.toml", settings);
        let Build::Target(build) = NODE.build else { panic!("it is a target") };
        build(Section::parse("nodes.master", &source).expect("TOML"), &context).expect("good settings")
    }

    fn writes(&self) -> usize {
        self.server.server().log().entries().iter().filter(|entry| entry.method != "GET").count()
    }

    fn secrets(&self) -> Option<Secrets> {
        let names = self.node.state().secret_names();
        let value = |name: &String| {
            let value = self.node.secret_value_for_test(name).expect("a name that is listed has a value");
            (SecretName::new(name.as_str()), SecretValue::new(value))
        };
        Some(names.iter().map(value).collect())
    }

    fn system_secrets(&self) -> Option<BTreeMap<String, Secrets>> {
        let state = self.node.state();
        let entities = ["", self.group.unwrap_or_default()].map(|group| state.config(group)).concat();
        let ids =
            entities.iter().filter_map(|entity| entity["_id"].as_str()).filter(|id| state.has_system(id));
        let of_one = |id: &str| {
            let value = |name: &String| {
                let value = self.node.system_secret_value_for_test(id, name).expect("it is listed");
                (SecretName::new(name.as_str()), SecretValue::new(value))
            };
            (id.to_owned(), state.system_secret_names(id).iter().map(value).collect())
        };
        Some(ids.map(of_one).collect())
    }

    async fn intrude(&self) -> Support {
        Err("a node does not compare and swap")
    }

    fn lose_answer(&self) -> Support {
        self.cut_write(Cut::BeforeAnswer)
    }

    fn lose_request(&self) -> Support {
        self.cut_write(Cut::BeforeBody)
    }

    fn refuse(&self) -> Support {
        let refusal = json!({ "detail": "the configuration is not valid" });
        let rule = Rule::new("PUT", "/api/config*");
        self.server.server().faults().answer(rule, Answer::json(400, &refusal));
        Ok(())
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        *self.trouble.lock().expect("no test panics while it holds this") = Some(trouble);
        match trouble {
            Trouble::Unauthenticated => {}
            Trouble::Denied => {
                let answer = Answer::json(403, &json!({ "detail": "Forbidden" }));
                self.server.server().faults().answer(Rule::any(), answer);
            }
            _ => return self.server.trouble(trouble, Rule::any()),
        }
        Ok(())
    }

    fn mend(&self) {
        *self.trouble.lock().expect("no test panics while it holds this") = None;
        self.server.mend();
    }

    fn credentials(&self) -> Vec<String> {
        vec![TOKEN.to_owned(), "wrong-token-0001".to_owned()]
    }
}

#[tokio::test]
async fn a_node_keeps_the_contract_of_targets() {
    node_target_contract(&Rig { group: None }).await;
}

#[tokio::test]
async fn a_config_group_keeps_the_contract_of_targets() {
    node_target_contract(&Rig { group: Some("contract") }).await;
}
