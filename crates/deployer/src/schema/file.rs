//! The schema of a settings file, for the plugins of a program.

use deployer_core::plugin::{Family, Plugin};
use schemars::transform::Transform;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::plugin::generator;
use super::rows::{Row, rows};
use super::shape::{DEFINITIONS, PARTIAL, Partial, Plain};
use crate::settings::{NotifySection, SettingsFile};

/// The definitions that stand for any plugin of a family, under the family's name.
const FAMILIES: [Family; 5] = [Family::Source, Family::Store, Family::Target, Family::Notify, Family::State];

/// The schema of a settings file. In a file with environments, no key is required, because an environment can add it. A file that lists
/// deployments has no nodes.
pub fn file(table: &[&Plugin]) -> Value {
    let mut generator = generator();
    let mut root = SettingsFile::json_schema(&mut generator);
    let mut definitions = plugins(table, &mut generator);
    definitions.extend(generator.take_definitions(false));
    root.insert(DEFINITIONS.to_owned(), definitions.into());
    Plain.transform(&mut root);

    let taken = |schema: &mut Schema, key: &str| match schema.remove(key) {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    };
    let (mut whole, mut definitions) = (taken(&mut root, "properties"), taken(&mut root, DEFINITIONS));
    let about = whole.remove("environments").map(|environments| environments["description"].clone());
    let parts = partial(&definitions);
    definitions.extend(parts.into_iter().map(|(name, part)| (format!("{PARTIAL}{name}"), part)));
    let mut properties = partial(&whole);
    let mut overridable = properties.clone();
    overridable.remove("environment");
    overridable.insert(
        "unset".to_owned(),
        json!({ "description": "Keys of the file to remove.", "type": "array", "items": { "type": "string" } }),
    );
    let overrides = json!({ "type": "object", "properties": overridable, "additionalProperties": false });
    properties.insert(
        "environments".to_owned(),
        json!({
            "description": about,
            "type": "object",
            "additionalProperties": overrides,
        }),
    );
    let required = root.remove("required");
    let lists_deployments =
        json!({ "required": ["watch"], "properties": { "watch": { "required": ["deployments"] } } });
    for (key, value) in [
        ("$schema", generator.settings().meta_schema.as_deref().into()),
        ("title", "The settings of sesam-deployer".into()),
        ("properties", properties.into()),
        ("if", json!({ "not": { "anyOf": [{ "required": ["environments"] }, lists_deployments] } })),
        ("then", json!({ "properties": whole, "required": required })),
        (DEFINITIONS, definitions.into()),
    ] {
        root.insert(key.to_owned(), value);
    }
    root.to_value()
}

/// Every key of the settings file that is not a plugin's.
pub fn rows_of_file() -> Vec<Row> {
    let mut generator = generator();
    let mut root = SettingsFile::json_schema(&mut generator);
    if let Some(nodes) = root.get_mut("properties").and_then(|keys| keys.get_mut("nodes")?.as_object_mut()) {
        nodes.remove("properties");
    }
    root.insert(DEFINITIONS.to_owned(), generator.take_definitions(false).into());
    Plain.transform(&mut root);
    rows(&root.to_value())
}

/// Schemas of which every key may be left out.
fn partial(schemas: &Map<String, Value>) -> Map<String, Value> {
    let part = |schema: &Value| {
        let mut schema = Schema::try_from(schema.clone()).unwrap_or_default();
        Partial.transform(&mut schema);
        schema.to_value()
    };
    schemas.iter().map(|(name, schema)| (name.clone(), part(schema))).collect()
}

/// A definition for each plugin, and one for each family: any of its plugins.
fn plugins(table: &[&Plugin], generator: &mut SchemaGenerator) -> Map<String, Value> {
    let mut definitions = Map::new();
    for family in FAMILIES {
        let mut references = Vec::new();
        for plugin in table.iter().filter(|plugin| plugin.family() == family) {
            let name = format!("{}-{}", family.prefix(), plugin.kind);
            references.push(json!({ "$ref": format!("#/{DEFINITIONS}/{name}") }));
            definitions.insert(name, section(plugin, generator).to_value());
        }
        let any = if references.is_empty() { json!({ "not": {} }) } else { json!({ "anyOf": references }) };
        definitions.insert(family.prefix().to_owned(), any);
    }
    definitions
}

/// The section of a plugin, with what is the program's.
fn section(plugin: &Plugin, generator: &mut SchemaGenerator) -> Schema {
    let mut schema = plugin.settings.schema(generator);
    schema.insert("description".to_owned(), plugin.about.into());
    let mut own = Map::new();
    own.insert("kind".to_owned(), json!({ "description": "Names the plugin.", "enum": [plugin.kind] }));
    if plugin.family() == Family::Notify {
        let mut notify = NotifySection::json_schema(generator);
        if let Some(Value::Object(keys)) = notify.remove("properties") {
            own.extend(keys);
        }
    }
    let members = schema.ensure_object();
    if let Value::Object(properties) = members.entry("properties").or_insert_with(|| json!({})) {
        properties.extend(own);
    }
    if let Value::Array(required) = members.entry("required").or_insert_with(|| json!([])) {
        required.insert(0, "kind".into());
    }
    schema
}
