//! The node as a target of deployments.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use deployer_core::model::{
    EntityKind, Fingerprint, NodePlan, Observed, SecretName, SecretState, SystemSecretNames,
};
use deployer_core::plugin::Context;
use deployer_core::traits::{NodeData, NodeTarget, Secrets, Settling, Step, TargetCapabilities};
use deployer_core::{Error, Kind, Result};

use crate::observe::{Seen, base, observe, system_secrets, written};
use crate::settings::{Access, Force, Settings};
use crate::settling::settling;
use crate::steps::{SendSecrets, SetVariables, UploadConfiguration};
use crate::wire::Wire;

/// A Sesam node, or one config group of it.
#[derive(Debug)]
pub(crate) struct Node {
    wire: Arc<Wire>,
    force: Force,
    /// The last observation, to put back what a step replaced.
    seen: Mutex<Option<Arc<Seen>>>,
}

impl Node {
    /// Takes the settings; opens no connection.
    pub(crate) fn new(settings: &Settings, access: &Access, context: &Context) -> Result<Self> {
        let force = if context.force { Force::AfterRefusal } else { settings.force };
        Ok(Self { wire: Arc::new(Wire::new(settings, access, context)?), force, seen: Mutex::default() })
    }

    /// The node's content when the plan was made: remembered, or observed again when another program made the plan.
    async fn planned_from(&self, base: &Fingerprint) -> Result<Arc<Seen>> {
        if let Some(seen) = self.remembered().filter(|seen| seen.observed.base == *base) {
            return Ok(seen);
        }
        let seen = self.look().await?;
        if seen.observed.base == *base {
            return Ok(seen);
        }
        Err(Error::new(Kind::Conflict, format!("{} was changed after the plan was made", self.location()))
            .with_hint("plan again"))
    }

    fn remembered(&self) -> Option<Arc<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn look(&self) -> Result<Arc<Seen>> {
        let seen = Arc::new(observe(&self.wire).await?);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&seen));
        Ok(seen)
    }
}

#[async_trait]
impl NodeTarget for Node {
    fn location(&self) -> String {
        self.wire.location()
    }

    fn capabilities(&self) -> TargetCapabilities {
        let mut capabilities = TargetCapabilities::default();
        capabilities.config_group = self.wire.group().is_some();
        capabilities.variables = true;
        capabilities.secrets = true;
        capabilities.system_secrets = true;
        capabilities.settles = true;
        capabilities.can_refuse = true;
        capabilities
    }

    async fn observe(&self) -> Result<Observed> {
        Ok(self.look().await?.observed.clone())
    }

    async fn observe_written(&self, plan: &NodePlan) -> Result<Observed> {
        match self.remembered().filter(|seen| seen.observed.base == plan.base) {
            Some(seen) => written(&self.wire, plan, &seen.observed).await,
            None => self.observe().await,
        }
    }

    async fn system_secrets(&self, systems: &BTreeSet<String>) -> Result<SystemSecretNames> {
        system_secrets(&self.wire, systems).await
    }

    async fn settling(&self, plan: &NodePlan) -> Result<Settling> {
        settling(&self.wire, plan).await
    }

    async fn base(&self) -> Result<Fingerprint> {
        base(&self.wire, self.remembered().as_deref()).await
    }

    fn data(&self) -> Option<&dyn NodeData> {
        // A config group is a part of a node, and a run is of all of it.
        self.wire.group().is_none().then_some(&*self.wire as &dyn NodeData)
    }

    async fn prepare(&self, plan: &NodePlan, secrets: &Secrets) -> Result<Vec<Box<dyn Step>>> {
        let seen = self.planned_from(&plan.base).await?;
        let observed = &seen.observed;
        let mut steps: Vec<Box<dyn Step>> = Vec::new();
        let names = plan.secrets_to_send();
        if !names.is_empty() {
            let new = observed.secrets.as_ref().map(|there| names.difference(there).cloned().collect());
            steps.push(Box::new(SendSecrets::new(&self.wire, None, &names, new, secrets)?));
        }
        if let Some(variables) = plan.desired.variables.as_ref().filter(|_| !plan.variables.is_empty()) {
            steps.push(Box::new(SetVariables::new(&self.wire, observed, variables, &plan.variables)));
        }
        if !plan.entities.is_empty() {
            let grouped = self.wire.group().is_some();
            let entities = plan.desired.entities.iter();
            // Metadata belongs to the node as a whole, so that a config group cannot hold it.
            let entities = entities
                .filter(|entity| !(grouped && entity.kind() == EntityKind::Metadata))
                .cloned()
                .collect();
            let (before, lost) = (&observed.entities, &plan.lost_secrets);
            steps.push(Box::new(UploadConfiguration::new(&self.wire, before, entities, lost, self.force)));
        }
        for (system, names) in &plan.desired.system_secrets {
            let new =
                plan.system_secrets.iter().filter(|it| it.system == *system && it.state == SecretState::New);
            let new: Vec<SecretName> = new.map(|it| it.name.clone()).collect();
            let step = SendSecrets::new(&self.wire, Some(system), names, Some(new), secrets)?;
            steps.push(Box::new(step));
        }
        Ok(steps)
    }
}
