//! From an entity as posted to what the node works with: variables put in, conditional properties and conditional
//! sources, sinks and transforms selected, shorthands expanded.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::issue::Issue;
use super::kinds::EntityKind;
use super::resolved::{Content, Resolved, element_path, member_path};
use super::substitution::{Variables, substitute};

const CONDITIONAL: &str = "$conditional_properties";

/// Resolves one entity; what cannot be selected is reported and left out.
pub(crate) fn resolve(entity: &Value, variables: &Variables, issues: &mut Vec<Issue>) -> Resolved {
    let mut resolver = Resolver { variables, issues };
    let mut root = resolver.node(entity, "$", Region::Root);
    if EntityKind::of(entity) == EntityKind::Pipe {
        expand_short_config(&mut root);
        let Some(members) = root.members_mut() else { return root };
        for name in ["source", "sink", "transform"] {
            if let Some(member) = members.remove(name) {
                members.insert(name.to_owned(), choose_within(member, issues));
            }
        }
    }
    root
}

/// Where in an entity a node stands, since conditional properties are not allowed everywhere.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Region {
    Root,
    Config,
    Transform,
    /// Embedded entities: data, not configuration.
    Data,
}

struct Resolver<'a> {
    variables: &'a Variables,
    issues: &'a mut Vec<Issue>,
}

impl Resolver<'_> {
    fn node(&mut self, value: &Value, path: &str, region: Region) -> Resolved {
        let content = match value {
            Value::String(text) if text.contains("$ENV(") => {
                return Resolved::verbatim(&substitute(text, self.variables), path).rooted_at(path);
            }
            Value::Array(elements) => {
                let nodes = elements.iter().enumerate();
                Content::List(
                    nodes
                        .map(|(index, element)| {
                            self.node(element, &element_path(path, index), region.below())
                        })
                        .collect(),
                )
            }
            Value::Object(_) => Content::Object(self.members(value, path, region)),
            scalar => Content::Scalar(scalar.clone()),
        };
        Resolved { path: path.to_owned(), content }
    }

    fn members(&mut self, object: &Value, path: &str, region: Region) -> BTreeMap<String, Resolved> {
        let mut members: BTreeMap<&str, (&Value, String)> = BTreeMap::new();
        self.collect(object, path, region, &mut members);
        let embedded = members.get("type").is_some_and(|(kind, _)| kind.as_str() == Some("embedded"));
        let resolved = members.into_iter().map(|(name, (value, path))| {
            let below = match (region, name) {
                (Region::Root, "transform") => Region::Transform,
                (Region::Root | Region::Config, "entities") if embedded => Region::Data,
                _ => region.below(),
            };
            (name.to_owned(), self.node(value, &path, below))
        });
        resolved.collect()
    }

    /// The members of an object with its conditional properties, also nested ones, laid over.
    fn collect<'v>(
        &mut self,
        object: &'v Value,
        path: &str,
        region: Region,
        members: &mut BTreeMap<&'v str, (&'v Value, String)>,
    ) {
        let Some(object) = object.as_object() else { return };
        for (name, value) in object {
            if name != CONDITIONAL || region == Region::Data {
                members.insert(name, (value, member_path(path, name)));
            }
        }
        let Some(block) = object.get(CONDITIONAL).filter(|_| region != Region::Data) else { return };
        let block_path = member_path(path, CONDITIONAL);
        if region == Region::Transform {
            self.issues
                .push(Issue::error(block_path, "Conditional properties are not allowed in a transform."));
            return;
        }
        let Some((alternative, alternative_path)) = self.select(block, &block_path) else { return };
        let protected: &[&str] = if region == Region::Root { &["_id", "type"] } else { &[] };
        let mut chosen = BTreeMap::new();
        self.collect(alternative, &alternative_path, region, &mut chosen);
        for (name, member) in chosen {
            if protected.contains(&name) {
                let message = format!("Conditional properties cannot set the '{name}' of the entity.");
                self.issues.push(Issue::error(member.1, message));
            } else {
                members.insert(name, member);
            }
        }
    }

    fn select<'v>(&mut self, block: &'v Value, path: &str) -> Option<(&'v Value, String)> {
        let condition = match block.get("condition") {
            Some(Value::String(text)) => substitute(text, self.variables),
            Some(other) => other.clone(),
            None => {
                self.issues.push(Issue::error(path, "'condition' is a required property"));
                return None;
            }
        };
        let key = condition_key(&condition);
        let Some(alternative) = block.get("alternatives").and_then(|alternatives| alternatives.get(&key))
        else {
            self.issues.push(no_alternative(path, &key));
            return None;
        };
        Some((alternative, member_path(&member_path(path, "alternatives"), &key)))
    }
}

impl Region {
    fn below(self) -> Self {
        if self == Self::Root { Self::Config } else { self }
    }
}

impl Resolved {
    /// Lets every node of a substituted value point at the reference it came from.
    fn rooted_at(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self.content = match self.content {
            Content::List(elements) => {
                Content::List(elements.into_iter().map(|node| node.rooted_at(path)).collect())
            }
            Content::Object(members) => Content::Object(
                members.into_iter().map(|(name, node)| (name, node.rooted_at(path))).collect(),
            ),
            scalar => scalar,
        };
        self
    }
}

/// The alternative a condition's value names; scalars that are no strings by their JSON text.
fn condition_key(condition: &Value) -> String {
    condition.as_str().map_or_else(|| condition.to_string(), str::to_owned)
}

fn no_alternative(path: &str, key: &str) -> Issue {
    Issue::error(path, format!("No alternative for the condition value '{key}'."))
}

/// Selects a conditional component, also in a chain.
fn choose_within(mut component: Resolved, issues: &mut Vec<Issue>) -> Resolved {
    if let Content::List(elements) = component.content {
        let chosen = elements.into_iter().map(|element| choose(element, issues)).collect();
        component.content = Content::List(chosen);
        return component;
    }
    choose(component, issues)
}

fn choose(mut component: Resolved, issues: &mut Vec<Issue>) -> Resolved {
    while component.text("type") == Some("conditional") {
        // A missing condition or alternatives are reported as missing properties of the type.
        let Some(condition) = component.get("condition") else { break };
        let key = condition_key(&condition.to_value());
        let path = component.path.clone();
        let Some(alternatives) = component.members_mut().and_then(|members| members.get_mut("alternatives"))
        else {
            break;
        };
        let Some(chosen) = alternatives.members_mut().and_then(|members| members.remove(&key)) else {
            issues.push(no_alternative(&path, &key));
            break;
        };
        component = chosen;
    }
    component
}

/// `short_config: "sql://System/Table"` stands for a SQL source and a dataset sink.
fn expand_short_config(root: &mut Resolved) {
    let Some(rest) = root.text("short_config").and_then(|text| text.strip_prefix("sql://")) else { return };
    let Some((system, table)) = rest.split_once('/') else { return };
    let source = json!({"system": system, "table": table, "type": "sql"});
    let Some(members) = root.members_mut() else { return };
    let source = Resolved::verbatim(&source, "$").rooted_at("$['short_config']");
    members.entry("source".to_owned()).or_insert(source);
}
