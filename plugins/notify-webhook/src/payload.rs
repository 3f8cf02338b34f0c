//! The body. `schema.json` describes its format, which has a version.

use deployer_core::model::{Outcome, Report};
use serde::Serialize;

/// The version of the format. It increases when a member changes its meaning or is removed, not when one is added.
const FORMAT: u32 = 1;

/// The largest part of a diff that is sent, in bytes; common receivers accept one megabyte in total.
const LARGEST_DIFF: usize = 256 * 1024;

/// The content of a body.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum Payload<'a> {
    /// A run has ended.
    Deploy {
        format: u32,
        environment: &'a str,
        outcome: Outcome,
        summary: &'a str,
        link: Option<&'a str>,
        nodes: &'a [String],
        errors: &'a [String],
        diff: &'a str,
        diff_lines_left_out: usize,
    },
    /// A test of the settings.
    Test { format: u32, environment: &'a str, message: &'static str },
}

impl<'a> Payload<'a> {
    /// The body for a report.
    pub(crate) fn of_report(report: &'a Report) -> Self {
        let (diff, diff_lines_left_out) = cut(&report.diff, LARGEST_DIFF);
        Self::Deploy {
            format: FORMAT,
            environment: &report.environment,
            outcome: report.outcome,
            summary: &report.summary,
            link: report.link.as_deref(),
            nodes: &report.nodes,
            errors: &report.errors,
            diff,
            diff_lines_left_out,
        }
    }

    /// The body of a test.
    pub(crate) fn of_test(environment: &'a str) -> Self {
        Self::Test { format: FORMAT, environment, message: "sesam-deployer can post here." }
    }

    /// The kind of the body, which is also in a header.
    pub(crate) fn event(&self) -> &'static str {
        match self {
            Self::Deploy { .. } => "deploy",
            Self::Test { .. } => "test",
        }
    }
}

/// The whole lines at the start of a text that fit into a number of bytes, and the number of lines after them.
fn cut(text: &str, largest: usize) -> (&str, usize) {
    if text.len() <= largest {
        return (text, 0);
    }
    let end = text.as_bytes()[..largest].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let (kept, left_out) = text.split_at(end);
    (kept, left_out.lines().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_is_cut_at_the_end_of_a_line_and_the_rest_is_counted() {
        assert_eq!(cut("ab\ncd\n", 6), ("ab\ncd\n", 0));
        assert_eq!(cut("ab\ncd\nef", 7), ("ab\ncd\n", 1));
        assert_eq!(cut("ab\nøø\n", 4), ("ab\n", 1));
        assert_eq!(cut("abcdef\ng\n", 3), ("", 2));
    }
}
