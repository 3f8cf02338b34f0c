//! The options of the commands that test the output of pipes: `test`, `run`, `verify` and `update`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// What the commands that compare outputs have in common.
#[derive(Debug, Clone, Default, Args)]
pub struct Outputs {
    /// Only the specs of these pipes.
    #[arg(long, value_name = "PIPE")]
    pub only: Vec<String>,
    /// Also fail if there is no spec at all.
    #[arg(long, alias = "fail-without-specs")]
    pub strict: bool,
    /// Compare long integers exactly. Without it they are compared as doubles, as Sesam's command-line tool does.
    #[arg(long)]
    pub exact_integers: bool,
    /// Write the results as JUnit XML, also if the run breaks off.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
}

/// A part of a test that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Uploading the configuration, variables and testdata.
    Upload,
    /// Running the pipes.
    Run,
}

/// `test`
#[derive(Debug, Clone, Args)]
pub struct Test {
    /// Write the outputs as the expected files, in place of comparing them.
    #[arg(long)]
    pub update: bool,
    /// Leave out a part: what the node has and did before is tested.
    #[arg(long, value_enum, value_name = "PART")]
    pub skip: Vec<Part>,
    /// How often the pipes are run before their outputs are compared.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub runs: u32,
    /// The most seconds that a run can take.
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    pub max_run_time: u64,
    /// Also send secrets. A node for tests must not have secrets of real systems.
    #[arg(long)]
    pub with_secrets: bool,
    /// Approve the upload without a question, including large removals; with --update also the removal of specs without a pipe.
    #[arg(long)]
    pub yes: bool,
    /// State folder, as for `deploy`.
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Do not save a snapshot of the node before it is changed.
    #[arg(long)]
    pub no_snapshot: bool,
    /// Which outputs are compared, and how.
    #[command(flatten)]
    pub outputs: Outputs,
}

/// `run`
#[derive(Debug, Clone, Args)]
pub struct Run {
    /// The most seconds that the run can take.
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    pub max_run_time: u64,
}

/// `update`
#[derive(Debug, Clone, Args)]
pub struct Update {
    /// Also remove the specs of pipes that the configuration does not have any more.
    #[arg(long)]
    pub yes: bool,
    /// Which outputs are compared, and how.
    #[command(flatten)]
    pub outputs: Outputs,
}
