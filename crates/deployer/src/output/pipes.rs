//! The pipes of nodes, and their logs, for people and for machines.

use deployer_core::Result;
use deployer_core::model::NodeName;
use deployer_core::traits::{PipeEvent, PipeState};
use serde_json::{Value, json};

use super::escape::line;
use super::{Style, json, table};

/// The pipes of a node, or why they cannot be read.
pub(crate) type OfNode = (NodeName, Result<Vec<PipeState>>);

/// The most characters of a message on a line.
const LONGEST: usize = 40;

/// A table per node.
pub(crate) fn text(nodes: &[OfNode], style: Style) -> String {
    let mut text = String::new();
    for (node, read) in nodes {
        text.push_str(&format!("{}\n", style.bold(node.as_str())));
        let Ok(pipes) = read else {
            text.push_str("  unknown: the node cannot be read\n\n");
            continue;
        };
        if pipes.is_empty() {
            text.push_str("  no pipe\n\n");
            continue;
        }
        let head = ["  pipe", "state", "queue", "last run", "message"].map(str::to_owned);
        let rows = pipes.iter().map(|pipe| {
            [
                format!("  {}", line(&pipe.id)),
                word(pipe).to_owned(),
                pipe.queue.to_string(),
                time(&pipe.last_run),
                short(&message(pipe)),
            ]
        });
        text.push_str(&table(&std::iter::once(head).chain(rows).collect::<Vec<_>>()));
        text.push('\n');
    }
    text
}

/// The state in a word.
fn word(pipe: &PipeState) -> &str {
    match (pipe.is_valid, pipe.is_disabled, pipe.success, pipe.state.as_str()) {
        (false, ..) => "invalid",
        (_, true, ..) => "disabled",
        (_, _, Some(false), _) => "failed",
        (_, _, _, "") => "-",
        (.., state) => state,
    }
}

fn message(pipe: &PipeState) -> String {
    if pipe.is_valid { pipe.message.clone() } else { pipe.problems.join("; ") }
}

/// A time without fractions of a second.
fn time(time: &str) -> String {
    let whole = time.trim_start_matches("~t").split('.').next().unwrap_or_default();
    if whole.is_empty() { "-".to_owned() } else { line(whole.trim_end_matches('Z')).into_owned() }
}

fn short(text: &str) -> String {
    let text = line(text);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

/// The same as a document.
pub(crate) fn document(environment: &str, nodes: &[OfNode]) -> Value {
    let pipe = |pipe: &PipeState| {
        json!({
            "id": pipe.id,
            "valid": pipe.is_valid,
            "problems": pipe.problems,
            "disabled": pipe.is_disabled,
            "state": pipe.state,
            "queue": pipe.queue,
            "last_run": pipe.last_run,
            "success": pipe.success,
            "message": pipe.message,
        })
    };
    let node = |(node, read): &OfNode| match read {
        Ok(pipes) => {
            json!({ "node": node, "pipes": pipes.iter().map(pipe).collect::<Vec<_>>(), "error": null })
        }
        Err(error) => json!({ "node": node, "pipes": null, "error": json::error(error) }),
    };
    let nodes: Vec<Value> = nodes.iter().map(node).collect();
    json!({ "format": json::FORMAT, "environment": environment, "nodes": nodes })
}

/// An event with its node and pipe.
type Placed<'a> = (&'a (NodeName, String), PipeEvent);

/// One line per event.
pub(crate) fn log(events: &[Placed<'_>]) -> String {
    let line = |((node, pipe), event): &Placed<'_>| {
        let parts = [
            time(&event.time),
            node.to_string(),
            line(pipe).into_owned(),
            line(&event.kind).into_owned(),
            line(&event.text).into_owned(),
        ];
        parts.join(" ").trim_end().to_owned() + "\n"
    };
    events.iter().map(line).collect()
}

/// The same as a document.
pub(crate) fn log_document(environment: &str, events: &[Placed<'_>]) -> Value {
    let event = |((node, pipe), event): &Placed<'_>| json!({ "node": node, "pipe": pipe, "time": event.time, "event": event.kind, "text": event.text });
    let events: Vec<Value> = events.iter().map(event).collect();
    json!({ "format": json::FORMAT, "environment": environment, "events": events })
}
