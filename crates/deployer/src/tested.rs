//! What a test found.

use deployer_core::Error;
use deployer_expectations::Compared;

/// The results of a test, as far as it came.
#[derive(Debug, Default)]
pub(crate) struct Tested {
    /// The pipes of the configuration that the node finds invalid, with the reasons.
    pub(crate) invalid: Vec<(String, String)>,
    /// Whether the pipes ran.
    pub(crate) ran: Option<bool>,
    /// The pipes that failed in the run, with their last messages.
    pub(crate) failed_pipes: Vec<(String, String)>,
    /// The specs in the order of their names.
    pub(crate) cases: Vec<Case>,
    /// The files that were written, below the root.
    pub(crate) written: Vec<String>,
    /// The files that were removed, below the root.
    pub(crate) removed: Vec<String>,
    /// Why the test broke off or is void.
    pub(crate) error: Option<Error>,
}

/// The result of a spec.
#[derive(Debug)]
pub(crate) struct Case {
    /// The name of the spec's file without `.test.json`.
    pub(crate) name: String,
    pub(crate) pipe: String,
    /// The expected file, below the root.
    pub(crate) file: String,
    pub(crate) result: CaseResult,
}

/// How a spec ended.
#[derive(Debug)]
pub(crate) enum CaseResult {
    /// The output is what is expected.
    Passed,
    /// The output differs, and in which way: `length`, `content` or `bytes`.
    Differs(&'static str, String, Box<Compared>),
    /// The output cannot be fetched or compared.
    Failed(Error),
    /// The pipe has no spec.
    Missing,
    /// The spec or the whitelist leaves it out, and why.
    Skipped(&'static str),
    /// The expected file is the output now.
    Updated,
    /// The expected file would be the output now, but the files could not be written.
    NotWritten,
    /// The test broke off before.
    NotReached,
}

impl Tested {
    pub(crate) fn count(&self, is_it: impl Fn(&CaseResult) -> bool) -> usize {
        self.cases.iter().filter(|case| is_it(&case.result)).count()
    }

    pub(crate) fn differing(&self) -> usize {
        self.count(|result| matches!(result, CaseResult::Differs(..)))
    }

    pub(crate) fn failed(&self) -> usize {
        self.count(|result| matches!(result, CaseResult::Failed(_)))
    }

    pub(crate) fn missing(&self) -> usize {
        self.count(|result| matches!(result, CaseResult::Missing))
    }
}
