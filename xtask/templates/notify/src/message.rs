//! What is posted.

use deployer_core::model::{Report, one_line};
use serde::Serialize;

/// The longest line of a message, in characters.
const LONGEST_LINE: usize = 600;
/// The most lines of a message.
const MOST_LINES: usize = 100;
/// The most of a diff that is posted, in bytes.
const LARGEST_DIFF: usize = 100_000;

/// A message as the service takes it.
#[derive(Debug, Serialize)]
pub(crate) struct Message {
    text: String,
    diff: Option<String>,
}

impl Message {
    /// The message for a report: the link first, then how it ended, what failed, and a line a node.
    pub(crate) fn of_report(report: &Report) -> Self {
        let heading = format!("{}: {}", report.heading(), report.summary);
        let lines = report.link.iter().chain([&heading]).chain(&report.errors).chain(&report.nodes);
        let mut lines: Vec<String> = lines.map(|line| one_line(line, LONGEST_LINE)).collect();
        if lines.len() > MOST_LINES {
            let left_out = lines.len() - MOST_LINES;
            lines.truncate(MOST_LINES);
            lines.push(format!("… {left_out} more lines"));
        }
        let diff = Some(cut(&report.diff, LARGEST_DIFF)).filter(|diff| !diff.is_empty());
        Self { text: lines.join("\n"), diff }
    }

    /// The message of a test.
    pub(crate) fn of_test(environment: &str) -> Self {
        Self { text: format!("sesam-deployer can post here for {environment}."), diff: None }
    }
}

/// The whole lines at the start of a text that take no more than so many bytes, and how many lines follow them.
fn cut(text: &str, largest: usize) -> String {
    if text.len() <= largest {
        return text.to_owned();
    }
    let end = text.as_bytes()[..largest].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let (kept, left_out) = text.split_at(end);
    format!("{kept}… {} more lines\n", left_out.lines().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_counted() {
        assert_eq!(cut("ab\ncd\n", 6), "ab\ncd\n");
        assert_eq!(cut("ab\ncd\nef\n", 7), "ab\ncd\n… 1 more lines\n");
        assert_eq!(cut("ab\nøø\n", 4), "ab\n… 1 more lines\n");
    }
}
