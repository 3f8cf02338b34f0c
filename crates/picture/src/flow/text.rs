//! A flow as lines for a terminal.

use super::model::{Change, Flow, Link, MemberKind};
use crate::words::way;

/// The most columns of a line, unless one ID alone is longer.
const COLUMNS: usize = 100;

/// One heading per node, one line per member, and one per link that leads to it.
pub fn text(flow: &Flow) -> String {
    let mut text = format!("{}: {}\n", flow.title, flow.subtitle);
    for (lane, name) in flow.lanes.iter().enumerate() {
        text.push_str(&format!("\n{name}\n"));
        for (at, member) in flow.members.iter().enumerate().filter(|(_, member)| member.lane == lane) {
            let noun = if member.kind == MemberKind::Pipe { "pipe" } else { "system" };
            let sign = member.change.map_or(' ', Change::sign);
            let line = format!("{sign} {noun} {}  {}", plain(&member.id), plain(&member.detail));
            text.push_str(&fitting(line.trim_end()));
            for link in flow.links.iter().filter(|link| link.to == at) {
                text.push_str(&fitting(&format!("    <- {}", source(flow, link, lane))));
            }
        }
    }
    text
}

/// Where a link comes from, and how the data is read.
fn source(flow: &Flow, link: &Link, lane: usize) -> String {
    let from = &flow.members[link.from];
    let node =
        if from.lane == lane { String::new() } else { format!(" on {}", plain(&flow.lanes[from.lane])) };
    let label = link.label.as_ref().map(|label| format!(", {}", plain(label))).unwrap_or_default();
    format!("{}{node}{}{label}", plain(&from.id), way(link.way))
}

/// A line, or two where one does not fit.
fn fitting(line: &str) -> String {
    let split = line.rmatch_indices([' ']).find(|(at, _)| *at > 8 && line[..*at].chars().count() <= COLUMNS);
    match split {
        Some((at, _)) if line.chars().count() > COLUMNS => {
            format!("{}\n        {}\n", line[..at].trim_end(), line[at..].trim())
        }
        _ => format!("{line}\n"),
    }
}

/// Text without controls.
fn plain(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::flow;

    #[test]
    fn each_member_has_its_sources_with_node_way_and_replica() {
        let text = text(&flow());
        let expected = "~ pipe global-måler  merges 2 datasets\n    <- nett-måler on nett, through nett-måler-to-master\n    \
                        <- global-kunde in a hop\n";
        assert!(text.contains(expected), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= COLUMNS), "{text}");
    }
}
