//! The changes that somebody else makes to a node, and the content of a node.

use std::fmt;

use serde_json::{Map, Value, json};
use sesam_node::Node;

/// Occurs in everything that the other person writes.
const MARK: &str = "written by somebody else";

/// A change that somebody else makes to the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Adds a pipe.
    AddsPipe,
    /// Changes a pipe that the run leaves as it is.
    ChangesPipe,
    /// Changes the pipe that the run changes.
    ChangesTheSamePipe,
    /// Removes a pipe that the run leaves as it is.
    RemovesPipe,
    /// Changes a variable that the run leaves as it is.
    ChangesVariable,
    /// Changes the variable that the run changes.
    ChangesTheSameVariable,
}

impl Work {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::AddsPipe,
        Self::ChangesPipe,
        Self::ChangesTheSamePipe,
        Self::RemovesPipe,
        Self::ChangesVariable,
        Self::ChangesTheSameVariable,
    ];

    /// The id of the entity, or the name of the variable.
    pub(super) fn item(self) -> &'static str {
        match self {
            Self::AddsPipe => "added",
            Self::ChangesPipe => "steady",
            Self::ChangesTheSamePipe => "changed",
            Self::RemovesPipe => "removed",
            Self::ChangesVariable => "greeting",
            Self::ChangesTheSameVariable => "place",
        }
    }

    pub(super) fn is_variable(self) -> bool {
        matches!(self, Self::ChangesVariable | Self::ChangesTheSameVariable)
    }

    /// The path of the API that reads and writes it.
    pub(super) fn path(self) -> &'static str {
        if self.is_variable() { "/api/env" } else { "/api/config" }
    }

    pub(super) fn carry_out(self, node: &Node) {
        let state = node.state();
        if self.is_variable() {
            let mut variables = state.env();
            variables.insert(self.item().to_owned(), json!(MARK));
            node.set_env(variables).expect("a node in memory");
            return;
        }
        let mut entities = state.config("");
        entities.retain(|entity| entity["_id"] != self.item());
        if self != Self::RemovesPipe {
            entities.push(pipe(self.item(), MARK));
        }
        node.set_config("", entities).expect("a node in memory");
    }

    pub(super) fn is_in(self, configuration: &Configuration) -> bool {
        let item = configuration.item(self);
        if self == Self::RemovesPipe { item.is_null() } else { item.to_string().contains(MARK) }
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AddsPipe => "adds a pipe",
            Self::ChangesPipe => "changes a pipe",
            Self::ChangesTheSamePipe => "changes the same pipe",
            Self::RemovesPipe => "removes a pipe",
            Self::ChangesVariable => "changes a variable",
            Self::ChangesTheSameVariable => "changes the same variable",
        })
    }
}

/// Entities and variables of the node.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Configuration {
    pub(super) entities: Vec<Value>,
    pub(super) variables: Map<String, Value>,
}

impl Configuration {
    pub(super) fn of(node: &Node) -> Self {
        let state = node.state();
        let mut entities = state.config("");
        entities.sort_by_key(|entity| entity["_id"].to_string());
        Self { entities, variables: state.env() }
    }

    fn item(&self, work: Work) -> Value {
        if work.is_variable() {
            return self.variables.get(work.item()).cloned().unwrap_or_default();
        }
        self.entities.iter().find(|entity| entity["_id"] == work.item()).cloned().unwrap_or_default()
    }

    /// The part that a step writes, without what somebody else has changed.
    pub(super) fn part(&self, step: &str, work: Work) -> Value {
        let mut rest = self.clone();
        rest.entities.retain(|entity| work.is_variable() || entity["_id"] != work.item());
        if work.is_variable() {
            rest.variables.remove(work.item());
        }
        match step {
            "set variables" => Value::Object(rest.variables),
            "upload configuration" => Value::Array(rest.entities),
            _ => Value::Null,
        }
    }
}

/// A pipe with a description.
pub(super) fn pipe(id: &str, text: &str) -> Value {
    json!({ "_id": id, "type": "pipe", "description": text, "source": { "type": "embedded", "entities": [] } })
}
