//! What is told to people outside the terminal.

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Only planned; nothing was written.
    Planned,
    /// Everything was written.
    Deployed,
    /// There was nothing to write.
    NothingToDo,
    /// It failed.
    Failed,
}

/// What a notifier delivers. All text in it is already masked.
#[derive(Debug, Clone)]
pub struct Report {
    /// How the run ended.
    pub outcome: Outcome,
    /// The name of the environment.
    pub environment: String,
    /// One line: what changed where.
    pub summary: String,
    /// A line a node.
    pub nodes: Vec<String>,
    /// The pipeline run or release this belongs to.
    pub link: Option<String>,
    /// The whole diff as text; empty when nothing changes.
    pub diff: String,
    /// Why it failed, one line an error.
    pub errors: Vec<String>,
}
