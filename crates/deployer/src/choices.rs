//! The values of options that other parts of the program use too.

use clap::ValueEnum;

/// The format of the log and of text for people.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object per line of the log; the rest as in `text`.
    Json,
    /// For Azure Pipelines: folded diffs, errors and warnings with file and line.
    Azure,
    /// For GitHub Actions: folded diffs, errors and warnings with file and line.
    Github,
}

/// When colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, if NO_COLOR is not set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The format of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// An overview and the diffs, for a terminal.
    Text,
    /// One JSON document.
    Json,
    /// For a comment on a pull request: folded, and shortened if it is too long.
    Markdown,
    /// Only the diffs, for other tools.
    Unified,
}

/// How much of a plan is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// Counts, removals, and remarks.
    Summary,
    /// Every change by name, and the diffs of what changes or is removed.
    #[default]
    Changes,
    /// The text of new entities as well.
    Full,
}
