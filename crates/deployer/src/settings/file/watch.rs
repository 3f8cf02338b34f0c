//! `[watch]`

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use deployer_core::plugin::Credential;
use deployer_watch::Rules;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::settings::declare::section;
use crate::settings::parts::{Hook, WatchSettings};

section! {
    /// A process that keeps the nodes as the configuration says.
    pub(super) struct WatchSection {
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
    }
}

/// What is done about drift.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum OnDrift {
    /// The configuration is deployed again.
    Correct,
    /// The drift is shown and reported.
    Report,
    /// Nodes are not compared.
    Ignore,
}

/// A sender of hooks.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HookSection {
    /// Whose hooks they are.
    kind: Sender,
    /// The secret that the sender proves to know.
    secret: Credential,
}

/// Whose hooks they are.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Sender {
    /// GitHub.
    Github,
    /// GitLab.
    Gitlab,
    /// Azure DevOps. The secret is `USER:PASSWORD`.
    Azure,
    /// Bitbucket.
    Bitbucket,
    /// Any other sender, with a bearer token.
    Plain,
}

fn seconds(number: u64) -> NonZeroU64 {
    NonZeroU64::new(number).unwrap_or(NonZeroU64::MIN)
}

impl WatchSection {
    /// What the section says.
    pub(super) fn read(&self) -> WatchSettings {
        let drift = match self.drift {
            OnDrift::Correct => deployer_watch::OnDrift::Correct,
            OnDrift::Report => deployer_watch::OnDrift::Report,
            OnDrift::Ignore => deployer_watch::OnDrift::Ignore,
        };
        let sender = |sender| match sender {
            Sender::Github => deployer_watch::Sender::GitHub,
            Sender::Gitlab => deployer_watch::Sender::GitLab,
            Sender::Azure => deployer_watch::Sender::AzureDevOps,
            Sender::Bitbucket => deployer_watch::Sender::Bitbucket,
            Sender::Plain => deployer_watch::Sender::Plain,
        };
        let hook = |(name, hook): (&String, &HookSection)| {
            (name.clone(), Hook { sender: sender(hook.kind), secret: hook.secret.clone() })
        };
        WatchSettings {
            rules: Rules {
                interval: Duration::from_secs(self.interval.get()),
                drift,
                drift_interval: Duration::from_secs(self.drift_interval.get()),
                tries: self.tries.get(),
            },
            listen: self.listen.clone(),
            token: self.token.clone(),
            hooks: self.hooks.iter().map(hook).collect(),
        }
    }
}
