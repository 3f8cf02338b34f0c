//! Everything that `explain` shows about an entity.

use std::sync::Arc;

use deployer_core::error::Place;
use deployer_core::model::{Crossing, EntityKind, NodeName, ReadWay};
use deployer_engine::connect::InputDataset;
use deployer_engine::stages::Cell;

/// Everything about one entity.
pub(crate) struct Explained {
    pub(crate) id: String,
    pub(crate) kind: EntityKind,
    /// The first place of the entity. `None` if only nodes have it.
    pub(crate) place: Option<Place>,
    /// The node that the configuration gives it to.
    pub(crate) owner: Option<NodeName>,
    /// For a replica, the pipe that it is generated for, and why.
    pub(crate) replica_of: Option<Arc<Crossing>>,
    /// The data that crosses from this pipe to other nodes.
    pub(crate) crossings: Vec<Arc<Crossing>>,
    /// The datasets that it reads, with the pipes that write them.
    pub(crate) reads: Vec<(InputDataset, Vec<OnNode>)>,
    /// The datasets that it writes, with the pipes that read them.
    pub(crate) writes: Vec<(Arc<str>, Vec<OnNode>)>,
    /// For a system, the pipes that use it.
    pub(crate) used_by: Vec<OnNode>,
    /// Variables with their values in the environment.
    pub(crate) variables: Vec<UsedVariable>,
    /// Secrets with the names of the stores that are tried.
    pub(crate) secrets: Vec<(String, Vec<String>)>,
    /// Whether it stays on its node as it runs.
    pub(crate) protected: bool,
    /// What each node has. `None` for a node that did not answer.
    pub(crate) nodes: Vec<(NodeName, Option<Cell>)>,
    /// For a pipe, how it ran last on each node that says so: when, and its last message.
    pub(crate) last_runs: Vec<(NodeName, String, String)>,
}

/// A pipe of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OnNode {
    pub(crate) node: NodeName,
    pub(crate) pipe: Arc<str>,
    pub(crate) way: Option<ReadWay>,
}

/// A variable that an entity uses.
pub(crate) struct UsedVariable {
    pub(crate) name: String,
    /// Its value as JSON. `None` if it is not in the variables of the node.
    pub(crate) value: Option<String>,
    pub(crate) place: Option<Place>,
    /// Its values in the other environments of the settings file. `None` where it has none, or the environment cannot be read.
    pub(crate) elsewhere: Vec<(String, Option<String>)>,
    /// Whether its value is not shown, because it could contain a secret that cannot be masked.
    pub(crate) is_hidden: bool,
}
