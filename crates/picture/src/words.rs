//! The words that several formats share.

use std::collections::BTreeMap;

use crate::model::{Crossing, Node, Way};

/// `1 pipe`, `2 pipes`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// ` and 2 more` of a list whose first item is named.
pub(crate) fn and_more(items: usize) -> String {
    if items > 1 { format!(" and {} more", items - 1) } else { String::new() }
}

/// What a node has: `9 pipes, 4 systems · 8 of them generated`.
pub(crate) fn contents(node: &Node) -> String {
    let all = format!("{}, {}", count(node.pipes, "pipe"), count(node.systems, "system"));
    if node.generated == 0 { all } else { format!("{all} · {} of them generated", node.generated) }
}

/// How a pipe reads a dataset, after `reads DATASET`.
pub(crate) fn way(way: Way) -> &'static str {
    match way {
        Way::Source => "",
        Way::Hop => " in a hop",
        Way::Lookup => " in a lookup",
        Way::Share => " as its share dataset",
    }
}

/// Who opens the connections of these crossings.
pub(crate) fn opened<'a>(crossings: impl Iterator<Item = &'a Crossing>) -> String {
    let mut by: BTreeMap<&str, usize> = BTreeMap::new();
    let mut all = 0;
    for crossing in crossings {
        all += 1;
        if let Some(node) = &crossing.opened_by {
            *by.entry(node).or_default() += 1;
        }
    }
    let known: Vec<String> = by
        .iter()
        .map(|(node, number)| match *number == all {
            true => format!("{node} opens every connection"),
            false => format!("{node} opens {number} of {}", count(all, "connection")),
        })
        .collect();
    if known.is_empty() { "who opens the connections is unknown".to_owned() } else { known.join(", ") }
}

/// A crossing in one sentence, with every ID unshortened.
pub(crate) fn sentence(crossing: &Crossing) -> String {
    let mut parts = vec![format!(
        "{} crosses from {} to {} as {}",
        crossing.pipe,
        crossing.from,
        crossing.to,
        list(crossing.datasets.iter().map(String::as_str), "no dataset")
    )];
    let readers = crossing
        .readers
        .iter()
        .map(|reader| format!("{} reads {}{}", reader.pipe, reader.dataset, way(reader.way)));
    parts.push(list(readers, "no pipe reads it"));
    let replicas = crossing.replicas.iter().map(|replica| format!("{} on {}", replica.id, replica.node));
    parts.push(format!("replicas: {}", list(replicas, "none")));
    if let Some(node) = &crossing.opened_by {
        parts.push(format!("{node} opens the connection"));
    }
    parts.join("; ")
}

fn list<T: AsRef<str>>(items: impl Iterator<Item = T>, none: &str) -> String {
    let mut list = String::new();
    for item in items {
        if !list.is_empty() {
            list.push_str(", ");
        }
        list.push_str(item.as_ref());
    }
    if list.is_empty() { none.to_owned() } else { list }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::crossing;

    #[test]
    fn connections_are_counted_by_the_node_that_opens_them() {
        let mut crossings = [crossing("nett", "master", "a"), crossing("master", "nett", "b")];
        assert_eq!(opened(crossings.iter()), "nett opens every connection");
        crossings[0].opened_by = Some("master".to_owned());
        assert_eq!(
            opened(crossings.iter()),
            "master opens 1 of 2 connections, nett opens 1 of 2 connections"
        );
        crossings[0].opened_by = None;
        assert_eq!(opened(crossings.iter()), "nett opens 1 of 2 connections");
        assert_eq!(opened(crossings[..1].iter()), "who opens the connections is unknown");
    }
}
