//! The options of the commands of the daily job: `status`, `explain`, `dump`, `pipes` and `logs`.

use std::path::PathBuf;

use clap::Args;

/// `status`
#[derive(Debug, Clone, Args)]
pub struct Status {
    /// Also show the differences, from what the node has to what a deploy would write.
    #[arg(long)]
    pub diff: bool,
    /// End with exit code 2 if a node has anything else than a deploy would write.
    #[arg(long)]
    pub exit_code: bool,
    /// Show the state again every SECONDS, until interrupted. Needs a terminal.
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "10", conflicts_with = "exit_code")]
    pub watch: Option<u64>,
    /// State folder, as for `deploy`. It is only read.
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
}

/// `explain`
#[derive(Debug, Clone, Args)]
pub struct Explain {
    /// The `_id` of a pipe or a system.
    #[arg(value_name = "ENTITY")]
    pub entity: String,
    /// Read no node and no store: explain the entity from the configuration alone.
    #[arg(long)]
    pub offline: bool,
    /// State folder, as for `deploy`. It is only read.
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
}

/// `dump`
#[derive(Debug, Clone, Args)]
pub struct Dump {
    /// New folder, with one subfolder per node.
    #[arg(value_name = "DIR", required_unless_present = "into", conflicts_with = "into")]
    pub folder: Option<PathBuf>,
    /// Write a zip archive for each node in place of a folder, as a node takes it, without the names of secrets.
    #[arg(long, conflicts_with = "into")]
    pub zip: bool,
    /// Write the differences into the files of this node folder instead. It must be the one that the configuration is read from.
    #[arg(long, value_name = "NODE_FOLDER")]
    pub into: Option<PathBuf>,
    /// With --into, also remove the entities and variables that left the nodes.
    #[arg(long, requires = "into")]
    pub yes: bool,
}

/// `pipes`
#[derive(Debug, Clone, Args)]
pub struct Pipes {
    /// Only pipes that failed, are invalid, or wait with entities.
    #[arg(long)]
    pub troubled: bool,
}

/// `logs`
#[derive(Debug, Clone, Args)]
pub struct Logs {
    /// The pipes.
    #[arg(value_name = "PIPE", required = true)]
    pub pipes: Vec<String>,
    /// Show new events until interrupted.
    #[arg(short, long)]
    pub follow: bool,
    /// The most events of each pipe.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
}
