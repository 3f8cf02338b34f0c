//! The pipes of nodes, and their logs, for people and for machines.

use deployer_core::Result;
use deployer_core::model::NodeName;
use deployer_core::traits::{PipeEvent, PipeState};
use serde_json::{Value, json};

use super::escape::line;
use super::layout::{COLUMNS, WIDEST, wrapped};
use super::{Style, json, table};

/// The pipes of a node, or why they cannot be read.
pub(crate) type OfNode = (NodeName, Result<Vec<PipeState>>);

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
        text.push_str(&rows(pipes));
        text.push('\n');
    }
    text
}

/// One line per pipe. What does not fit the columns has a line of its own: the cells after a long id, then a long message.
fn rows(pipes: &[PipeState]) -> String {
    let head = ["state", "queue", "last run"].map(str::to_owned);
    let cells =
        pipes.iter().map(|pipe| [word(pipe).to_owned(), pipe.queue.to_string(), time(&pipe.last_run)]);
    let cells = table(&std::iter::once(head).chain(cells).collect::<Vec<_>>());
    let widest = cells.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    let ids: Vec<_> = pipes.iter().map(|pipe| line(&pipe.id)).collect();
    let widths = ids.iter().map(|id| id.chars().count()).filter(|width| *width <= WIDEST);
    let width = widths.max().unwrap_or(0).max("pipe".len());
    let messages =
        std::iter::once("message".to_owned()).chain(pipes.iter().map(|pipe| short(&message(pipe))));
    let ids = std::iter::once("pipe").chain(ids.iter().map(|id| &**id));
    let row = |((id, cells), message): ((&str, &str), String)| {
        let mut row = format!("  {id:<width$}  ");
        if row.chars().count() + widest > COLUMNS {
            row = format!("  {id}\n  {:<width$}  ", "");
        }
        row.push_str(&format!("{cells:<widest$}"));
        let at = row.rsplit('\n').next().unwrap_or_default().chars().count();
        let gap = if at + 2 + message.chars().count() > COLUMNS { OWN_LINE } else { "  " };
        format!(
            "{}\n",
            format!("{}{gap}{message}", if gap == OWN_LINE { row.trim_end() } else { &row }).trim_end()
        )
    };
    ids.zip(cells.lines()).zip(messages).map(row).collect()
}

/// What precedes a message on a line of its own.
const OWN_LINE: &str = "\n      ";

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
    let most = COLUMNS - OWN_LINE.len();
    match text.char_indices().nth(most) {
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

/// One event after the other, in lines that fit the columns.
pub(crate) fn log(events: &[Placed<'_>]) -> String {
    let line = |((node, pipe), event): &Placed<'_>| {
        let parts = [
            time(&event.time),
            node.to_string(),
            line(pipe).into_owned(),
            line(&event.kind).into_owned(),
            line(&event.text).into_owned(),
        ];
        wrapped(parts.join(" ").trim_end(), COLUMNS) + "\n"
    };
    events.iter().map(line).collect()
}

/// The same as a document.
pub(crate) fn log_document(environment: &str, events: &[Placed<'_>]) -> Value {
    let event = |((node, pipe), event): &Placed<'_>| json!({ "node": node, "pipe": pipe, "time": event.time, "event": event.kind, "text": event.text });
    let events: Vec<Value> = events.iter().map(event).collect();
    json!({ "format": json::FORMAT, "environment": environment, "events": events })
}

#[cfg(test)]
mod tests {
    use deployer_core::traits::PipeRole;

    use super::*;

    fn pipe(id: String, message: &str) -> PipeState {
        let mut pipe = PipeState::new(id, PipeRole::Output);
        pipe.state = "finished".to_owned();
        pipe.last_run = "2026-01-02T03:04:05.6Z".to_owned();
        pipe.message = message.to_owned();
        pipe
    }

    #[test]
    fn lines_fit_the_columns_whatever_the_ids_and_messages_are() {
        let shown = rows(&[
            pipe("orders".to_owned(), "Pump finished."),
            pipe("o".repeat(40), &"word ".repeat(10)),
            pipe("p".repeat(70), "Pump finished."),
            pipe("q".repeat(90), &"word ".repeat(50)),
        ]);
        assert!(shown.lines().all(|line| line.chars().count() <= COLUMNS), "{shown}");
        let start = |id: &str, rest: &str| format!("  {id:<40}  {rest}\n");
        assert!(
            shown.starts_with(&start("pipe", "state     queue  last run             message")),
            "{shown}"
        );
        let row = "finished  0      2026-01-02T03:04:05";
        assert!(shown.contains(&start("orders", &format!("{row}  Pump finished."))), "{shown}");
        assert!(shown.contains(&(start(&"o".repeat(40), row) + "      word word ")), "{shown}");
        let own = format!("  {}\n{}", "p".repeat(70), start("", &format!("{row}  Pump finished.")));
        assert!(shown.contains(&own), "{shown}");
        assert!(shown.ends_with("…\n"), "{shown}");
    }

    #[test]
    fn an_event_that_does_not_fit_goes_on_in_the_next_line() {
        let place = (NodeName::master(), "p".repeat(70));
        let event = |text: &str| {
            PipeEvent::new("2026-01-02T03:04:05Z".to_owned(), "pump-failed".to_owned(), text.to_owned())
        };
        let shown = log(&[(&place, event("short")), (&place, event(&"word ".repeat(30)))]);
        assert!(shown.lines().all(|line| line.chars().count() <= COLUMNS), "{shown}");
        assert!(shown.contains("\n  pump-failed short\n"), "{shown}");
    }
}
