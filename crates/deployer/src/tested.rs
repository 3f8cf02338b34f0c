//! What a test found.

use std::time::Duration;

use deployer_core::Error;
use deployer_expectations::Difference;

/// The results of a test, as far as it came.
#[derive(Debug, Default)]
pub(crate) struct Tested {
    /// The pipes of the configuration that the node finds invalid, with the reasons.
    pub(crate) invalid: Vec<(String, String)>,
    /// Whether the pipes ran.
    pub(crate) ran: Option<bool>,
    /// How long the pipes ran.
    pub(crate) run_time: Duration,
    /// The pipes that did not do all their work in the run.
    pub(crate) troubled: Vec<Troubled>,
    /// The specs in the order of their names.
    pub(crate) cases: Vec<Case>,
    /// The files that were written, below the root.
    pub(crate) written: Vec<String>,
    /// The files that were removed, below the root.
    pub(crate) removed: Vec<String>,
    /// Why the test broke off or is void.
    pub(crate) error: Option<Error>,
}

/// A pipe that did not do all its work in a run.
#[derive(Debug)]
pub(crate) struct Troubled {
    pub(crate) pipe: String,
    /// Whether it did not run to its end.
    pub(crate) has_failed: bool,
    /// Its last message.
    pub(crate) message: String,
    /// The newest event `pump-failed` of its last run.
    pub(crate) failure: Option<String>,
    /// How many entities wait for it.
    pub(crate) queue: u64,
    /// How many entities it could not process.
    pub(crate) dead_letters: u64,
}

impl Troubled {
    /// What is wrong, on one line.
    pub(crate) fn words(&self) -> String {
        let number = |number: u64, word: &str| (number > 0).then(|| format!("{word}: {number}"));
        let message = Some(self.message.clone()).filter(|message| self.has_failed && !message.is_empty());
        let failure = self.failure.clone().filter(|failure| !failure.is_empty());
        let parts = [
            message,
            failure.map(|failure| format!("pump-failed: {failure}")),
            number(self.queue, "entities that wait"),
            number(self.dead_letters, "dead letters"),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }
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
    /// How long fetching and comparing took.
    pub(crate) time: Duration,
}

/// How a spec ended.
#[derive(Debug)]
pub(crate) enum CaseResult {
    /// The output is what is expected.
    Passed,
    /// The output differs.
    Differs(Box<Differing>),
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

/// How an output differs. It is small, however large the output is.
#[derive(Debug)]
pub(crate) struct Differing {
    /// `length`, `content` or `bytes`.
    pub(crate) kind: &'static str,
    /// The same in words.
    pub(crate) sum: String,
    /// The first line of the expected file that differs.
    pub(crate) line: u32,
    /// The first values that differ.
    pub(crate) values: Vec<Difference>,
    /// How many more values differ.
    pub(crate) more_values: usize,
    /// The beginning of the unified diff, in whole lines.
    pub(crate) diff: String,
    /// How many more lines the diff has.
    pub(crate) more_lines: usize,
}

impl Case {
    /// A spec that was not compared.
    pub(crate) fn new(name: String, pipe: String, file: String, result: CaseResult) -> Self {
        Self { name, pipe, file, result, time: Duration::ZERO }
    }
}

impl Tested {
    pub(crate) fn count(&self, is_it: impl Fn(&CaseResult) -> bool) -> usize {
        self.cases.iter().filter(|case| is_it(&case.result)).count()
    }

    pub(crate) fn differing(&self) -> usize {
        self.count(|result| matches!(result, CaseResult::Differs(_)))
    }

    pub(crate) fn failed(&self) -> usize {
        self.count(|result| matches!(result, CaseResult::Failed(_)))
    }

    /// The cases that have no result.
    pub(crate) fn unjudged(&self) -> usize {
        self.count(|result| matches!(result, CaseResult::NotReached | CaseResult::NotWritten))
    }

    pub(crate) fn missing(&self) -> usize {
        self.count(|result| matches!(result, CaseResult::Missing))
    }
}
