//! One entity, for people and for machines.

use deployer_core::model::{NodeName, ReadWay};
use serde_json::{Value, json};

use super::crossing::reason;
use super::escape::line;
use super::{Style, json, status};
use crate::explained::{Explained, OnNode};

/// One paragraph per subject; subjects without content are left out.
pub(crate) fn text(environment: &str, explained: &Explained, style: Style) -> String {
    let name = format!("{} {}", explained.kind.noun(), line(&explained.id));
    let mut text = style.bold(&format!("{name} in {environment}")) + "\n";
    let mut add = |label: &str, lines: Vec<String>| {
        for (number, value) in lines.into_iter().enumerate() {
            let label = if number == 0 { label } else { "" };
            text.push_str(&format!("  {label:<11} {}\n", line(&value)));
        }
    };
    match (&explained.place, &explained.owner) {
        (Some(place), Some(owner)) => {
            add("file", vec![place.to_string()]);
            add("owner", vec![owner.to_string()]);
        }
        _ => add("file", vec!["none: only nodes have it, and a deploy would remove it".to_owned()]),
    }
    let replica = |crossing: &deployer_core::model::Crossing| {
        format!("of pipe {}, from {} to {}: {}", crossing.pipe, crossing.from, crossing.to, reason(crossing))
    };
    add("replica", explained.replica_of.iter().map(|crossing| replica(crossing)).collect());
    let reads = explained.reads.iter().map(|(reading, writers)| {
        let writers = list(writers, "written by no pipe of the configuration", "written by ");
        format!("{}{}: {writers}", reading.dataset, way(reading.way))
    });
    add("reads", reads.collect());
    let writes = explained.writes.iter().map(|(dataset, readers)| {
        format!("{dataset}: {}", list(readers, "read by no other pipe", "read by "))
    });
    add("writes", writes.collect());
    let users: Vec<String> = explained.used_by.iter().map(pipe).collect();
    add("used by", users);
    let replicas = explained.crossings.iter().map(|crossing| {
        let replicas: Vec<String> =
            crossing.replicas.iter().map(|replica| format!("{} on {}", replica.id, replica.node)).collect();
        format!("to {}: {} ({})", crossing.to, replicas.join(", "), reason(crossing))
    });
    add("replicas", replicas.collect());
    let variables = explained.variables.iter().flat_map(|variable| {
        let place = variable.place.as_ref().map(|place| format!("  {place}")).unwrap_or_default();
        let name = &variable.name;
        let here = match &variable.value {
            Some(_) if variable.is_hidden => format!("{name}: not shown, it could contain a secret{place}"),
            Some(value) => format!("{name} = {value}{place}"),
            None => format!("{name}: not in the variables that are uploaded to the node"),
        };
        let elsewhere = variable.elsewhere.iter().map(|(environment, value)| match value {
            Some(_) if variable.is_hidden => format!("  in {environment}: not shown"),
            Some(value) => format!("  in {environment}: {value}"),
            None => format!("  in {environment}: unknown"),
        });
        std::iter::once(here).chain(elsewhere).collect::<Vec<_>>()
    });
    add("variables", variables.collect());
    let secrets = explained.secrets.iter().map(|(name, stores)| match stores.as_slice() {
        [] => format!("{name}: no store"),
        stores => format!("{name}: {}", stores.join(", then ")),
    });
    add("secrets", secrets.collect());
    add(
        "protected",
        explained.protected.then(|| "yes: a deploy leaves it as it runs".to_owned()).into_iter().collect(),
    );
    let nodes = explained.nodes.iter().map(|(node, cell)| match cell {
        Some(cell) => format!("{node}: {}", status::words(cell)),
        None => format!("{node}: unknown, the node did not answer"),
    });
    add("on nodes", nodes.collect());
    let runs = explained.last_runs.iter();
    add("last run", runs.map(|(node, time, message)| format!("{node}: {time}  {message}")).collect());
    text
}

fn list(pipes: &[OnNode], none: &str, before: &str) -> String {
    if pipes.is_empty() {
        return none.to_owned();
    }
    before.to_owned() + &pipes.iter().map(pipe).collect::<Vec<_>>().join(", ")
}

fn pipe(pipe: &OnNode) -> String {
    format!("{} on {}{}", pipe.pipe, pipe.node, pipe.way.map(way).unwrap_or_default())
}

fn way(way: ReadWay) -> &'static str {
    match way {
        ReadWay::Hop => " (hop)",
        ReadWay::Lookup => " (lookup)",
        ReadWay::Share => " (share dataset)",
        _ => "",
    }
}

/// The same as a document.
pub(crate) fn document(environment: &str, explained: &Explained) -> Value {
    let on_node = |pipe: &OnNode| json!({ "node": pipe.node, "pipe": pipe.pipe, "way": pipe.way });
    let list = |pipes: &[OnNode]| pipes.iter().map(on_node).collect::<Vec<_>>();
    let reads = explained.reads.iter().map(|(reading, writers)| {
        json!({ "dataset": reading.dataset, "way": reading.way, "written_by": list(writers) })
    });
    let writes = explained
        .writes
        .iter()
        .map(|(dataset, readers)| json!({ "dataset": dataset, "read_by": list(readers) }));
    let variables = explained.variables.iter().map(|variable| {
        let value = if variable.is_hidden { &None } else { &variable.value };
        let elsewhere = variable.elsewhere.iter().map(|(environment, value)| {
            let value = if variable.is_hidden { &None } else { value };
            (environment.clone(), json::value(value))
        });
        let elsewhere: serde_json::Map<_, _> = elsewhere.collect();
        json!({ "name": variable.name, "value": json::value(value), "origin": variable.place, "elsewhere": elsewhere })
    });
    let secrets = explained.secrets.iter().map(|(name, stores)| json!({ "name": name, "stores": stores }));
    let node = |(node, cell): &(NodeName, Option<_>)| {
        (node.to_string(), cell.as_ref().map_or(Value::Null, status::cell))
    };
    let last_run = |(node, time, message): &(NodeName, String, String)| json!({ "node": node, "time": time, "message": message });
    json!({
        "format": json::FORMAT,
        "environment": environment,
        "id": explained.id,
        "kind": explained.kind,
        "origin": explained.place,
        "owner": explained.owner,
        "replica_of": explained.replica_of,
        "crossings": explained.crossings,
        "reads": reads.collect::<Vec<_>>(),
        "writes": writes.collect::<Vec<_>>(),
        "used_by": list(&explained.used_by),
        "variables": variables.collect::<Vec<_>>(),
        "secrets": secrets.collect::<Vec<_>>(),
        "protected": explained.protected,
        "last_runs": explained.last_runs.iter().map(last_run).collect::<Vec<_>>(),
        "nodes": explained.nodes.iter().map(node).collect::<serde_json::Map<_, _>>(),
    })
}
