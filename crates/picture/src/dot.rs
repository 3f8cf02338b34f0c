//! The crossings for Graphviz.

use std::collections::BTreeSet;

use crate::model::Picture;
use crate::rows::pairs;
use crate::words::way;

/// The crossings as a graph in DOT: a cluster per node, its pipes in it, and an edge from each pipe to each of its readers.
pub fn dot(picture: &Picture) -> String {
    let mut text = String::from("digraph crossings {\n  rankdir=LR;\n  node [shape=box];\n");
    let crossings = || pairs(picture).into_iter().flat_map(|pair| pair.crossings().collect::<Vec<_>>());
    for (at, node) in picture.nodes.iter().enumerate() {
        let name = quoted(&node.name);
        text.push_str(&format!("  subgraph cluster_{at} {{\n    label={name};\n"));
        let mut pipes = BTreeSet::new();
        for crossing in crossings() {
            if crossing.from == node.name {
                pipes.insert(crossing.pipe.as_str());
            }
            if crossing.to == node.name {
                pipes.extend(crossing.readers.iter().map(|reader| reader.pipe.as_str()));
            }
            if crossing.to == node.name && crossing.readers.is_empty() {
                text.push_str(&format!("    {} [shape=point];\n", unread(&crossing.from, &crossing.pipe)));
            }
        }
        for pipe in pipes {
            text.push_str(&format!("    {} [label={}];\n", vertex(&node.name, pipe), quoted(pipe)));
        }
        text.push_str("  }\n");
    }
    for crossing in crossings() {
        let from = vertex(&crossing.from, &crossing.pipe);
        for reader in &crossing.readers {
            let label = quoted(&format!("{}{}", reader.dataset, way(reader.way)));
            text.push_str(&format!("  {from} -> {} [label={label}];\n", vertex(&crossing.to, &reader.pipe)));
        }
        if crossing.readers.is_empty() {
            text.push_str(&format!("  {from} -> {};\n", unread(&crossing.from, &crossing.pipe)));
        }
    }
    text.push_str("}\n");
    text
}

/// A pipe of a node: the same ID can be on two nodes.
fn vertex(node: &str, pipe: &str) -> String {
    quoted(&format!("{node}/{pipe}"))
}

/// The end of a crossing that no pipe reads.
fn unread(node: &str, pipe: &str) -> String {
    quoted(&format!("{node}/{pipe}/unread"))
}

/// A quoted text. A backslash begins a code of Graphviz.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            character if character.is_control() => quoted.push('\u{fffd}'),
            character => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{any, demo};

    #[test]
    fn an_edge_leads_from_the_pipe_to_each_reader() {
        let dot = dot(&demo());
        for part in [
            "  subgraph cluster_1 {\n    label=\"nett\";\n    \"nett/global-kunde\" [label=\"global-kunde\"];\n",
            "  \"nett/nett-anlegg\" -> \"master/global-kunde\" [label=\"nett-anlegg in a hop\"];\n",
            "  \"marked/marked-balanse\" -> \"marked/marked-balanse/unread\";\n",
        ] {
            assert!(dot.contains(part), "{part}: {dot}");
        }
    }

    #[test]
    fn no_id_leaves_its_quotes() {
        arbtest::arbtest(|u| {
            for line in dot(&any(u)?).lines() {
                let bare = line.replace("\\\\", "").replace("\\\"", "");
                assert_eq!(bare.matches('"').count() % 2, 0, "{line}");
                let outside: String = bare.split('"').step_by(2).collect();
                assert!(!outside.contains("script") && !outside.contains("n0"), "{line}");
            }
            Ok(())
        });
    }
}
