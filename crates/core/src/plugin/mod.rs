//! What a plugin crate exports: one [`Plugin`] constant per kind, plain data that can be listed and tested without building
//! anything, and the [`Section`] and [`Context`] that it is built from.

mod blocking;
mod commands;
mod context;
mod credential;
mod explain;
mod limits;
mod origin;
mod private_file;
mod reference;
mod secret_files;
mod section;
mod settings;
mod shared;
pub mod time_limit;
mod variables;
mod write_access;

use std::fmt;
use std::sync::Arc;

pub use blocking::{blocking, blocking_shares};
pub use commands::{Commands, RunCommand};
pub use context::Context;
pub use credential::Credential;
pub use explain::rejected;
pub use limits::{RequestLimits, RequestPermit};
pub use origin::PluginOrigin;
pub use secret_files::SecretFiles;
pub use section::{Section, syntax_error, type_name};
pub use settings::SettingsType;
pub use shared::Shared;
pub use variables::ProcessVariables;
pub use write_access::{WriteAccess, WriteCheck};

use crate::error::Result;
use crate::traits::{ConfigSource, LeasePlace, NodeTarget, Notifier, SecretStore, StatePlace};

/// A plugin as the program's table lists it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Plugin {
    /// The word in the settings: `kind = "vault"`. Unique within its family.
    pub kind: &'static str,
    /// The crate that it comes from: [`origin!`](crate::origin).
    pub origin: PluginOrigin,
    /// One line about it.
    pub about: &'static str,
    /// How far it can be relied on.
    pub stage: Stage,
    /// The type of its settings: what can be set, and how it is checked without building anything.
    pub settings: SettingsType,
    /// An example of its settings as TOML, without `kind`. Documents, `init` and tests use this very text.
    pub example: &'static str,
    /// How it is built, which also tells its family.
    pub build: Build,
}

/// How far a plugin can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Its settings stay as they are within a major version.
    Stable,
    /// Its settings may change.
    Beta,
}

/// Builds a plugin from its settings. Building opens no connection and reads no file but certificates and credentials.
#[derive(Clone, Copy)]
pub enum Build {
    /// A place to read a configuration from.
    Source(fn(Section<'_>, &Context) -> Result<Arc<dyn ConfigSource>>),
    /// A place to read secrets from.
    Store(fn(Section<'_>, &Context) -> Result<Arc<dyn SecretStore>>),
    /// A place to write a node to.
    Target(fn(Section<'_>, &Context) -> Result<Arc<dyn NodeTarget>>),
    /// A channel to tell people.
    Notifier(fn(Section<'_>, &Context) -> Result<Arc<dyn Notifier>>),
    /// A place for state that machines share.
    State(fn(Section<'_>, &Context) -> Result<Arc<dyn StatePlace>>),
    /// A place for leases that machines share. All other state is in a folder.
    Leases(fn(Section<'_>, &Context) -> Result<Arc<dyn LeasePlace>>),
}

/// The families of plugins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// `source-…`
    Source,
    /// `store-…`
    Store,
    /// `target-…`
    Target,
    /// `notify-…`
    Notify,
    /// `state-…`
    State,
}

impl Family {
    /// The word before the dash in a feature's name.
    pub fn prefix(self) -> &'static str {
        match self {
            Family::Source => "source",
            Family::Store => "store",
            Family::Target => "target",
            Family::Notify => "notify",
            Family::State => "state",
        }
    }
}

impl Plugin {
    /// A plugin whose settings may change. [`origin!`](crate::origin) gives its origin.
    pub const fn new(kind: &'static str, origin: PluginOrigin, settings: SettingsType, build: Build) -> Self {
        Self { kind, origin, about: "", stage: Stage::Beta, settings, example: "", build }
    }

    /// The same with one line about it.
    #[must_use]
    pub const fn with_about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    /// The same with an example of its settings as TOML, without `kind`.
    #[must_use]
    pub const fn with_example(self, example: &'static str) -> Self {
        Self { example, ..self }
    }

    /// The same with settings that stay as they are within a major version.
    #[must_use]
    pub const fn stable(self) -> Self {
        Self { stage: Stage::Stable, ..self }
    }

    /// The family it belongs to.
    pub fn family(&self) -> Family {
        match self.build {
            Build::Source(_) => Family::Source,
            Build::Store(_) => Family::Store,
            Build::Target(_) => Family::Target,
            Build::Notifier(_) => Family::Notify,
            Build::State(_) | Build::Leases(_) => Family::State,
        }
    }
}

impl fmt::Debug for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Build::Source(_) => "Source",
            Build::Store(_) => "Store",
            Build::Target(_) => "Target",
            Build::Notifier(_) => "Notifier",
            Build::State(_) => "State",
            Build::Leases(_) => "Leases",
        })
    }
}
