//! Writing.

use std::collections::BTreeSet;

use super::{FORMAT, FORMAT_WITH_MASKED, Saved, SavedNode};
use deployer_core::document::{Member, Number, Value};
use deployer_core::format;
use deployer_core::model::{Entity, Revision, SecretName};

impl Saved {
    /// The file's text: JSON, indented, the same for the same content.
    pub fn to_text(&self) -> String {
        let revision = |revision: &Option<Revision>| {
            revision.as_ref().map_or(Value::Null, |revision| Value::string(revision.as_str()))
        };
        let is_masked = self.nodes.iter().any(|node| !node.masked.is_empty());
        let format = if is_masked { FORMAT_WITH_MASKED } else { FORMAT };
        let nodes: Vec<Value> = self.nodes.iter().map(node).collect();
        let mut members = vec![Member::new("format", Value::Number(Number::from(format)))];
        members.extend(self.epoch.map(|epoch| Member::new("epoch", Value::Number(Number::from(epoch)))));
        members.extend([
            Member::new("purpose", Value::string(self.purpose.word())),
            Member::new("environment", Value::string(self.environment.as_str())),
            Member::new("revision", revision(&self.revision)),
            Member::new("replaced_by", revision(&self.replaced_by)),
            Member::new("nodes", Value::array(nodes)),
        ]);
        format::indented(&Value::Object(members.into_iter().collect()))
    }
}

fn node(saved: &SavedNode) -> Value {
    let entities: Vec<Value> = saved.desired.entities.iter().map(entity).collect();
    let variables = saved.desired.variables.as_ref().map_or(Value::Null, |variables| variables.to_value());
    let secrets = saved.desired.secrets.as_ref().map_or(Value::Null, name_list);
    let system_secrets = saved.desired.system_secrets.iter();
    let system_secrets =
        system_secrets.map(|(system, names)| Member::new(system.as_str(), name_list(names))).collect();
    object([
        ("node", Value::string(saved.node.as_str())),
        ("target", Value::string(saved.target.as_str())),
        ("base", Value::string(saved.base.as_str())),
        ("entities", Value::array(entities)),
        ("variables", variables),
        ("secrets", secrets),
        ("system_secrets", Value::Object(system_secrets)),
        ("masked_entities", text_list(&saved.masked.entities)),
        ("masked_variables", text_list(&saved.masked.variables)),
    ])
}

fn text_list(texts: &BTreeSet<String>) -> Value {
    Value::array(texts.iter().map(|text| Value::string(text.as_str())).collect::<Vec<_>>())
}

fn name_list(names: &BTreeSet<SecretName>) -> Value {
    Value::array(names.iter().map(|name| Value::string(name.as_str())).collect::<Vec<_>>())
}

fn entity(entity: &Entity) -> Value {
    object([("origin", Value::string(entity.place().to_string())), ("entity", entity.value().clone())])
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(members.into_iter().map(|(key, value)| Member::new(key, value)).collect())
}
