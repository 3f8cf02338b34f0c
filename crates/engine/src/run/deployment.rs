//! What a run is made of.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{join, join_all};

use super::call::Runner;
use crate::connect::LinkRule;
use crate::fingerprint::Remembered;
use crate::stages::{Guard, Protection, Routes, Strictness, SystemSecrets, Whitelist};
use deployer_core::error::{Note, Result};
use deployer_core::model::NodeName;
use deployer_core::secret::Redactor;
use deployer_core::traits::{ConfigSource, NodeTarget, SecretStore};

/// All that a run needs, built from the settings.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The name of the environment, such as `prod`.
    pub environment: String,
    /// Where the configuration is read from.
    pub source: Arc<dyn ConfigSource>,
    /// How the configuration is laid out.
    pub configuration: Configuration,
    /// Stores by name.
    pub stores: BTreeMap<String, Arc<dyn SecretStore>>,
    /// Which store is asked for which secret, where that is not up to the node.
    pub routes: Routes,
    /// The nodes, the master first.
    pub nodes: Vec<DeployNode>,
    /// What is verified.
    pub verify: Verify,
    /// How carefully it is written.
    pub safety: Safety,
    /// What is known of the secrets that earlier runs sent; none where nobody keeps fingerprints.
    pub remembered: Option<Remembered>,
    /// Whether the node metadata gets the switches of a test: no pipe runs by itself.
    pub test_switches: bool,
    /// Knows every secret of the run.
    pub redactor: Redactor,
}

impl Deployment {
    /// Revokes tokens and temporary keys, all at once and within the time that the policy allows, also after a failure or an
    /// interruption. A failure to revoke one becomes a warning.
    pub async fn close(&self, runner: &Runner) -> Vec<Note> {
        let limit = runner.policy.close;
        let stores = self.stores.values().map(|store| closed(limit, store.location(), store.close()));
        let targets = self.nodes.iter().filter_map(|node| node.target.as_ref());
        let targets = targets.map(|target| closed(limit, target.location(), target.close()));
        let (stores, targets) = join(join_all(stores), join_all(targets)).await;
        stores.into_iter().chain(targets).flatten().collect()
    }

    /// Closes the stores as [`Self::close`] does, while the rest of the deployment goes on without them. Applying a plan needs no store:
    /// a node that is planned again after a lost race gets the values that the plan has in memory.
    pub fn close_stores(&mut self, runner: &Runner) -> impl Future<Output = Vec<Note>> + use<> {
        let (stores, limit) = (std::mem::take(&mut self.stores), runner.policy.close);
        async move {
            let stores = stores.values().map(|store| closed(limit, store.location(), store.close()));
            join_all(stores).await.into_iter().flatten().collect()
        }
    }
}

/// Waits for a store or a target that is being closed. Returns a warning when that fails.
async fn closed(
    limit: Duration,
    location: String,
    closing: impl Future<Output = Result<()>>,
) -> Option<Note> {
    match tokio::time::timeout(limit, closing).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(Note::warning(format!("{location}: {error}"))),
        Err(_) => Some(Note::warning(format!("{location}: timed out revoking temporary credentials"))),
    }
}

/// How a configuration is laid out, and how it is read.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// The node folder, relative to the root of the source; empty for the root itself.
    pub folder: String,
    /// Which files are deployed.
    pub whitelist: Whitelist,
    /// The variables files to verify against, relative to the node folder, merged in order.
    pub variables: Vec<String>,
    /// The variables file that is uploaded, relative to the node folder; none for those of `variables`, merged.
    pub upload_variables: Option<String>,
    /// Which references connect nodes.
    pub links: LinkRule,
    /// Whether entities are split by their owner; otherwise all go to the master.
    pub split: bool,
    /// Whether a duplicate key is a failure.
    pub strictness: Strictness,
    /// Whose layout the node folder has.
    pub layout: FolderLayout,
    /// The connectors among the folders.
    pub connectors: Connectors,
}

/// Whose layout the folder has: it decides the defaults of the other keys.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum FolderLayout {
    /// The original deployer's: `node/` with `deployment/whitelist-<environment>.txt` and `variables/variables-<environment>.json`.
    // A whitelist names files that must exist.
    #[default]
    Deployer,
    /// That of Sesam's command-line tool: `pipes/`, `systems/` and `<profile>-env.json` at the root, or a connector if there is a
    /// `manifest.json`.
    // Plain files have the marks of `.jinja_vars`. A whitelist is a filter.
    SesamPy,
    /// A connector of Sesam's command-line tool: `manifest.json` and templates at the root.
    // A folder without a manifest is an error.
    Connector,
}

/// The connectors among the folders, and how they are expanded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Connectors {
    /// The folders of connectors beside the node folder, relative to the root of the source. The system of each has the folder's name up to the
    /// first dash.
    pub folders: Vec<String>,
    /// The system name of the connector that the node folder is. `None` for the default of Sesam's command-line tool.
    pub system: Option<String>,
    /// Whether a shim is made for each datatype. `None` for shims in the connector that the node folder is, and none in the others.
    pub shims: Option<bool>,
}

/// A node of a deployment.
#[derive(Debug, Clone)]
pub struct DeployNode {
    /// Its name.
    pub name: NodeName,
    /// Where it is written to; none when it is only verified.
    pub target: Option<Arc<dyn NodeTarget>>,
    /// An extra node's template folder, relative to the root of the source.
    pub templates: Option<String>,
    /// Whether it is a proxy node.
    pub proxy: bool,
    /// The names of the stores that are asked for its secrets, in order.
    pub stores: Vec<String>,
    /// Whether its variables are written.
    pub upload_variables: bool,
    /// Whether its secrets are sent, where its target keeps secrets.
    pub upload_secrets: bool,
    /// Which secrets are sent to single systems, where its target keeps secrets of these.
    pub system_secrets: SystemSecrets,
    /// Which entities stay as they run.
    pub protected: Protection,
    /// The names of the secrets that its entities can use; `None` for all.
    pub allowed_secrets: Option<Protection>,
}

/// How carefully a run writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Safety {
    /// Which plans a person has to agree to.
    pub guard: Guard,
    /// In which order the nodes are written.
    pub order: Order,
    /// How long the run waits for each node until no pipe is deploying; zero where it does not wait.
    pub wait: Duration,
}

/// In which order nodes are written. Whatever it is, targets that can refuse a configuration come before those that cannot.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// All extra nodes, then the master.
    #[default]
    ExtraFirst,
    /// The master, then all extra nodes.
    MasterFirst,
    /// All nodes at once.
    Together,
}

impl Order {
    /// The number of the step in which a node is written; equal ones are written at once.
    pub(super) fn step(self, can_refuse: bool, is_master: bool) -> usize {
        match (self, can_refuse, is_master) {
            (_, false, _) => 2,
            (Self::ExtraFirst, true, true) | (Self::MasterFirst, true, false) => 1,
            (_, true, _) => 0,
        }
    }
}

/// What is verified before anything is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Verify {
    /// Whether a variable that no file defines ends the run.
    pub variables: bool,
    /// Whether a secret that no store has ends the run.
    pub secrets: bool,
    /// Whether an entity that a node would refuse or cannot run ends the run; otherwise it causes a warning.
    pub entities: bool,
}

impl Default for Verify {
    fn default() -> Self {
        Self { variables: true, secrets: true, entities: true }
    }
}
