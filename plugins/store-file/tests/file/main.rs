//! The stores against the contract of all stores, and what is theirs alone.

mod encrypted;
mod environment;
mod plain;
mod rig;
mod sops;

use std::sync::Arc;

use deployer_core::document::SourceText;
use deployer_core::plugin::{Build, Context, Plugin, Section};
use deployer_core::traits::SecretStore;

/// A store of these settings.
fn built(plugin: &Plugin, context: &Context, settings: &str) -> Arc<dyn SecretStore> {
    let source = SourceText::new("deployer.toml", settings);
    let section = Section::parse("stores.main", &source).expect("TOML");
    let Build::Store(build) = plugin.build else { panic!("it is a store") };
    build(section, context).unwrap_or_else(|error| panic!("{error:?}"))
}
