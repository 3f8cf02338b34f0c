//! Which node opens the connection that data crosses through.

use deployer_core::document::{Node, Value};
use deployer_core::model::{Entity, EntityKind, NodeName};

/// The kinds of sources and sinks that stay inside a node.
const INTERNAL: [&str; 9] = [
    "dataset",
    "merge",
    "merge_datasets",
    "union_datasets",
    "diff_datasets",
    "replicated_dataset",
    "embedded",
    "empty",
    "null",
];

/// The node whose replicas speak to the other node: a source or a sink of theirs is outside of the node, and no endpoint that the other
/// node calls. `None` if there is no such replica, or one on each node.
pub(super) fn opened_by<'a>(
    replicas: impl IntoIterator<Item = (&'a NodeName, &'a Entity)>,
) -> Option<NodeName> {
    let mut callers = replicas.into_iter().filter(|(_, replica)| calls(replica)).map(|(node, _)| node);
    let first = callers.next()?;
    callers.all(|other| other == first).then(|| first.clone())
}

fn calls(replica: &Entity) -> bool {
    let ends = ["source", "sink"].into_iter().filter_map(|key| replica.at_path(key));
    replica.kind() == EntityKind::Pipe && ends.into_iter().any(is_outside)
}

fn is_outside(end: &Node) -> bool {
    match end.get("type").and_then(Node::as_str) {
        Some("conditional") => {
            let alternatives = end.get("alternatives").map(|alternatives| &alternatives.value);
            let Some(Value::Object(alternatives)) = alternatives else { return false };
            alternatives.members().iter().any(|alternative| is_outside(&alternative.node))
        }
        Some(kind) => !kind.ends_with("_endpoint") && !INTERNAL.contains(&kind),
        None => end.get("system").is_some(),
    }
}
