//! The files of pipelines, as data.

use deployer_tests::workspace;
use serde_json::Value;

/// A file below `pipelines`.
pub(crate) fn read(path: &str) -> Value {
    let text = std::fs::read_to_string(workspace().join("pipelines").join(path)).expect("the file is there");
    serde_saphyr::from_str(&text).expect("it is YAML")
}

/// Every table in a document that holds a key, outer ones first.
pub(crate) fn tables_with<'a>(value: &'a Value, key: &str) -> Vec<&'a Value> {
    let own = value.get(key).map(|_| value);
    let inner: Vec<&Value> = match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(members) => members.values().collect(),
        _ => Vec::new(),
    };
    own.into_iter().chain(inner.into_iter().flat_map(|inner| tables_with(inner, key))).collect()
}

/// The text of a step, found by its name.
pub(crate) fn step<'a>(file: &'a Value, name: &str) -> &'a Value {
    let names = ["name", "displayName"];
    let is_named = |step: &&Value| names.iter().any(|key| step[*key] == name);
    let kinds = ["run", "uses", "bash"];
    let mut steps = kinds.iter().flat_map(|kind| tables_with(file, kind));
    steps.find(is_named).unwrap_or_else(|| panic!("no step {name:?}"))
}

/// The scripts of a document: of shells, and of the action `github-script`.
pub(crate) fn scripts(file: &Value) -> Vec<&str> {
    let of =
        |key: &'static str| tables_with(file, key).into_iter().filter_map(move |table| table[key].as_str());
    ["run", "bash", "script"].into_iter().flat_map(of).collect()
}
