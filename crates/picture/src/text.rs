//! The crossings as lines for a terminal.

use crate::markup::width;
use crate::model::{Crossing, Picture};
use crate::rows::pairs;
use crate::words::{contents, count, opened, way};

/// The most columns of a line, unless one part alone is longer.
const COLUMNS: usize = 100;

/// The crossings as text: the nodes, then one heading per direction and one entry per pipe.
pub fn text(picture: &Picture) -> String {
    let mut text = String::new();
    for node in &picture.nodes {
        let proxy = if node.proxy { " (proxy node)" } else { "" };
        text.push_str(&format!("{}{proxy}: {}\n", node.name, contents(node)));
    }
    if picture.crossings.is_empty() {
        text.push_str("\nNothing crosses between nodes.\n");
    }
    for pair in pairs(picture) {
        for (from, to, crossings) in pair.directions() {
            let number = count(crossings.len(), "pipe");
            text.push_str(&format!(
                "\n{} -> {}: {number}; {}\n",
                from.name,
                to.name,
                opened(crossings.iter().copied())
            ));
            let widest = crossings.iter().map(|crossing| columns(&crossing.pipe)).max().unwrap_or_default();
            let widest = widest.min(COLUMNS / 3);
            crossings.iter().for_each(|crossing| text.push_str(&entry(crossing, widest)));
        }
    }
    text
}

/// The terminal columns of a text.
fn columns(text: &str) -> usize {
    width(text, 100) / 62
}

/// `  PIPE  read by READER, through REPLICA`, on as many lines as are needed.
fn entry(crossing: &Crossing, widest: usize) -> String {
    let mut parts: Vec<String> = Vec::new();
    let readers = crossing.readers.iter().map(|reader| format!("{}{}", reader.pipe, way(reader.way)));
    match readers.collect::<Vec<_>>().as_slice() {
        [] => parts.push("no pipe reads it".to_owned()),
        readers => parts.extend(introduced("read by", readers)),
    }
    let replicas = crossing.replicas.iter().map(|replica| format!("{} on {}", replica.id, replica.node));
    match replicas.collect::<Vec<_>>().as_slice() {
        [] => parts.push("no replica".to_owned()),
        replicas => parts.extend(introduced("through", replicas)),
    }
    let pad = " ".repeat(widest.saturating_sub(columns(&crossing.pipe)));
    let mut lines = vec![format!("  {}{pad}  ", crossing.pipe)];
    let mut is_first = true;
    let last = parts.len() - 1;
    for (at, part) in parts.into_iter().enumerate() {
        let part = if at == last { part } else { format!("{part}, ") };
        let used = lines.last().map_or(0, |line| columns(line));
        if !is_first && used + columns(part.trim_end()) > COLUMNS {
            lines.push(" ".repeat(widest + 4));
        }
        is_first = false;
        if let Some(line) = lines.last_mut() {
            line.push_str(&part);
        }
    }
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// A list whose first item begins with a word.
fn introduced(word: &str, items: &[String]) -> Vec<String> {
    let mut parts = items.to_vec();
    if let Some(first) = parts.first_mut() {
        *first = format!("{word} {first}");
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{any, demo};

    #[test]
    fn an_entry_has_the_readers_and_the_replicas() {
        let text = text(&demo());
        let expected = "\nnett -> master: 2 pipes; nett opens every connection\n  \
                        nett-anlegg  read by global-kunde in a hop, through nett-anlegg-to-master on nett,\n               nett-anlegg on master\n";
        assert!(text.contains(expected), "{text}");
        assert!(text.contains("  marked-balanse  no pipe reads it, through"), "{text}");
        assert!(text.starts_with("master: 5 pipes, 2 systems · 3 of them generated\n"), "{text}");
        assert!(text.contains("marked (proxy node): "), "{text}");
    }

    #[test]
    fn lines_fit_the_terminal_unless_one_name_does_not() {
        arbtest::arbtest(|u| {
            let mut picture = any(u)?;
            picture.crossings.retain(|crossing| crossing.pipe.chars().count() < 20);
            for line in text(&picture).lines().filter(|line| line.starts_with("  ")) {
                let is_one_part = !line.trim_end_matches(',').contains(", ");
                assert!(columns(line) <= COLUMNS || is_one_part, "{line}");
            }
            Ok(())
        });
    }
}
