//! The options of `watch` and `approve`.

use std::path::PathBuf;

use clap::Args;

/// `watch`
#[derive(Debug, Clone, Default, Args)]
pub struct Watch {
    /// State folder, as for `deploy`.
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
}

/// `approve`
#[derive(Debug, Clone, Args)]
pub struct Approve {
    /// The plan that is held, as the process names it.
    #[arg(value_name = "PLAN")]
    pub plan: String,
    /// The deployment that holds it, if the settings file lists several.
    #[arg(long, value_name = "NAME")]
    pub deployment: Option<String>,
    /// State folder of the process that watches, if the settings name no place for its state.
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
}
