//! JSON schemas of the settings: of a plugin's section, and of the whole file.
//!
//! They are of draft 7, which the editors' extensions for TOML understand.

mod file;
mod rows;
mod shape;

use deployer_core::plugin::Plugin;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use schemars::transform::Transform;
use serde_json::Value;

pub use file::{file, rows_of_file};
pub use rows::{Row, rows};

/// Where definitions stand in a schema.
const DEFINITIONS: &str = "definitions";

fn generator() -> SchemaGenerator {
    SchemaSettings::draft07().into_generator()
}

/// The schema of a plugin's section, without `kind`, as a document of its own.
pub fn plugin(plugin: &Plugin) -> Value {
    let mut generator = generator();
    let mut schema = plugin.settings.schema(&mut generator);
    schema.insert("$schema".to_owned(), generator.settings().meta_schema.as_deref().into());
    schema.insert("description".to_owned(), plugin.about.into());
    schema.insert(DEFINITIONS.to_owned(), generator.take_definitions(false).into());
    shape::Plain.transform(&mut schema);
    schema.to_value()
}
