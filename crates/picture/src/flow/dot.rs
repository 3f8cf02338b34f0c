//! A flow for Graphviz.

use super::model::{Flow, MemberKind};
use crate::dot::quoted;
use crate::words::way;

/// The flow as a graph in DOT: a cluster per node, and an edge per link.
pub fn dot(flow: &Flow) -> String {
    let mut text = String::from("digraph flow {\n  rankdir=LR;\n  node [shape=box];\n");
    for (lane, name) in flow.lanes.iter().enumerate() {
        text.push_str(&format!("  subgraph cluster_{lane} {{\n    label={};\n", quoted(name)));
        for (at, member) in flow.members.iter().enumerate().filter(|(_, member)| member.lane == lane) {
            let shape = if member.kind == MemberKind::Pipe { "" } else { ", shape=hexagon" };
            text.push_str(&format!("    n{at} [label={}{shape}];\n", quoted(&member.heading())));
        }
        text.push_str("  }\n");
    }
    for link in &flow.links {
        let label = link.label.clone().unwrap_or_else(|| way(link.way).trim().to_owned());
        let style = if link.crosses { ", penwidth=2" } else { "" };
        text.push_str(&format!("  n{} -> n{} [label={}{style}];\n", link.from, link.to, quoted(&label)));
    }
    text.push_str("}\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::flow;

    #[test]
    fn members_are_in_the_cluster_of_their_node_and_links_have_labels() {
        let dot = dot(&flow());
        for part in [
            "  subgraph cluster_0 {\n    label=\"nett\";\n    n0 [label=\"nett-scada\", shape=hexagon];\n",
            "  n1 -> n4 [label=\"through nett-måler-to-master\", penwidth=2];\n",
            "  n3 -> n4 [label=\"in a hop\"];\n",
        ] {
            assert!(dot.contains(part), "{part}: {dot}");
        }
    }
}
