//! The contract suite of stores, on the fake Vault.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use deployer_core::document::SourceText;
use deployer_core::plugin::{Build, Context, Section};
use deployer_core::traits::SecretStore;
use deployer_store_vault::VAULT;
use deployer_testkit::contract::{Breakable, StoreRig, Support, Trouble, secret_store_contract};
use deployer_testkit::server::{Answer, Rule, Server};
use deployer_testkit::vault::{FakeVault, KvVersion};
use serde_json::json;

/// The GitHub token that logs in.
const TOKEN: &str = "ghp_contract-token-0001";

struct Rig {
    vault: FakeVault,
    server: Breakable,
    trouble: Mutex<Option<Trouble>>,
}

impl Rig {
    fn new(version: KvVersion) -> Self {
        let vault = FakeVault::new();
        vault.mount("secret", version);
        vault.github_user(TOKEN);
        let server = Breakable::new(Server::https(vault.router()));
        Self { vault, server, trouble: Mutex::default() }
    }

    fn trouble(&self) -> Option<Trouble> {
        *self.trouble.lock().expect("no test panics while it holds this")
    }
}

#[async_trait]
impl StoreRig for Rig {
    fn store(&self) -> Arc<dyn SecretStore> {
        let patience = if self.trouble() == Some(Trouble::Silent) { 1 } else { 60 };
        let ca_file = self.server.server().ca_file().expect("HTTPS has an authority").display();
        let settings = format!(
            "address = {:?}\nmount = \"secret\"\nprefix = \"sesam/\"\nlogin = {{ github = {{ token = {{ env = \"TOKEN\" }} }} }}\nhttp = {{ ca_file = \"{ca_file}\", timeout_seconds = {patience} }}\n",
            self.server.url("")
        );
        let token =
            if self.trouble() == Some(Trouble::Unauthenticated) { "ghp_wrong-token-0001" } else { TOKEN };
        let mut context = Context::new("test");
        context.variables = [("TOKEN", token)].into_iter().collect();
        let source = SourceText::new("deployer.toml", settings);
        let Build::Store(build) = VAULT.build else { panic!("it is a store") };
        build(Section::parse("stores.main", &source).expect("TOML"), &context).expect("good settings")
    }

    async fn put(&self, secrets: &[(String, String)]) -> Support {
        for (name, value) in secrets {
            self.vault.put("secret", &format!("sesam/{name}"), json!({ "value": value }));
        }
        Ok(())
    }

    async fn deny(&self, name: &str) -> Support {
        self.vault.deny(&format!("secret/*sesam/{name}"));
        Ok(())
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        *self.trouble.lock().expect("no test panics while it holds this") = Some(trouble);
        match trouble {
            Trouble::Unauthenticated => {}
            Trouble::Denied => {
                let answer = Answer::json(403, &json!({ "errors": ["permission denied"] }));
                self.server.server().faults().answer(Rule::new("GET", "/v1/secret/*"), answer);
            }
            // The token of a login whose answer is lost could be given back by nobody.
            Trouble::Cut | Trouble::Silent => return self.server.trouble(trouble, Rule::new("GET", "*")),
            _ => return self.server.trouble(trouble, Rule::any()),
        }
        Ok(())
    }

    fn mend(&self) {
        *self.trouble.lock().expect("no test panics while it holds this") = None;
        self.server.mend();
    }

    fn logins(&self) -> Option<usize> {
        Some(self.vault.issued_tokens().len())
    }

    fn left_behind(&self) -> Option<usize> {
        Some(self.vault.live_tokens().len())
    }

    fn credentials(&self) -> Vec<String> {
        let issued = self.vault.issued_tokens().into_iter().map(|issued| issued.token);
        issued.chain([TOKEN.to_owned(), "ghp_wrong-token-0001".to_owned()]).collect()
    }
}

#[tokio::test]
async fn a_key_value_engine_of_version_1_keeps_the_contract_of_stores() {
    secret_store_contract(&Rig::new(KvVersion::One)).await;
}

#[tokio::test]
async fn a_key_value_engine_of_version_2_keeps_the_contract_of_stores() {
    secret_store_contract(&Rig::new(KvVersion::Two)).await;
}
