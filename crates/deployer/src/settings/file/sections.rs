//! The whole settings file, and its sections that have no file of their own.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use deployer_core::plugin::RequestLimits;
use deployer_engine::run::{Order, Safety, Verify};
use deployer_engine::stages::{Guard, Removals};
use deployer_state::Terms;
use serde::de::{Deserialize, Deserializer, Error, Unexpected};
use serde_json::Value;
use tracing::level_filters::LevelFilter;

use super::configuration::ConfigurationSection;
use super::nodes::NodeSection;
use super::secrets::SecretsSection;
use super::values::{LogLevel, OfPlugins, StateValue, TextValue, log_levels};
#[cfg(feature = "watch")]
use super::watch::WatchSection;
use crate::cli::LogFormat;
use crate::settings::declare::section;

section! {
    /// Where sesam-deployer reads a configuration and secrets from, which nodes it writes, and whom it notifies.
    #[schemars(extend("required" = ["nodes"]))]
    pub(crate) struct SettingsFile {
        /// The environment, if neither `--environment` nor the variable `ENVIRONMENT` names one.
        environment: Option<String> = None,
        /// The pipeline run or release that messages and commits link to; by default found in the variables of Azure Pipelines, GitHub
        /// Actions and GitLab.
        link: Option<TextValue> = None,
        /// How much is logged.
        #[schemars(schema_with = "log_levels")]
        log_level: LogLevel = LogLevel(LevelFilter::WARN),
        /// The folder that keeps snapshots of the nodes, or a table with a `kind` for a place that machines share. A relative path
        /// starts at the folder of the settings file.
        state: Option<StateValue> = None,
        /// How the log is written, as for `--log-format`; by default that of the detected pipeline, or `text`.
        log_format: Option<LogFormat> = None,
        /// Where the configuration is read from; by default the folder of the settings file.
        #[schemars(with = "Value", extend("$ref" = "#/definitions/source"))]
        source: OfPlugins = OfPlugins,
        /// How the configuration is laid out.
        configuration: ConfigurationSection = ConfigurationSection::default(),
        /// Where secrets are read from, by names of your own.
        #[schemars(with = "BTreeMap<String, Value>", extend("additionalProperties" = { "$ref": "#/definitions/store" }))]
        stores: OfPlugins = OfPlugins,
        /// Which store is read for which secret, if that does not depend on the node.
        secrets: SecretsSection = SecretsSection::default(),
        /// The nodes, by the names that `metadata.node` gives them; `master` is required.
        #[schemars(extend("properties" = { "master": { "$ref": "#/definitions/NodeSection" } }, "required" = ["master"]))]
        nodes: BTreeMap<String, NodeSection> = BTreeMap::new(),
        /// What is verified before anything is written.
        verify: Verify = Verify::default(),
        /// What needs approval, and in which order nodes are written.
        safety: SafetySection = SafetySection::default(),
        /// Limits of a run.
        limits: LimitsSection = LimitsSection::default(),
        /// A process that keeps the nodes as the configuration says.
        watch: WatchSection = WatchSection::default(); cfg(feature = "watch"),
        /// Who is notified of the result of a run.
        #[schemars(with = "Vec<Value>", extend("items" = { "$ref": "#/definitions/notify" }))]
        notify: OfPlugins = OfPlugins,
        /// What differs per environment, by its name: any of the other sections, merged over those of the file. `unset` lists keys to
        /// remove, such as `stores.main.http.ca_file`.
        #[schemars(with = "Value", extend("type" = "object"))]
        environments: OfPlugins = OfPlugins,
    }
}

section! {
    /// What needs approval, and in which order nodes are written.
    pub(crate) struct SafetySection {
        /// Whether a plan that removes much needs approval.
        deletion_guard: bool = true,
        /// How many entities of a node can be removed without approval; by default ten, and a tenth of the node.
        max_deletions: Option<usize> = None,
        /// Which nodes are written first.
        order: Order = Order::ExtraFirst,
        /// Seconds that a run waits for a node to deploy its pipes; 0 does not wait.
        wait_seconds: u64 = 600,
        /// Whether commands can supply credentials.
        commands: bool = true,
    }
}

section! {
    /// Limits of a run.
    pub(crate) struct LimitsSection {
        /// How many requests are in flight at once, except those to stores.
        requests: NonZeroUsize = at_least_one(RequestLimits::RUN),
        /// How many requests to stores are in flight at once.
        store_requests: NonZeroUsize = at_least_one(RequestLimits::STORES),
        /// The largest answer that is read from any server, in megabytes after decompression.
        answer_megabytes: NonZeroUsize = at_least_one(RequestLimits::ANSWER_BYTES / MEGABYTE),
        /// Seconds that the failed attempts of a read can take together before it is not repeated.
        silence_seconds: u64 = 120,
        /// Seconds, from 4 to 3600, after which a lease expires if its run does not renew it. After half as many more, another run takes
        /// over.
        #[serde(deserialize_with = "lease_seconds")]
        #[schemars(range(min = 4, max = 3600))]
        lease_seconds: u64 = 60,
        /// A key that only tests have: this declaration and its use are all that it takes.
        added_in_tests: u64 = 7; cfg(test),
    }
}

impl SafetySection {
    /// What the section says.
    pub(super) fn read(&self) -> Safety {
        let guard = match (self.deletion_guard, self.max_deletions) {
            (false, _) => Guard::OFF,
            (true, None) => Guard::FULL,
            (true, Some(most)) => Guard { removals: Removals::AtMost(most), ..Guard::FULL },
        };
        Safety { guard, order: self.order, wait: Duration::from_secs(self.wait_seconds) }
    }
}

const MEGABYTE: usize = 1024 * 1024;

fn at_least_one(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN)
}

impl LimitsSection {
    /// The largest answer that is read, in bytes.
    pub(crate) fn answer_bytes(&self) -> usize {
        self.answer_megabytes.get().saturating_mul(MEGABYTE)
    }

    /// The times of a lease.
    pub(crate) fn lease(&self) -> Terms {
        Terms::lasting(Duration::from_secs(self.lease_seconds))
    }
}

/// In less than four seconds, a slow answer of the place ends a lease. After more than an hour, nobody waits for its end.
fn lease_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let seconds = u64::deserialize(deserializer)?;
    let is_allowed = (4..=3600).contains(&seconds);
    let refused = || D::Error::invalid_value(Unexpected::Unsigned(seconds), &"a number from 4 to 3600");
    is_allowed.then_some(seconds).ok_or_else(refused)
}
