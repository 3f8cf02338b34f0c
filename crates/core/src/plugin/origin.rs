//! Where a plugin comes from.

use std::fmt;

/// The crate that exports a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct PluginOrigin {
    /// The name of the crate: `deployer-store-vault`.
    #[serde(rename = "crate")]
    pub package: &'static str,
    /// Its version: `1.2.0`.
    pub version: &'static str,
}

impl PluginOrigin {
    /// A crate by its name and version. [`origin!`](crate::origin) fills in those of the crate that calls it.
    pub const fn new(package: &'static str, version: &'static str) -> Self {
        Self { package, version }
    }
}

impl fmt::Display for PluginOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.package, self.version)
    }
}

/// The [`PluginOrigin`](crate::plugin::PluginOrigin) of what is written where this stands: the crate's name and version, as cargo tells them.
#[macro_export]
macro_rules! origin {
    () => {
        $crate::plugin::PluginOrigin::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
    };
}
