//! The options of `lock`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `lock`
#[derive(Debug, Clone, Args)]
pub struct Lock {
    /// Without a command, locks are listed.
    #[command(subcommand)]
    pub command: Option<LockCommand>,
    /// State folder, as for `deploy`. It is only read.
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
}

/// The commands of `lock`.
#[derive(Debug, Clone, Subcommand)]
pub enum LockCommand {
    /// Take the lease for a target away from a run that has ended
    ///
    /// The next run acquires it at once. A run that has not ended can go on writing until its next renewal, at most 15 seconds later. Refused (exit code 4) if the
    /// lease has another epoch.
    Break {
        /// The node or its target, as `lock` lists them.
        #[arg(value_name = "TARGET")]
        target: String,
        /// The epoch, as `lock` lists it.
        #[arg(long, value_name = "N")]
        epoch: u64,
    },
}
