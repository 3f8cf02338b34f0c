//! The stores against the contract of all stores, and what is theirs alone.

mod encrypted;
mod environment;
mod plain;
mod rig;

use std::sync::Arc;

use deployer_core::document::SourceText;
use deployer_core::model::{NodeName, SecretName};
use deployer_core::plugin::{Build, Context, Plugin, Section};
use deployer_core::traits::{Address, Answer, SecretStore, Wanted};

/// A store of these settings.
fn built(plugin: &Plugin, context: &Context, settings: &str) -> Arc<dyn SecretStore> {
    let source = SourceText::new("deployer.toml", settings);
    let section = Section::parse("stores.main", &source).expect("TOML");
    let Build::Store(build) = plugin.build else { panic!("it is a store") };
    build(section, context).unwrap_or_else(|error| panic!("{error:?}"))
}

fn address(store: &dyn SecretStore, name: &str) -> Address {
    let wanted = Wanted { name: SecretName::new(name), node: NodeName::master() };
    store.address(&wanted).expect("an address")
}

async fn read(store: &dyn SecretStore, name: &str) -> Answer {
    store.read(&[address(store, name)]).await.remove(0)
}
