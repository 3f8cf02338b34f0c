//! A node in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use deployer_core::model::{Entity, Fingerprint, NodePlan, Observed, SecretName, Variables};
use deployer_core::traits::{NodeTarget, Secrets, Step, TargetCapabilities};
use deployer_core::{Error, Kind, Result};

use super::Script;
use super::steps::{Part, Write};

/// What a node holds.
#[derive(Debug, Clone, Default)]
pub struct Held {
    /// The entities of the configuration.
    pub entities: Vec<Entity>,
    /// The variables.
    pub variables: Variables,
    /// The global secrets.
    pub secrets: Secrets,
    /// How often somebody wrote.
    pub writes: usize,
    /// How often somebody wrote who is not the deployer.
    pub intrusions: usize,
}

/// The node behind the target. Clones share what it holds.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) script: Script,
    held: Arc<Mutex<Held>>,
}

impl Node {
    pub(super) fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A target that holds a node in memory. Clones are targets of the same node.
///
/// Calls in the journal: `<name> observe`, `<name> prepare`, `<name> close`, and of the steps `<name> execute <step>`,
/// `<name> landed <step>`, `<name> undo <step>`. The steps are `send secrets`, `set variables` and
/// `upload configuration`, in this order.
#[derive(Debug, Clone)]
pub struct MemoryTarget {
    node: Node,
    capabilities: TargetCapabilities,
    swaps: bool,
}

impl MemoryTarget {
    /// An empty node that keeps variables and secrets.
    pub fn new(name: &str, script: &Script) -> Self {
        let mut capabilities = TargetCapabilities::default();
        capabilities.variables = true;
        capabilities.secrets = true;
        let node = Node { name: name.to_owned(), script: script.clone(), held: Arc::default() };
        Self { node, capabilities, swaps: false }
    }

    /// A target that may refuse a configuration, and so is written first.
    #[must_use]
    pub fn can_refuse(mut self) -> Self {
        self.capabilities.can_refuse = true;
        self
    }

    /// A target of a config group, which cannot hold metadata.
    #[must_use]
    pub fn config_group(mut self) -> Self {
        self.capabilities.config_group = true;
        self
    }

    /// A target without secrets.
    #[must_use]
    pub fn without_secrets(mut self) -> Self {
        self.capabilities.secrets = false;
        self
    }

    /// A target that notices when somebody else writes between observing and writing.
    #[must_use]
    pub fn compares_and_swaps(mut self) -> Self {
        self.swaps = true;
        self
    }

    /// What the node holds now.
    pub fn held(&self) -> Held {
        self.node.lock().clone()
    }

    /// Somebody else changes the node.
    pub fn intrude(&self, change: impl FnOnce(&mut Held)) {
        let mut held = self.node.lock();
        change(&mut held);
        held.intrusions += 1;
        held.writes += 1;
    }

    fn look(&self) -> Observed {
        let held = self.node.lock();
        let names = || held.secrets.keys().cloned().collect::<BTreeSet<SecretName>>();
        Observed {
            base: Fingerprint::new(format!("{} writes, {} by others", held.writes, held.intrusions)),
            entities: held.entities.clone(),
            variables: self.capabilities.variables.then(|| held.variables.clone()),
            secrets: self.capabilities.secrets.then(names),
            elsewhere: BTreeMap::new(),
            stray: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn steps(&self, plan: &NodePlan, secrets: &Secrets) -> Result<Vec<Box<dyn Step>>> {
        let held = self.held();
        if self.swaps && self.look().base != plan.base {
            return Err(Error::new(Kind::Conflict, format!("{} was changed", self.location())));
        }
        let mut parts = Vec::new();
        if let Some(names) = plan.desired.secrets.as_ref().filter(|names| !names.is_empty()) {
            let values = names.iter().map(|name| {
                let value = secrets.get(name).cloned();
                let value = value.ok_or_else(|| Error::new(Kind::Bug, format!("no value for {name}")))?;
                Ok((name.clone(), value))
            });
            parts.push(Part::Secrets(values.collect::<Result<Secrets>>()?));
        }
        if let Some(variables) = plan.desired.variables.as_ref().filter(|_| !plan.variables.is_empty()) {
            parts.push(Part::Variables(variables.clone()));
        }
        if !plan.entities.is_empty() {
            parts.push(Part::Configuration(plan.desired.entities.clone()));
        }
        let step = |part| {
            let expected = self.swaps.then_some(held.intrusions);
            Box::new(Write { node: self.node.clone(), part, before: held.clone(), expected }) as Box<dyn Step>
        };
        Ok(parts.into_iter().map(step).collect())
    }
}

#[async_trait]
impl NodeTarget for MemoryTarget {
    fn location(&self) -> String {
        format!("memory {}", self.node.name)
    }

    fn capabilities(&self) -> TargetCapabilities {
        self.capabilities
    }

    async fn observe(&self) -> Result<Observed> {
        self.node.script.perform(format!("{} observe", self.node.name), || Ok(self.look())).await
    }

    async fn prepare(&self, plan: &NodePlan, secrets: &Secrets) -> Result<Vec<Box<dyn Step>>> {
        self.node.script.perform(format!("{} prepare", self.node.name), || self.steps(plan, secrets)).await
    }

    async fn close(&self) -> Result<()> {
        self.node.script.perform(format!("{} close", self.node.name), || Ok(())).await
    }
}
