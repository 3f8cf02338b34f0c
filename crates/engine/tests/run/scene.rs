//! A deployment of a master and an extra node, all in memory.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use deployer_core::document::SourceText;
use deployer_core::model::{Entity, NodeName, Origin, Receipt, StepOutcome};
use deployer_core::traits::SecretStore;
use deployer_core::{Error, Kind, Redactor, Retry};
use deployer_engine::connect::LinkRule;
use deployer_engine::run::{
    Applied, Configuration, Connectors, DeployNode, Deployment, FolderLayout, Order, Planned, Policy, Runner,
    Safety, Silent, Unattended, Verify,
};
use deployer_engine::stages::{Guard, Protection, Routes, Strictness, SystemSecrets, Whitelist};
use deployer_testkit::fakes::{Held, MemorySource, MemoryStore, MemoryTarget, Mishap, Script};
use tokio_util::sync::CancellationToken;

/// The parts of a deployment, and the deployment itself.
pub(crate) struct Scene {
    pub(crate) script: Script,
    pub(crate) source: MemorySource,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) master: MemoryTarget,
    pub(crate) extra: MemoryTarget,
    pub(crate) deployment: Deployment,
    pub(crate) cancel: CancellationToken,
}

impl Scene {
    /// The master is a node that can refuse, the extra node a repository without secrets that compares and swaps.
    pub(crate) fn new() -> Self {
        let script = Script::default();
        let master = MemoryTarget::new("master", &script).can_refuse();
        let extra = MemoryTarget::new("extra", &script).without_secrets().compares_and_swaps();
        Self::with(script, master, extra)
    }

    pub(crate) fn with(script: Script, master: MemoryTarget, extra: MemoryTarget) -> Self {
        let source = MemorySource::new(&script);
        source.write("node/variables/variables-test.json", r#"{"url": "x"}"#);
        source.write("node/pipes/m.conf.json", pipe("m", "master", "$ENV(url) $SECRET(one)"));
        source.write("node/pipes/e.conf.json", pipe("e", "extra", "$ENV(url) $SECRET(two)"));
        let store =
            Arc::new(MemoryStore::new("main", &script).with("one", "value-one").with("two", "value-two"));
        let deployment = Deployment {
            routes: Routes::default(),
            environment: "test".to_owned(),
            source: Arc::new(source.clone()),
            configuration: Configuration {
                folder: "node".to_owned(),
                whitelist: Whitelist::everything(),
                variables: vec!["variables/variables-test.json".to_owned()],
                upload_variables: None,
                links: LinkRule::Seed,
                split: true,
                strictness: Strictness::Strict,
                layout: FolderLayout::default(),
                connectors: Connectors::default(),
            },
            stores: BTreeMap::from([("main".to_owned(), Arc::clone(&store) as Arc<dyn SecretStore>)]),
            nodes: vec![node("master", &master), node("extra", &extra)],
            verify: Verify { variables: true, secrets: true, entities: true },
            safety: Safety { guard: Guard::FULL, order: Order::ExtraFirst, wait: Duration::from_secs(600) },
            remembered: None,
            test_switches: false,
            redactor: Redactor::default(),
        };
        Self { script, source, store, master, extra, deployment, cancel: CancellationToken::new() }
    }

    /// Adds a store under a name, and asks it after those that each node has.
    pub(crate) fn add_store(&mut self, name: &str, store: MemoryStore) {
        self.deployment.stores.insert(name.to_owned(), Arc::new(store));
        self.deployment.nodes.iter_mut().for_each(|node| node.stores.push(name.to_owned()));
    }

    pub(crate) fn runner(&self) -> Runner {
        Runner::new(Policy::default(), self.cancel.clone(), Arc::new(Silent))
    }

    pub(crate) async fn plan(&self) -> Planned {
        self.deployment.plan(&self.runner()).await.expect("there is nothing to object to")
    }

    pub(crate) async fn refused(&self) -> Error {
        self.deployment.plan(&self.runner()).await.expect_err("there is something to object to")
    }

    pub(crate) async fn apply(&self, planned: &Planned) -> Applied {
        self.deployment.apply(planned, &Unattended, &self.runner()).await
    }

    /// Plans and applies.
    pub(crate) async fn deploy(&self) -> Applied {
        self.apply(&self.plan().await).await
    }

    /// The calls that wrote or tried to.
    pub(crate) fn executed(&self) -> Vec<String> {
        self.script.calls().into_iter().filter(|call| call.contains(" execute ")).collect()
    }

    /// Fails unless the nodes hold what the configuration says.
    pub(crate) async fn assert_converged(&self) {
        let planned = self.plan().await;
        assert!(planned.plan.is_empty(), "{:?}", planned.plan);
    }
}

fn node(name: &str, target: &MemoryTarget) -> DeployNode {
    DeployNode {
        name: NodeName::new(name),
        target: Some(Arc::new(target.clone())),
        templates: None,
        proxy: false,
        stores: vec!["main".to_owned()],
        upload_variables: true,
        upload_secrets: true,
        system_secrets: SystemSecrets::None,
        protected: Protection::default(),
        allowed_secrets: None,
    }
}

/// A system of a node that names variables and secrets in a text.
pub(crate) fn system(id: &str, node: &str, text: &str) -> String {
    format!(r#"{{"_id": {id:?}, "type": "system:url", "metadata": {{"node": {node:?}}}, "text": {text:?}}}"#)
}

/// An entity as a node holds it.
pub(crate) fn running(text: &str) -> Entity {
    let source = SourceText::new("elsewhere", text);
    let root = source.parse().expect("it is JSON").root;
    Entity::new(root, Origin::Observed(source)).expect("it has an _id")
}

/// The ids that a node holds, sorted.
pub(crate) fn ids(target: &MemoryTarget) -> Vec<String> {
    let mut ids: Vec<String> = target.held().entities.iter().map(|entity| entity.id().to_string()).collect();
    ids.sort();
    ids
}

/// A pipe of a node that names variables and secrets in a text.
pub(crate) fn pipe(id: &str, node: &str, text: &str) -> String {
    format!(
        r#"{{"_id": {id:?}, "type": "pipe", "metadata": {{"node": {node:?}}}, "source": {{"type": "embedded", "entities": []}}, "text": {text:?}}}"#
    )
}

pub(crate) fn unavailable() -> Error {
    Error::new(Kind::Unavailable, "it is down").with_retry(Retry::Soon)
}

pub(crate) fn fail(kind: Kind) -> Mishap {
    Mishap::Fail(Error::new(kind, format!("programmed {}", kind.code())))
}

/// How each step of a node ended, as `set variables: done`.
pub(crate) fn outcomes(receipt: &Receipt, node: &str) -> Vec<String> {
    let node =
        receipt.nodes.iter().find(|receipt| receipt.node.as_str() == node).expect("it is on the receipt");
    let steps = node.steps.iter().map(|step| format!("{}: {}", step.name, word(&step.outcome)));
    steps.collect()
}

fn word(outcome: &StepOutcome) -> &'static str {
    match outcome {
        StepOutcome::Done(_) => "done",
        StepOutcome::PutBack(_) => "put back",
        StepOutcome::NotPutBack(_) => "not put back",
        StepOutcome::Failed(_) => "failed",
        StepOutcome::Unknown(_) => "unknown",
        StepOutcome::NotDone => "not done",
    }
}

/// Fails unless the receipt says of each step what a node holds now.
pub(crate) fn assert_true(receipt: &Receipt, node: &str, before: &Held, now: &Held) {
    let node =
        receipt.nodes.iter().find(|receipt| receipt.node.as_str() == node).expect("it is on the receipt");
    for step in &node.steps {
        let written = match step.name.as_str() {
            "send secrets" => before.secrets != now.secrets,
            "set variables" => !before.variables.same_values(&now.variables),
            _ => before.entities.len() != now.entities.len(),
        };
        let said = match &step.outcome {
            StepOutcome::Done(_) | StepOutcome::NotPutBack(_) => Some(true),
            StepOutcome::PutBack(_) | StepOutcome::Failed(_) | StepOutcome::NotDone => Some(false),
            StepOutcome::Unknown(_) => None,
        };
        assert!(said.is_none_or(|said| said == written), "{} {}: {:?}", node.node, step.name, step.outcome);
    }
}
