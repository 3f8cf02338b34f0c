//! Changes to schemas.

use schemars::Schema;
use schemars::transform::{RemoveRefSiblings, Transform, transform_subschemas};
use serde_json::{Map, Value};

/// The member of a schema that contains the definitions.
pub(super) const DEFINITIONS: &str = "definitions";

/// What a definition is called when every key of it may be left out.
pub(super) const PARTIAL: &str = "partial-";

/// Takes out what TOML does not have, `null`; what only other programs read, the names of Rust's numbers; and the defaults of tables,
/// which are those of their keys.
pub(super) struct Plain;

impl Transform for Plain {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(members) = schema.as_object_mut() {
            plain(members);
        }
        RemoveRefSiblings::default().transform(schema);
        transform_subschemas(self, schema);
    }
}

fn plain(members: &mut Map<String, Value>) {
    let is_null = |value: &Value| value == "null" || value.is_null() || value["type"] == "null";
    for key in ["type", "enum", "anyOf"] {
        if let Some(alternatives) = members.get_mut(key).and_then(Value::as_array_mut) {
            alternatives.retain(|alternative| !is_null(alternative));
        }
    }
    if let Some([single]) = members.get("type").and_then(Value::as_array).map(Vec::as_slice) {
        let single = single.clone();
        members.insert("type".to_owned(), single);
    }
    if let Some([Value::Object(single)]) = members.get("anyOf").and_then(Value::as_array).map(Vec::as_slice) {
        let single = single.clone();
        members.remove("anyOf");
        for (key, value) in single {
            members.entry(key).or_insert(value);
        }
    }
    if members.get("default").is_some_and(|default| default.is_null() || default.is_object()) {
        members.remove("default");
    }
    if members.get("format").is_some_and(|format| format.as_str().is_some_and(|name| name.contains("int"))) {
        members.remove("format");
    }
}

/// Lets every key be left out, and one alternative be mixed with another: what an environment overrides is a part of a table.
pub(super) struct Partial;

impl Transform for Partial {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(members) = schema.as_object_mut() {
            members.remove("required");
            if let Some(alternatives) = members.remove("oneOf") {
                members.insert("anyOf".to_owned(), alternatives);
            }
            let definition = members.get("$ref").and_then(Value::as_str);
            let definition = definition.and_then(|to| to.strip_prefix(&format!("#/{DEFINITIONS}/")));
            if let Some(to) = definition.map(|name| format!("#/{DEFINITIONS}/{PARTIAL}{name}")) {
                members.insert("$ref".to_owned(), to.into());
            }
        }
        transform_subschemas(self, schema);
    }
}

#[cfg(test)]
mod tests {
    use schemars::json_schema;
    use serde_json::json;

    use super::*;

    #[test]
    fn null_and_the_defaults_of_tables_are_taken_out_wherever_they_stand() {
        let mut schema = json_schema!({
            "properties": {
                "text": { "type": ["string", "null"], "default": null },
                "number": { "type": ["integer", "null"], "format": "uint64" },
                "word": { "type": ["string", "null"], "enum": ["a", null] },
                "other": { "anyOf": [{ "$ref": "#/definitions/A" }, { "type": "null" }] },
                "table": { "type": "object", "default": { "key": 1 } },
                "told": { "anyOf": [{ "$ref": "#/definitions/A" }, { "type": "null" }], "description": "x" },
            },
        });
        Plain.transform(&mut schema);
        let expected = json!({
            "properties": {
                "text": { "type": "string" },
                "number": { "type": "integer" },
                "word": { "type": "string", "enum": ["a"] },
                "other": { "$ref": "#/definitions/A" },
                "table": { "type": "object", "default": { "key": 1 } },
                "table": { "type": "object" },
                "told": { "allOf": [{ "$ref": "#/definitions/A" }], "description": "x" },
            },
        });
        assert_eq!(schema.to_value(), expected);
    }

    #[test]
    fn a_part_needs_nothing_at_any_depth() {
        let mut schema = json_schema!({
            "required": ["a"],
            "properties": { "a": { "oneOf": [{ "required": ["b"] }, { "$ref": "#/definitions/A" }] } },
        });
        Partial.transform(&mut schema);
        let expected =
            json!({ "properties": { "a": { "anyOf": [{}, { "$ref": "#/definitions/partial-A" }] } } });
        assert_eq!(schema.to_value(), expected);
    }
}
