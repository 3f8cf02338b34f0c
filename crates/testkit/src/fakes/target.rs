//! A node in memory.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::error::Note;
use deployer_core::model::{Fingerprint, NodePlan, Observed, SecretName, SystemSecretNames};
use deployer_core::traits::{NodeTarget, Secrets, Settling, Step, TargetCapabilities};
use deployer_core::{Error, Kind, Result};

use super::Script;
use super::node::{Held, Node};
use super::steps::{Part, Write};

/// A target that holds a node in memory. Clones are targets of the same node.
///
/// Calls in the journal: `<name> observe`, `<name> base`, `<name> system secrets`, `<name> settling`, `<name> prepare`, `<name> close`, and of the steps `<name> execute <step>`,
/// `<name> landed <step>`, `<name> undo <step>`, `<name> undone <step>`. The steps are `send secrets`, `set variables`,
/// `upload configuration` and `send secrets of <system>`, in this order.
#[derive(Debug, Clone)]
pub struct MemoryTarget {
    node: Node,
    capabilities: TargetCapabilities,
    swaps: bool,
    looks: usize,
}

impl MemoryTarget {
    /// An empty node that keeps variables and secrets.
    pub fn new(name: &str, script: &Script) -> Self {
        let mut capabilities = TargetCapabilities::default();
        capabilities.variables = true;
        capabilities.secrets = true;
        capabilities.system_secrets = true;
        let node = Node { name: name.to_owned(), script: script.clone(), held: Arc::default() };
        Self { node, capabilities, swaps: false, looks: 0 }
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
        self.capabilities.system_secrets = false;
        self
    }

    /// A target that notices when somebody else writes between observing and writing.
    #[must_use]
    pub fn compares_and_swaps(mut self) -> Self {
        self.swaps = true;
        self.capabilities.conditional_write = true;
        self
    }

    /// A target whose pipes are deploying for so many looks after a configuration was uploaded.
    #[must_use]
    pub fn settles_after(mut self, looks: usize) -> Self {
        self.capabilities.settles = true;
        self.looks = looks;
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
        let base = Fingerprint::new(format!("{} writes, {} by others", held.writes, held.intrusions));
        let mut observed = Observed::new(base, held.entities.clone());
        observed.variables = self.capabilities.variables.then(|| held.variables.clone());
        observed.secrets = self.capabilities.secrets.then(names);
        observed.elsewhere = held.elsewhere.clone();
        observed
    }

    fn steps(&self, plan: &NodePlan, secrets: &Secrets) -> Result<Vec<Box<dyn Step>>> {
        let held = self.held();
        if self.swaps && self.look().base != plan.base {
            return Err(Error::new(Kind::Conflict, format!("{} was changed", self.location())));
        }
        let mut parts = Vec::new();
        let values = |names: &BTreeSet<SecretName>| {
            let values = names.iter().map(|name| {
                let value = secrets.get(name).cloned();
                let value = value.ok_or_else(|| Error::new(Kind::Bug, format!("no value for {name}")))?;
                Ok((name.clone(), value))
            });
            values.collect::<Result<Secrets>>()
        };
        let names = plan.secrets_to_send();
        if !names.is_empty() {
            parts.push(Part::Secrets(values(&names)?));
        }
        if let Some(variables) = plan.desired.variables.as_ref().filter(|_| !plan.variables.is_empty()) {
            parts.push(Part::Variables(variables.clone()));
        }
        if !plan.entities.is_empty() {
            parts.push(Part::Configuration { entities: plan.desired.entities.clone(), looks: self.looks });
        }
        for (system, names) in &plan.desired.system_secrets {
            parts.push(Part::SystemSecrets(system.clone(), values(names)?));
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

    async fn system_secrets(&self, systems: &BTreeSet<String>) -> Result<SystemSecretNames> {
        let look = || {
            let held = self.node.lock();
            let asked = held.system_secrets.iter().filter(|(system, _)| systems.contains(*system));
            Ok(asked.map(|(system, secrets)| (system.clone(), secrets.keys().cloned().collect())).collect())
        };
        self.node.script.perform(format!("{} system secrets", self.node.name), look).await
    }

    async fn settling(&self, plan: &NodePlan) -> Result<Settling> {
        let look = || {
            let mut held = self.node.lock();
            let ids = plan.desired.entities.iter().map(|entity| entity.id().to_string());
            let deploying = if held.looks_left == 0 { Vec::new() } else { ids.collect() };
            held.looks_left = held.looks_left.saturating_sub(1);
            let invalid = held.invalid.iter().map(|id| Note::warning(format!("{id} is not valid"))).collect();
            let failed = held.failed.iter().map(|id| Note::warning(format!("{id} failed"))).collect();
            Ok(Settling::new(deploying, invalid).with_failed(failed))
        };
        self.node.script.perform(format!("{} settling", self.node.name), look).await
    }

    async fn base(&self) -> Result<Fingerprint> {
        self.node.script.perform(format!("{} base", self.node.name), || Ok(self.look().base)).await
    }

    async fn prepare(&self, plan: &NodePlan, secrets: &Secrets) -> Result<Vec<Box<dyn Step>>> {
        self.node.script.perform(format!("{} prepare", self.node.name), || self.steps(plan, secrets)).await
    }

    async fn close(&self) -> Result<()> {
        self.node.script.perform(format!("{} close", self.node.name), || Ok(())).await
    }
}
