//! The sums of the crossings for Mermaid, which GitHub, GitLab and Azure DevOps draw in comments.

use crate::markup::short;
use crate::model::{Crossing, Node, Picture};
use crate::rows::pairs;
use crate::words::count;

/// GitLab draws a longer diagram of a comment only after a click.
pub(crate) const MOST_CHARACTERS: usize = 1_900;

/// The most pipes that an arrow names, from the best to the shortest.
const NAMES: [usize; 4] = [6, 3, 1, 0];

/// A box per node, and an arrow per direction with the number of pipes and the first of their names. At most 1,900 characters: where
/// there are too many nodes, the last ones are counted in one box.
pub fn mermaid(picture: &Picture) -> String {
    let others = picture.nodes.len().saturating_sub(1);
    let shorter = NAMES.into_iter().map(|names| diagram(picture, others, names));
    let fewer = (0..others).rev().map(|nodes| diagram(picture, nodes, 0));
    let fits = |diagram: &String| diagram.chars().count() <= MOST_CHARACTERS;
    shorter.chain(fewer).find(fits).unwrap_or_else(|| "graph LR\n".to_owned())
}

fn diagram(picture: &Picture, shown: usize, names: usize) -> String {
    let mut text = String::from("graph LR\n");
    let Some(master) = picture.nodes.first() else { return text };
    text.push_str(&box_of(0, master));
    let pairs = pairs(picture);
    for (at, pair) in pairs.iter().enumerate().take(shown) {
        let number = at + 1;
        text.push_str(&box_of(number, pair.right));
        for (_, to, crossings) in pair.directions() {
            let (from, to) = if to.name == pair.left.name { (number, 0) } else { (0, number) };
            text.push_str(&format!("  n{from} -->|\"{}\"| n{to}\n", label(crossings, names)));
        }
    }
    let left = pairs.len() - shown.min(pairs.len());
    if left > 0 {
        text.push_str(&format!("  rest[\"and {}\"]\n", count(left, "more node").as_str()));
    }
    text
}

fn box_of(number: usize, node: &Node) -> String {
    let kind = if node.proxy { " (proxy node)" } else { "" };
    let contents = format!("{}, {}", count(node.pipes, "pipe"), count(node.systems, "system"));
    format!("  n{number}[\"{}{kind}<br/>{contents}\"]\n", quoted(&short(&node.name)))
}

fn label(crossings: &[&Crossing], names: usize) -> String {
    let number = count(crossings.len(), "pipe");
    if names == 0 {
        return number;
    }
    let named: Vec<String> =
        crossings.iter().take(names).map(|crossing| quoted(&short(&crossing.pipe))).collect();
    let more = crossings.len() - named.len();
    let more = if more > 0 { format!("<br/>and {more} more") } else { String::new() };
    format!("{number}:<br/>{}{more}", named.join("<br/>"))
}

/// Text inside of quotes: every character that Mermaid, Markdown or HTML could read becomes a code.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    for character in text.chars() {
        if character.is_alphanumeric() || matches!(character, '-' | '.' | ' ' | '…' | ':') {
            quoted.push(character);
        } else {
            quoted.push_str(&format!("#{};", u32::from(character)));
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{any, demo, wide};

    #[test]
    fn an_arrow_has_the_number_and_the_first_names() {
        let expected = "graph LR\n  n0[\"master<br/>5 pipes, 2 systems\"]\n  n1[\"nett<br/>5 pipes, 2 systems\"]\n  \
                        n1 -->|\"2 pipes:<br/>nett-anlegg<br/>nett-måler\"| n0\n  n0 -->|\"1 pipe:<br/>kunde-nett\"| n1\n  \
                        n2[\"marked (proxy node)<br/>5 pipes, 2 systems\"]\n  n2 -->|\"1 pipe:<br/>marked-balanse\"| n0\n";
        assert_eq!(mermaid(&demo()), expected);
        assert!(mermaid(&wide(300)).contains("300 pipes:<br/>pipe-0000"));
        assert!(mermaid(&wide(300)).contains("pipe-0005<br/>and 294 more\""));
    }

    #[test]
    fn no_picture_is_longer_than_a_comment_allows_and_no_id_leaves_its_quotes() {
        arbtest::arbtest(|u| {
            let picture = any(u)?;
            let diagram = mermaid(&picture);
            assert!(diagram.chars().count() <= MOST_CHARACTERS && !diagram.contains('&'));
            for line in diagram.lines().skip(1) {
                assert_eq!(line.matches('"').count(), 2, "{line}");
            }
            Ok(())
        });
        let mut many = wide(1);
        let node = many.nodes[1].clone();
        many.nodes.extend((0..500).map(|number| Node { name: format!("node-{number}"), ..node.clone() }));
        let diagram = mermaid(&many);
        assert!(
            diagram.chars().count() <= MOST_CHARACTERS && diagram.contains(" more nodes\"]"),
            "{diagram}"
        );
    }
}
