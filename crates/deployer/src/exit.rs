//! The exit codes. The table is here and in docs/exit-codes.md, and a test compares the two.

use deployer_core::{Error, Kind};

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, or nothing to do.
    Done,
    /// Something failed.
    Failed,
    /// There are changes (`plan` and `status` with `--exit-code`).
    Changes,
    /// The configuration, a variable or a secret does not pass verification.
    Verification,
    /// A safety rule requires consent that was not given.
    Refused,
    /// The command line is wrong.
    Usage,
    /// The settings are wrong or incomplete.
    Settings,
    /// Interrupted by SIGINT.
    Interrupted,
    /// Ended by SIGTERM or SIGHUP.
    Terminated,
}

impl Exit {
    /// All exit codes with their meaning, as `--help` and the book list them.
    pub const TABLE: [(Self, &'static str); 9] = [
        (Self::Done, "done, or nothing to do"),
        (Self::Failed, "failed, also if a node refuses an entity or would refuse it"),
        (
            Self::Changes,
            "changes found (`plan` and `status` with `--exit-code`), or an output that is not as expected",
        ),
        (Self::Verification, "verification failed: missing variables or secrets, bad configuration"),
        (Self::Refused, "refused: no consent, a stale plan, another run, or an unsafe file"),
        (Self::Usage, "wrong command line"),
        (Self::Settings, "wrong or incomplete settings"),
        (Self::Interrupted, "interrupted by SIGINT"),
        (Self::Terminated, "ended by SIGTERM or SIGHUP"),
    ];

    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Changes => 2,
            Self::Verification => 3,
            Self::Refused => 4,
            Self::Usage => 64,
            Self::Settings => 78,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// The code for a failure. The handling of signals adds which signal interrupted a run.
    pub fn of(error: &Error) -> Self {
        match error.kind() {
            Kind::Verification => Self::Verification,
            Kind::Refused => Self::Refused,
            Kind::Settings => Self::Settings,
            Kind::Interrupted => Self::Interrupted,
            _ => Self::Failed,
        }
    }
}
