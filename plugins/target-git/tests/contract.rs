//! The contract suite of targets, on a git host over HTTPS.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use deployer_core::document::SourceText;
use deployer_core::plugin::{Build, Context, Section};
use deployer_core::traits::NodeTarget;
use deployer_target_git::GIT;
use deployer_testkit::contract::{
    Breakable, Place, Support, TargetLimit, TargetRig, Trouble, node_target_contract,
};
use deployer_testkit::git::{GitHost, Repository};
use deployer_testkit::server::{Answer, Cut, Rule, Server};
use serde_json::json;

/// The token that the host takes.
const TOKEN: &str = "contract-token-0001";
const BRANCH: &str = "main";

struct Rig;

#[async_trait]
impl TargetRig for Rig {
    fn limits(&self) -> Vec<(TargetLimit, &'static str)> {
        vec![(TargetLimit::Undo, "a pushed commit stays")]
    }

    async fn place(&self) -> Box<dyn Place> {
        let host = GitHost::new();
        host.accept_token(TOKEN);
        let repository = host.create("extra", BRANCH, &file("README.md", "The node's repository.\n"));
        let server = Breakable::new(Server::https(host.router()));
        Box::new(OneRepository { host, repository, server, trouble: Mutex::default() })
    }
}

fn file(path: &str, text: &str) -> BTreeMap<String, Vec<u8>> {
    BTreeMap::from([(path.to_owned(), text.as_bytes().to_vec())])
}

struct OneRepository {
    host: GitHost,
    repository: Repository,
    server: Breakable,
    trouble: Mutex<Option<Trouble>>,
}

impl OneRepository {
    fn trouble(&self) -> Option<Trouble> {
        *self.trouble.lock().expect("no test panics while it holds this")
    }

    fn cut_push(&self, cut: Cut) -> Support {
        let faults = self.server.server().faults();
        faults.clear();
        faults.cut(Rule::new("POST", "*/git-receive-pack").first(1), cut);
        Ok(())
    }
}

#[async_trait]
impl Place for OneRepository {
    fn target(&self) -> Arc<dyn NodeTarget> {
        let patience = if self.trouble() == Some(Trouble::Silent) { 1 } else { 60 };
        let ca_file = self.server.server().ca_file().expect("HTTPS has an authority").display();
        let settings = format!(
            "url = {:?}\nbranch = {BRANCH:?}\ntoken = {{ env = \"TOKEN\" }}\nhttp = {{ ca_file = \"{ca_file}\", timeout_seconds = {patience} }}\n",
            self.server.url(&self.host.path("extra"))
        );
        let token = if self.trouble() == Some(Trouble::Unauthenticated) { "wrong-token-0001" } else { TOKEN };
        let mut context = Context::new("test");
        context.variables = [("TOKEN", token)].into_iter().collect();
        let source = SourceText::new("deployer.toml", settings);
        let Build::Target(build) = GIT.build else { panic!("it is a target") };
        build(Section::parse("nodes.extra", &source).expect("TOML"), &context).expect("good settings")
    }

    fn writes(&self) -> usize {
        let entries = self.server.server().log().entries();
        entries
            .iter()
            .filter(|entry| entry.method == "POST" && entry.path.ends_with("/git-receive-pack"))
            .count()
    }

    async fn intrude(&self) -> Support {
        self.repository.commit(BRANCH, "Somebody else's work", &file("other.txt", "other"));
        Ok(())
    }

    fn lose_answer(&self) -> Support {
        self.cut_push(Cut::BeforeAnswer)
    }

    fn lose_request(&self) -> Support {
        self.cut_push(Cut::BeforeBody)
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        *self.trouble.lock().expect("no test panics while it holds this") = Some(trouble);
        match trouble {
            Trouble::Unauthenticated => {}
            Trouble::Denied => {
                let answer = Answer::json(403, &json!({ "message": "Forbidden" }));
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

impl Drop for OneRepository {
    fn drop(&mut self) {
        let kept = self.repository.files(BRANCH).contains_key("README.md");
        // A failed case is told by its own panic.
        if !std::thread::panicking() {
            assert!(kept, "what lies outside of the node folder stays");
            self.repository.fsck().expect("git finds nothing wrong");
        }
    }
}

#[tokio::test]
async fn a_repository_keeps_the_contract_of_targets() {
    node_target_contract(&Rig).await;
}
