//! Writing.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{FORMAT, FORMAT_WITH_MASKED, Saved, SavedNode};
use deployer_core::document::{Number, Value};
use deployer_core::format::Composed;
use deployer_core::model::{Entity, Revision, SecretName};

impl Saved {
    /// The file's text: JSON, indented, the same for the same content.
    pub fn to_text(&self) -> String {
        let number = |number| Value::Number(Number::from(number));
        let is_masked = self.nodes.iter().any(|node| !node.masked.is_empty());
        let format = number(if is_masked { FORMAT_WITH_MASKED } else { FORMAT });
        let epoch = self.epoch.map(number);
        let mut members = vec![("format", Composed::Value(&format))];
        members.extend(epoch.as_ref().map(|epoch| ("epoch", Composed::Value(epoch))));
        members.extend([
            ("purpose", text(self.purpose.word())),
            ("environment", text(&self.environment)),
            ("revision", revision(self.revision.as_ref())),
            ("replaced_by", revision(self.replaced_by.as_ref())),
        ]);
        let variables: Vec<Value> = self.nodes.iter().map(variables).collect();
        let nodes = self.nodes.iter().zip(&variables).map(|(saved, variables)| node(saved, variables));
        members.push(("nodes", Composed::Array(nodes.collect())));
        Composed::Object(members).indented()
    }
}

fn text(text: &str) -> Composed<'_> {
    Composed::Text(Cow::Borrowed(text))
}

fn revision(revision: Option<&Revision>) -> Composed<'_> {
    revision.map_or(NULL, |revision| text(revision.as_str()))
}

const NULL: Composed<'static> = Composed::Value(&Value::Null);

fn variables(saved: &SavedNode) -> Value {
    saved.desired.variables.as_ref().map_or(Value::Null, |variables| variables.to_value())
}

fn node<'a>(saved: &'a SavedNode, variables: &'a Value) -> Composed<'a> {
    let desired = &saved.desired;
    let system_secrets = desired.system_secrets.iter();
    let system_secrets = system_secrets.map(|(system, names)| (system.as_str(), name_list(names)));
    Composed::Object(vec![
        ("node", text(saved.node.as_str())),
        ("target", text(&saved.target)),
        ("base", text(saved.base.as_str())),
        ("entities", Composed::Array(desired.entities.iter().map(entity).collect())),
        ("variables", Composed::Value(variables)),
        ("secrets", desired.secrets.as_ref().map_or(NULL, name_list)),
        ("system_secrets", Composed::Object(system_secrets.collect())),
        ("masked_entities", text_list(saved.masked.entities.iter().map(String::as_str))),
        ("masked_variables", text_list(saved.masked.variables.iter().map(String::as_str))),
    ])
}

fn text_list<'a>(texts: impl Iterator<Item = &'a str>) -> Composed<'a> {
    Composed::Array(texts.map(text).collect())
}

fn name_list(names: &BTreeSet<SecretName>) -> Composed<'_> {
    text_list(names.iter().map(SecretName::as_str))
}

fn entity(entity: &Entity) -> Composed<'_> {
    Composed::Object(vec![
        ("origin", Composed::Text(Cow::Owned(entity.place().to_string()))),
        ("entity", Composed::Value(entity.value())),
    ])
}
