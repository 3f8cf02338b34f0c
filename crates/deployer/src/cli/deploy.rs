//! The options of the commands that plan and write: `deploy`, `plan`, `apply` and `restore`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::choices::{Detail, Format};

/// `deploy`
#[derive(Debug, Clone, Default, Args)]
pub struct Deploy {
    /// Do everything except the writes.
    #[arg(long)]
    pub dry_run: bool,
    /// Approve the plan without a question, including large removals.
    #[arg(long)]
    pub yes: bool,
    /// Allow N removals per node without consent, instead of the built-in limits.
    #[arg(long, value_name = "N")]
    pub max_deletions: Option<usize>,
    /// Upload even if a node rejects the configuration; its errors become warnings.
    #[arg(long)]
    pub force: bool,
    /// First lines of git commits, with the placeholders {environment}, {node}, {revision} and {link}.
    #[arg(long, value_name = "TEXT")]
    pub message: Option<String>,
    /// State folder with snapshots, locks and fingerprints, unless `state` in the settings names a place that machines share [default: $SESAM_DEPLOYER_STATE, then `state` of the settings file, then
    /// $XDG_STATE_HOME/sesam-deployer, then ~/.local/state/sesam-deployer].
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// How long to wait for another run that has one of the nodes, such as 90s or 10m [default: do not wait].
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub wait: Option<Duration>,
    /// Do not save a snapshot of the nodes before they are changed.
    #[arg(long)]
    pub no_snapshot: bool,
    /// Send all secrets, including those whose fingerprints show that they are unchanged.
    #[arg(long)]
    pub resend_secrets: bool,
    /// End with exit code 1 if a notifier fails, instead of a warning.
    #[arg(long)]
    pub strict: bool,
    /// Write the plan and the receipt to a file, as one self-contained HTML page.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// How much of the plan is shown.
    #[command(flatten)]
    pub shown: Shown,
    /// Nobody is asked, even on a terminal. Only the plan with this name has consent.
    #[arg(skip)]
    pub unattended: Option<Approved>,
}

/// A duration, such as `90s`, `10m` or `1h 30m`.
fn duration(text: &str) -> Result<Duration, String> {
    let expected = || "expected a duration such as 90s, 10m or 1h".to_owned();
    let parsed: jiff::SignedDuration = text.parse().map_err(|_| expected())?;
    Duration::try_from(parsed).map_err(|_| expected())
}

/// `apply`
#[derive(Debug, Clone, Args)]
pub struct Apply {
    /// The file that `plan --out` wrote, or `state:NAME`.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The options of a deploy.
    #[command(flatten)]
    pub deploy: Deploy,
}

/// `restore`
#[derive(Debug, Clone, Args)]
pub struct Restore {
    /// Snapshot, as a file or as `restore` lists it. Without it, the snapshots of the nodes are listed, newest first.
    #[arg(value_name = "SNAPSHOT")]
    pub file: Option<PathBuf>,
    /// Restore the newest snapshot.
    #[arg(long, conflicts_with = "file")]
    pub last: bool,
    /// The options of a deploy.
    #[command(flatten)]
    pub deploy: Deploy,
}

/// `plan`
#[derive(Debug, Clone, Args)]
pub struct Plan {
    /// Output format [default: text].
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// How much of the plan is shown.
    #[command(flatten)]
    pub shown: Shown,
    /// Also save the plan for `apply`: to a file, or as `state:NAME` with the state, where other machines find it.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Also write the plan, or the reason why there is none, to a file as Markdown.
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
    /// Also write the plan, or the reason why there is none, to a file as a self-contained HTML page.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// End with exit code 2 if there are changes.
    #[arg(long)]
    pub exit_code: bool,
    /// State folder, as for `deploy`. It is only read.
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
}

/// How much of a plan is shown.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Shown {
    /// Show only counts and removals.
    #[arg(long, conflicts_with = "full")]
    pub summary: bool,
    /// Also show the text of new entities.
    #[arg(long)]
    pub full: bool,
}

impl Shown {
    /// The level of detail.
    pub(crate) fn detail(self) -> Detail {
        match (self.summary, self.full) {
            (true, _) => Detail::Summary,
            (_, true) => Detail::Full,
            _ => Detail::Changes,
        }
    }
}

/// What a person approved before the deploy began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approved {
    /// Nothing.
    Nothing,
    /// The plan with this name.
    Plan(String),
}
