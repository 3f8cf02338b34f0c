//! `[watch]`

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;
use std::time::Duration;

use deployer_core::plugin::Credential;
use deployer_watch::{OnDrift, Rules, Sender};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::settings::declare::section;

section! {
    /// A process that keeps the nodes as the configuration says.
    pub(crate) struct WatchSection {
        /// Seconds between two looks at the source.
        interval: NonZeroU64 = seconds(60),
        /// What is done when a node no longer has what was deployed.
        drift: OnDrift = OnDrift::Report,
        /// Seconds between two comparisons of the nodes.
        drift_interval: NonZeroU64 = seconds(600),
        /// How often a revision is tried before the process waits for another one, or for a trigger.
        tries: NonZeroU32 = NonZeroU32::MIN.saturating_add(4),
        /// The address of the pages and hooks.
        listen: String = "127.0.0.1:8099".to_owned(),
        /// The token for triggers and approvals. If it is set, the pages ask for it too.
        token: Option<Credential> = None,
        /// Senders of hooks, by the name in the address `/hooks/<name>`.
        hooks: BTreeMap<String, HookSection> = BTreeMap::new(),
        /// How many deployments of a fleet are compared or deployed at the same time.
        at_once: NonZeroU32 = NonZeroU32::MIN.saturating_add(7),
        /// The deployments of a fleet, by names of your own. Each has its own settings file; this file then has no nodes.
        deployments: BTreeMap<String, DeploymentSection> = BTreeMap::new(),
    }
}

/// A sender of hooks.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HookSection {
    /// Whose hooks they are.
    pub(crate) kind: Sender,
    /// The secret that the sender proves to know.
    pub(crate) secret: Credential,
}

/// A deployment of a fleet.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeploymentSection {
    /// Its settings file. A relative path starts at the folder of the fleet file.
    pub(crate) settings: PathBuf,
    /// The environment [default: that of its settings file].
    pub(crate) environment: Option<String>,
    /// A folder that is read in place of the source of its settings file, as with `--source`.
    pub(crate) source: Option<PathBuf>,
}

fn seconds(number: u64) -> NonZeroU64 {
    NonZeroU64::new(number).unwrap_or(NonZeroU64::MIN)
}

impl WatchSection {
    /// When the source and the nodes are looked at.
    pub(crate) fn rules(&self) -> Rules {
        Rules {
            interval: Duration::from_secs(self.interval.get()),
            drift: self.drift,
            drift_interval: Duration::from_secs(self.drift_interval.get()),
            tries: self.tries.get(),
        }
    }
}
