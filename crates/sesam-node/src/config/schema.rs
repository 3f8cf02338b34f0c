//! The JSON schema that a report contains beside the issues of an entity: the checks for its kind.

use std::sync::LazyLock;

use deployer_validation::{ComponentType, Part, Shape};
use serde_json::{Value, json};

use super::kinds::EntityKind;

static PIPE: LazyLock<Value> = LazyLock::new(|| schema(EntityKind::Pipe));
static SYSTEM: LazyLock<Value> = LazyLock::new(|| schema(EntityKind::System));
static METADATA: LazyLock<Value> = LazyLock::new(|| schema(EntityKind::Metadata));
static UNKNOWN: LazyLock<Value> = LazyLock::new(|| schema(EntityKind::Unknown));

/// The schema for a kind of entity.
pub(crate) fn of(kind: EntityKind) -> &'static Value {
    match kind {
        EntityKind::Pipe => &PIPE,
        EntityKind::System => &SYSTEM,
        EntityKind::Metadata => &METADATA,
        EntityKind::Unknown => &UNKNOWN,
    }
}

fn schema(kind: EntityKind) -> Value {
    let (required, properties) = match kind {
        EntityKind::Pipe => (
            json!(["_id", "type"]),
            json!({
                "pump": {"type": "object"},
                "short_config": {"type": "string"},
                "sink": component(Part::Sink, false),
                "source": component(Part::Source, true),
                "transform": {"oneOf": [
                    component(Part::Transform, false),
                    {"items": component(Part::Transform, false), "type": "array"},
                ]},
                "type": {"enum": ["pipe"]},
            }),
        ),
        EntityKind::System => (
            json!(["_id", "type"]),
            json!({
                "type": {"enum": Part::System.type_names()},
                "worker_threads": {"type": "integer"},
            }),
        ),
        EntityKind::Metadata => (
            json!(["_id", "type"]),
            json!({"global_defaults": {"type": "object"}, "type": {"enum": ["metadata"]}}),
        ),
        EntityKind::Unknown => (json!(["_id", "type"]), json!({"type": {"enum": Part::Entity.type_names()}})),
    };
    let mut schema = json!({"properties": properties, "required": required, "type": "object"});
    schema["properties"]["_id"] = match kind {
        EntityKind::Metadata => json!({"enum": ["node"]}),
        _ => json!({"pattern": "^[^/]+$", "type": "string"}),
    };
    schema["properties"]["metadata"] = json!({"type": "object"});
    if kind == EntityKind::Pipe {
        schema["anyOf"] = json!([{"required": ["source"]}, {"required": ["short_config"]}]);
    }
    schema
}

fn component(part: Part, type_is_required: bool) -> Value {
    let types: &[ComponentType] = part.types();
    let conditions: Vec<Value> = types
        .iter()
        .filter(|(_, required)| !required.is_empty())
        .map(|(name, required)| {
            let names: Vec<&str> = required.iter().map(|(property, _)| *property).collect();
            let properties: serde_json::Map<String, Value> = required
                .iter()
                .map(|(property, shape)| ((*property).to_owned(), shape_schema(*shape)))
                .collect();
            json!({
                "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
                "then": {"properties": properties, "required": names},
            })
        })
        .collect();
    let required: &[&str] = if type_is_required { &["type"] } else { &[] };
    json!({
        "allOf": conditions,
        "properties": {"type": {"enum": part.type_names()}},
        "required": required,
        "type": "object",
    })
}

fn shape_schema(shape: Shape) -> Value {
    match shape {
        Shape::Text => json!({"type": "string"}),
        Shape::Number => json!({"type": ["number", "string"]}),
        Shape::List => json!({"type": "array"}),
        Shape::TextList => json!({"items": {"type": "string"}, "type": "array"}),
        Shape::Object => json!({"type": "object"}),
    }
}
