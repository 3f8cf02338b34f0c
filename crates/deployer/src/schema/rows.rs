//! A schema as rows for people: each setting with its type, its default and what it means.

use serde::Serialize;
use serde_json::Value;

use super::shape::DEFINITIONS;

/// A setting of a plugin.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Its name, with dots between the tables that lead to it: `login.github.token`. `<name>` stands for a name of one's own.
    pub name: String,
    /// What it is, in words: text, a list of text, a table, or the words that it can be.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether its table requires it.
    pub required: bool,
    /// Its default.
    pub default: Option<Value>,
    /// What it means.
    pub description: Option<String>,
    /// The words that it can be, with what each means, where the schema says so.
    pub values: Vec<Word>,
}

/// A word that a setting can be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Word {
    /// The word.
    pub value: String,
    /// What it means.
    pub description: String,
}

/// The settings of a schema that is a document of its own: the required ones first, then by name, each table followed by
/// its own.
pub fn rows(schema: &Value) -> Vec<Row> {
    let mut rows = Vec::new();
    Reading { root: schema, rows: &mut rows }.table(schema, "", false);
    rows
}

struct Reading<'a, 'r> {
    root: &'a Value,
    rows: &'r mut Vec<Row>,
}

impl<'a> Reading<'a, '_> {
    /// The settings of a table. `prefix` leads to it. One way of several is a table too: its only key names the way.
    fn table(&mut self, schema: &'a Value, prefix: &str, is_way: bool) {
        let schema = self.resolved(schema);
        // A value with a name of its own is not taken apart.
        if !schema.is_object() || schema.get("title").is_some() {
            return;
        }
        for alternative in alternatives(schema) {
            self.table(alternative, prefix, true);
        }
        self.table(&schema["additionalProperties"], &format!("{prefix}<name>."), false);
        let Some(properties) = schema["properties"].as_object() else { return };
        let required = |name: &str| {
            schema["required"].as_array().is_some_and(|required| required.iter().any(|known| known == name))
        };
        let mut names: Vec<&String> = properties.keys().collect();
        names.sort_by_key(|name| !required(name));
        for name in names {
            let property = &properties[name];
            let about = if is_way { &schema["description"] } else { &Value::Null };
            let row = self.row(format!("{prefix}{name}"), property, about, required(name) && !is_way);
            self.rows.push(row);
            self.table(property, &format!("{prefix}{name}."), false);
        }
    }

    fn row(&self, name: String, property: &'a Value, about: &'a Value, required: bool) -> Row {
        let resolved = self.resolved(property);
        let descriptions = [about, &property["description"], &resolved["description"]];
        let values = alternatives(resolved).filter_map(|alternative| {
            let [value, description] =
                [&alternative["const"], &alternative["description"]].map(Value::as_str);
            Some(Word { value: value?.to_owned(), description: description?.to_owned() })
        });
        Row {
            name,
            kind: self.kind(property),
            required,
            default: property.get("default").cloned(),
            description: descriptions.into_iter().find_map(Value::as_str).map(|text| text.replace('\n', " ")),
            values: values.collect(),
        }
    }

    /// What a value is, in words.
    fn kind(&self, schema: &'a Value) -> String {
        let schema = self.resolved(schema);
        if let Some(title) = schema["title"].as_str() {
            return title.to_owned();
        }
        let word = |value: &Value| match value {
            Value::String(text) => format!("`{text}`"),
            value => value.to_string(),
        };
        if let Some(value) = schema.get("const") {
            return word(value);
        }
        if let Some(values) = schema["enum"].as_array() {
            return one_of(values.iter().map(word).collect());
        }
        let kinds: Vec<String> = alternatives(schema).map(|alternative| self.kind(alternative)).collect();
        if !kinds.is_empty() {
            return one_of(kinds);
        }
        let of = |key: &str| {
            let inner =
                schema.get(key).filter(|inner| inner.as_object().is_some_and(|inner| !inner.is_empty()));
            inner.map(|inner| format!(" of {}", self.kind(inner))).unwrap_or_default()
        };
        match schema["type"].as_str() {
            Some("string") => "text".to_owned(),
            Some("integer" | "number") => "number".to_owned(),
            Some("boolean") => "true or false".to_owned(),
            Some("array") => format!("list{}", of("items")),
            _ => format!("table{}", of("additionalProperties")),
        }
    }

    /// The schema that a reference leads to.
    fn resolved(&self, schema: &'a Value) -> &'a Value {
        let reference = match schema["allOf"].as_array().map(Vec::as_slice) {
            Some([single]) => &single["$ref"],
            _ => &schema["$ref"],
        };
        let name = reference.as_str().and_then(|path| path.strip_prefix(&format!("#/{DEFINITIONS}/")));
        name.and_then(|name| self.root[DEFINITIONS].get(name)).unwrap_or(schema)
    }
}

fn alternatives(schema: &Value) -> impl Iterator<Item = &Value> {
    ["oneOf", "anyOf"].into_iter().filter_map(|key| schema[key].as_array()).flatten()
}

/// Alternatives in words, equal ones once.
fn one_of(mut kinds: Vec<String>) -> String {
    let all = std::mem::take(&mut kinds);
    for kind in all {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    match kinds.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tables_ways_and_references_become_rows() {
        let schema = json!({
            "properties": {
                "url": { "type": "string", "description": "Where\nit is." },
                "login": { "allOf": [{ "$ref": "#/definitions/Login" }], "description": "Who." },
                "size": { "type": "integer", "default": 5 },
                "way": { "oneOf": [{ "const": "a", "description": "First." }, { "const": "b", "description": "Second." }] },
                "places": { "type": "object", "additionalProperties": { "$ref": "#/definitions/Place" } },
            },
            "required": ["url"],
            "definitions": {
                "Login": {
                    "oneOf": [{
                        "description": "By a token.",
                        "properties": { "token": { "$ref": "#/definitions/Token" } },
                        "required": ["token"],
                    }],
                },
                "Token": { "properties": { "value": { "$ref": "#/definitions/Credential" } }, "required": ["value"] },
                "Place": { "properties": { "id": { "type": "string" } } },
                "Credential": { "title": "credential", "properties": { "env": {} } },
            },
        });
        let shown: Vec<String> = rows(&schema)
            .iter()
            .map(|row| {
                let required = if row.required { ", required" } else { "" };
                let description = row.description.as_deref().unwrap_or_default();
                let words: Vec<&str> = row.values.iter().map(|word| word.value.as_str()).collect();
                format!("{}: {}{required}: {description} {}", row.name, row.kind, words.join(" "))
                    .trim()
                    .to_owned()
            })
            .collect();
        let expected = [
            "url: text, required: Where it is.",
            "login: table: Who.",
            "login.token: table: By a token.",
            "login.token.value: credential, required:",
            "places: table of table:",
            "places.<name>.id: text:",
            "size: number:",
            "way: `a` or `b`:  a b",
        ];
        assert_eq!(shown, expected);
    }
}
