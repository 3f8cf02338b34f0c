//! The schema of a plugin's section.

use deployer_core::plugin::Plugin;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use schemars::transform::Transform;
use serde_json::Value;

use super::shape::{DEFINITIONS, Plain};

pub(super) fn generator() -> SchemaGenerator {
    SchemaSettings::draft07().into_generator()
}

/// The schema of a plugin's section, without `kind`, as a document of its own.
pub fn plugin(plugin: &Plugin) -> Value {
    let mut generator = generator();
    let mut schema = plugin.settings.schema(&mut generator);
    schema.insert("$schema".to_owned(), generator.settings().meta_schema.as_deref().into());
    schema.insert("description".to_owned(), plugin.about.into());
    schema.insert(DEFINITIONS.to_owned(), generator.take_definitions(false).into());
    Plain.transform(&mut schema);
    schema.to_value()
}
