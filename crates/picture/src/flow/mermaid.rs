//! A flow for Mermaid, within the limits of comments.

use super::model::{Flow, MemberKind};
use crate::mermaid::{MOST_CHARACTERS, quoted};

/// The most boxes of a diagram in a comment.
const MOST: usize = 40;

/// Boxes and arrows, cut at 40 boxes and 1,900 characters. The rest is counted.
pub fn mermaid(flow: &Flow) -> String {
    let fits = |diagram: &String| diagram.chars().count() <= MOST_CHARACTERS;
    let most = flow.members.len().min(MOST);
    (0..=most).rev().map(|shown| diagram(flow, shown)).find(fits).unwrap_or_else(|| "graph LR\n".to_owned())
}

fn diagram(flow: &Flow, shown: usize) -> String {
    let mut text = String::from("graph LR\n");
    for (at, member) in flow.members.iter().enumerate().take(shown) {
        let (open, close) = if member.kind == MemberKind::Pipe { ("[", "]") } else { ("{{", "}}") };
        text.push_str(&format!("  n{at}{open}\"{}\"{close}\n", quoted(&member.heading())));
    }
    for link in flow.links.iter().filter(|link| link.from.max(link.to) < shown) {
        let arrow = if link.crosses { "==>" } else { "-->" };
        text.push_str(&format!("  n{} {arrow} n{}\n", link.from, link.to));
    }
    let left = flow.members.len() - shown;
    if left > 0 {
        text.push_str(&format!("  rest[\"and {left} more\"]\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{any_flow, flow};

    #[test]
    fn systems_are_hexagons_and_crossings_thick() {
        let diagram = mermaid(&flow());
        for part in
            ["  n0{{\"nett-scada\"}}\n", "  n4[\"global-måler #126;\"]\n", "  n1 ==> n4\n", "  n3 --> n4\n"]
        {
            assert!(diagram.contains(part), "{part}: {diagram}");
        }
    }

    #[test]
    fn a_diagram_stays_within_the_limits_of_a_comment() {
        arbtest::arbtest(|u| {
            let flow = any_flow(u)?;
            let diagram = mermaid(&flow);
            assert!(diagram.chars().count() <= MOST_CHARACTERS && !diagram.contains('&'));
            Ok(())
        });
    }
}
