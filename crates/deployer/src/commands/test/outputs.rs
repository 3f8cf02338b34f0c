//! Fetching what pipes output, and comparing it with what is expected, or writing it down as that.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use deployer_core::error::{Note, Place, nearest};
use deployer_core::traits::{NodeData, PipeOutput, PipeState};
use deployer_core::{Error, Kind, Result};
use deployer_engine::run::Runner;
use deployer_expectations::{Compared, Endpoint, Options, Spec, Verdict, expected_text, verdict};
use futures::future::join_all;
use futures::stream::{self, StreamExt};
use tokio::time::Instant;

use super::differing::differing;
use super::suite::{Expectation, Suite};
use crate::digest::digest;
use crate::tested::{Case, CaseResult};

/// How many outputs are fetched at once.
const AT_ONCE: usize = 16;

/// How long disabling a pipe again can take.
const PUT_BACK: Duration = Duration::from_millis(1500);

/// What is asked of the outputs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a> {
    /// Only the specs of these pipes; all if empty.
    pub(super) only: &'a [String],
    /// Whether the expected files are written, and need not exist.
    pub(super) is_update: bool,
    pub(super) options: Options,
}

/// The cases of a suite before anything is known of the node.
pub(super) fn unreached(suite: &Suite, only: &[String]) -> Vec<Case> {
    let asked = suite.specs.iter().filter(|it| only.is_empty() || only.contains(&it.spec.pipe));
    let case = |it: &Expectation| {
        let Spec { stem, pipe, ignore, .. } = &it.spec;
        let result = if *ignore { CaseResult::Skipped(IGNORED) } else { CaseResult::NotReached };
        Case::new(stem.clone(), pipe.clone(), it.file.clone(), result)
    };
    asked.map(case).collect()
}

/// The cases of a suite against the pipes of a node. The number is the spec's. `invalid` are the problems of pipes that are invalid.
///
/// # Errors
/// `Verification` with these problems and every spec that cannot be tested, and nothing is fetched.
pub(super) fn cases(
    suite: &Suite,
    pipes: &[PipeState],
    invalid: Vec<Error>,
    question: Question<'_>,
) -> Result<Vec<(Option<usize>, Case)>> {
    let by_id: BTreeMap<&str, &PipeState> = pipes.iter().map(|pipe| (pipe.id.as_str(), pipe)).collect();
    let is_asked = |pipe: &str| question.only.is_empty() || question.only.iter().any(|only| only == pipe);
    let mut problems = invalid;
    for only in question.only.iter().filter(|only| !by_id.contains_key(only.as_str())) {
        problems.push(unknown(only, &by_id, "--only names"));
    }
    let mut cases = Vec::new();
    for (number, it) in suite.specs.iter().enumerate().filter(|(_, it)| is_asked(&it.spec.pipe)) {
        let mut result = CaseResult::NotReached;
        if let Some(why) = left_out(suite, &it.spec, &by_id) {
            result = CaseResult::Skipped(why);
        } else if let Some(problem) = problem(it, &by_id, question.is_update) {
            if question.is_update && !by_id.contains_key(it.spec.pipe.as_str()) {
                // It is removed, or named as one that can be.
                continue;
            }
            problems.push(problem);
        }
        let Spec { stem, pipe, .. } = &it.spec;
        cases.push((Some(number), Case::new(stem.clone(), pipe.clone(), it.file.clone(), result)));
    }
    let with_spec: BTreeSet<&str> = suite.specs.iter().map(|it| it.spec.pipe.as_str()).collect();
    let untested = pipes.iter().filter(|pipe| pipe.role.is_tested() && is_asked(&pipe.id));
    if !suite.specs.is_empty() || question.is_update {
        for pipe in untested.filter(|pipe| !with_spec.contains(pipe.id.as_str())) {
            let file = format!("{}/{}.json", suite.folder, pipe.id);
            let id = pipe.id.clone();
            cases.push((None, Case::new(id.clone(), id, file, CaseResult::Missing)));
        }
    }
    if problems.is_empty() {
        return Ok(cases);
    }
    let message = format!("{} problems were found in pipes and specs; no output was fetched", problems.len());
    Err(Error::together(Kind::Verification, message, problems))
}

/// Why an ignored spec is not tested.
const IGNORED: &str = "the spec has `ignore`";

/// Why a spec is not tested.
fn left_out(suite: &Suite, spec: &Spec, pipes: &BTreeMap<&str, &PipeState>) -> Option<&'static str> {
    if spec.ignore {
        return Some(IGNORED);
    }
    let is_absent = !pipes.contains_key(spec.pipe.as_str());
    (is_absent && suite.pipe_files.contains(&spec.pipe)).then_some("the whitelist leaves the pipe out")
}

/// Why a spec cannot be tested.
fn problem(it: &Expectation, pipes: &BTreeMap<&str, &PipeState>, is_update: bool) -> Option<Error> {
    let at = Place::file(it.path.as_str());
    let pipe = &it.spec.pipe;
    let Some(state) = pipes.get(pipe.as_str()) else {
        return Some(unknown(pipe, pipes, "the spec names").at(at));
    };
    if !state.role.is_tested() {
        let message = format!(
            "the spec is for the pipe {pipe}, which sends no data out of the node and publishes none"
        );
        return Some(
            Error::new(Kind::Verification, message)
                .with_hint(
                    "remove the spec: only pipes whose sink is another system or an endpoint are tested",
                )
                .at(at),
        );
    }
    (!it.has_file && !is_update).then(|| it.absent())
}

fn unknown(pipe: &str, pipes: &BTreeMap<&str, &PipeState>, who: &str) -> Error {
    let error =
        Error::new(Kind::Verification, format!("{who} the pipe {pipe:?}, which the node does not have"));
    match nearest(pipe, pipes.keys().copied()) {
        Some(near) => error.with_hint(format!("did you mean {near:?}?")),
        None => error,
    }
}

/// Fetches the output of every case that is not decided yet, and hands it to `take`. A fetch that fails is the result of its case.
/// Returns warnings.
pub(super) async fn fetch(
    data: &dyn NodeData,
    suite: &Suite,
    pipes: &[PipeState],
    cases: &mut [(Option<usize>, Case)],
    question: Question<'_>,
    runner: &Runner,
    mut take: impl FnMut(&str, Vec<u8>),
) -> Vec<Note> {
    let is_open = |result: &CaseResult| match result {
        CaseResult::NotReached => true,
        CaseResult::Missing => question.is_update,
        _ => false,
    };
    let open: Vec<(usize, Spec, Option<&Expectation>)> = cases
        .iter()
        .enumerate()
        .filter(|(_, (_, case))| is_open(&case.result))
        .map(|(at, (number, case))| {
            let it = number.map(|number| &suite.specs[number]);
            (at, it.map_or_else(|| Spec::new(&case.name), |it| it.spec.clone()), it)
        })
        .collect();
    // A disabled pipe publishes nothing. Several specs can be for one pipe, so that it is enabled for all of them.
    let is_published =
        |pipe: &str| open.iter().any(|(_, spec, _)| spec.pipe == pipe && spec.endpoint != Endpoint::Entities);
    let disabled = pipes.iter().filter(|pipe| pipe.is_disabled && is_published(&pipe.id));
    let disabled: Vec<&str> = disabled.map(|pipe| pipe.id.as_str()).collect();
    let enable = disabled.iter().map(|pipe| async move {
        let enabled = runner.read("enable a pipe", || data.set_enabled(pipe, true)).await;
        (*pipe, enabled.err())
    });
    let failures: BTreeMap<&str, Option<Error>> = join_all(enable).await.into_iter().collect();
    let fetches = open.into_iter().map(|(at, spec, it)| {
        let failure = failures.get(spec.pipe.as_str()).cloned().flatten();
        async move {
            let began = Instant::now();
            let output = match failure {
                Some(failure) => Err(failure),
                None => output(data, &spec, runner).await,
            };
            (at, spec, it, output, began)
        }
    });
    let mut notes = Vec::new();
    // The digest of the text of each expected file, and the spec that gave it.
    let mut texts: BTreeMap<String, (String, String)> = BTreeMap::new();
    let mut fetched = stream::iter(fetches).buffer_unordered(AT_ONCE);
    while let Some((at, spec, it, output, began)) = fetched.next().await {
        // Read only now, so that one expected file is in memory at a time.
        let both = match (output, it) {
            (Ok(output), Some(it)) => suite.expected(it, runner).await.map(|expected| (output, expected)),
            (output, _) => output.map(|output| (output, None)),
        };
        let (_, case) = &mut cases[at];
        case.result = match (both, it) {
            (Err(error), _) => CaseResult::Failed(error),
            (Ok((bytes, expected)), _) if question.is_update => {
                match expected_text(&bytes, &spec, question.options) {
                    Ok(text) => {
                        let own = (digest([&text]), spec.stem.clone());
                        let first = texts.entry(case.file.clone()).or_insert_with(|| own.clone());
                        if first.0 == own.0 {
                            updated(text, expected.as_ref(), &case.file, &mut take)
                        } else {
                            CaseResult::Failed(shared(&case.file, &first.1))
                        }
                    }
                    Err(reason) => CaseResult::Failed(Error::new(
                        Kind::Unexpected,
                        format!("the output cannot be written down: {reason}"),
                    )),
                }
            }
            (Ok((bytes, Some(expected))), _) => {
                let (verdict, warnings) = verdict(&bytes, &spec, &expected, question.options);
                let place = it.map(|it| Place::file(it.path.as_str()));
                let warnings = warnings.into_iter().map(|warning| format!("{}: {warning}", spec.stem));
                notes.extend(warnings.map(|warning| Note::warning(warning).at_all(place.clone())));
                result(verdict, &case.file)
            }
            (Ok((_, None)), Some(it)) => CaseResult::Failed(it.absent()),
            (Ok((_, None)), None) => CaseResult::Missing,
        };
        case.time = began.elapsed();
    }
    drop(fetched);
    for pipe in disabled {
        let disable = |runner: Runner| async move {
            runner.read("disable a pipe", || data.set_enabled(pipe, false)).await
        };
        if let Err(error) = runner.put_back(PUT_BACK, disable).await {
            notes.push(Note::warning(format!("the pipe {pipe} was disabled and stays enabled: {error}")));
        }
    }
    notes
}

/// The output of a pipe.
async fn output(data: &dyn NodeData, spec: &Spec, runner: &Runner) -> Result<Vec<u8>> {
    let wanted = match &spec.endpoint {
        Endpoint::Entities => PipeOutput::Entities(spec.stage.clone()),
        Endpoint::Xml => PipeOutput::Published("xml".to_owned(), spec.parameters.clone()),
        Endpoint::Bytes(format) => PipeOutput::Published(format.clone(), spec.parameters.clone()),
    };
    runner.read("fetch the output of a pipe", || data.output(&spec.pipe, &wanted)).await
}

fn updated(
    text: Vec<u8>,
    expected: Option<&Vec<u8>>,
    file: &str,
    take: &mut impl FnMut(&str, Vec<u8>),
) -> CaseResult {
    if expected == Some(&text) {
        return CaseResult::Passed;
    }
    take(file, text);
    CaseResult::Updated
}

/// That two specs have one expected file for different outputs.
fn shared(file: &str, other: &str) -> Error {
    let message =
        format!("the output is not that of the spec {other}, which also has the expected file {file}");
    Error::new(Kind::Verification, message).with_hint("give one of both specs another `file`")
}

fn result(verdict: Verdict, file: &str) -> CaseResult {
    let differs = |kind, sum: String, compared: &Compared| {
        CaseResult::Differs(Box::new(differing((kind, sum), file, compared)))
    };
    match verdict {
        Verdict::Same => CaseResult::Passed,
        Verdict::Length { counts: (expected, got), compared } => {
            let sum = format!("{expected} entities are expected, and the node sends {got}");
            differs("length", sum, &compared)
        }
        Verdict::Content(compared) => differs("content", "the contents differ".to_owned(), &compared),
        Verdict::Bytes(compared) => differs("bytes", "the documents differ".to_owned(), &compared),
        Verdict::Broken(reason) => CaseResult::Failed(
            Error::new(Kind::Verification, format!("the output cannot be compared: {reason}"))
                .at(Place::file(file)),
        ),
    }
}
