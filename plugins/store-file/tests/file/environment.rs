//! Environment variables.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use deployer_core::plugin::Context;
use deployer_core::traits::{SecretAnswer, SecretStore};
use deployer_store_file::ENVIRONMENT;
use deployer_testkit::answers::read;
use deployer_testkit::contract::{
    StoreLimit, StoreRig, Support, Trouble, UNSUPPORTED, secret_store_contract,
};

use super::built;
use super::rig::Fresh;

struct Rig {
    settings: &'static str,
    /// The variable of a secret.
    variable: fn(&str) -> String,
    variables: Arc<Mutex<BTreeMap<String, String>>>,
}

#[async_trait]
impl StoreRig for Rig {
    fn store(&self) -> Arc<dyn SecretStore> {
        let (settings, variables) = (self.settings, Arc::clone(&self.variables));
        Fresh::store(move || {
            let mut context = Context::new("test");
            let variables = variables.lock().expect("no test panics with the lock");
            context.variables = variables.clone().into_iter().collect();
            built(&ENVIRONMENT, &context, settings)
        })
    }

    async fn put(&self, secrets: &[(String, String)]) -> Support {
        let mut variables = self.variables.lock().expect("no test panics with the lock");
        variables.extend(secrets.iter().map(|(name, value)| ((self.variable)(name), value.clone())));
        Ok(())
    }

    fn trouble(&self, _: Trouble) -> Support {
        UNSUPPORTED
    }

    fn limits(&self) -> Vec<(StoreLimit, &'static str)> {
        vec![
            (StoreLimit::Requests, "variables are on this machine"),
            (StoreLimit::Denial, "variables are readable as a whole"),
            (StoreLimit::Logins, "there is no login"),
            (StoreLimit::Revocation, "nothing is created"),
        ]
    }

    async fn deny(&self, _: &str) -> Support {
        UNSUPPORTED
    }

    fn requests(&self) -> Option<usize> {
        None
    }

    fn logins(&self) -> Option<usize> {
        None
    }

    fn left_behind(&self) -> Option<usize> {
        None
    }

    fn mend(&self) {}

    fn credentials(&self) -> Vec<String> {
        Vec::new()
    }
}

#[tokio::test]
async fn variables_of_the_same_names_keep_the_contract() {
    let variable = |name: &str| format!("SECRET_{name}");
    let settings = "prefix = \"SECRET_\"\nnames = \"exact\"";
    secret_store_contract(&Rig { settings, variable, variables: Arc::default() }).await;
}

#[tokio::test]
async fn variables_that_a_shell_can_have_are_found_and_empty_ones_too() {
    let mut context = Context::new("test");
    context.variables = [("P_DB_PASSWORD", "x"), ("P_EMPTY", ""), ("OTHER", "y")].into_iter().collect();
    let store = built(&ENVIRONMENT, &context, "prefix = \"P_\"\nupper_case = true");
    assert!(
        matches!(read(&*store, "db-password").await, SecretAnswer::Found { notes, .. } if notes.is_empty())
    );
    assert!(matches!(read(&*store, "empty").await, SecretAnswer::Found { notes, .. } if notes.is_empty()));
    assert!(matches!(read(&*store, "other").await, SecretAnswer::Missing { why: None, .. }));
    assert!(!store.capabilities().names_prove_presence, "the names are those of variables");
    let names = store.names().await.expect("a list").expect("it can list");
    assert_eq!(names.iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["DB_PASSWORD", "EMPTY"]);
}
