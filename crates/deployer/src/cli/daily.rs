//! The options of the commands of the daily job: `status`, `explain` and `dump`.

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
    /// Read no node: explain the entity from the configuration alone.
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
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}
