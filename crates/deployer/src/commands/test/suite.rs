//! The specs, expected files and testdata of a configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use deployer_core::document::SourceText;
use deployer_core::error::{Note, Place};
use deployer_core::traits::Snapshot;
use deployer_core::{Error, Kind, Result};
use deployer_engine::run::{Deployment, Runner};
use deployer_expectations::{Spec, check_expected, read_spec};

const EXPECTED: &str = "expected";
const TESTDATA: &str = "testdata";
const SPEC: &str = ".test.json";

/// Everything that a test reads from files.
#[derive(Debug, Default)]
pub(super) struct Suite {
    pub(super) specs: Vec<Expectation>,
    /// Entities for pipes, by pipe: the path of the file, and its content.
    pub(super) testdata: BTreeMap<String, (String, Vec<u8>)>,
    pub(super) notes: Vec<Note>,
    /// The folder of the expected files, below the root.
    pub(super) folder: String,
    /// The ids that files of pipes are named after, whether or not a whitelist has them.
    pub(super) pipe_files: BTreeSet<String>,
}

/// A spec with its expected file.
#[derive(Debug)]
pub(super) struct Expectation {
    pub(super) spec: Spec,
    /// The path of the spec, below the root.
    pub(super) path: String,
    /// The path of the expected file, below the root.
    pub(super) file: String,
    /// Its content; `None` if it does not exist.
    pub(super) expected: Option<Vec<u8>>,
}

/// Reads all files. `is_compared` chooses the specs whose outputs are compared.
///
/// # Errors
/// `Verification` with every spec, every expected file of a chosen spec, and all testdata that cannot be used.
pub(super) async fn read(
    deployment: &Deployment,
    is_compared: impl Fn(&Spec) -> bool,
    runner: &Runner,
) -> Result<Suite> {
    let source = &deployment.source;
    let snapshot = runner.read("read the configuration", || source.fetch()).await?;
    let node = deployment.configuration.folder.trim_matches('/');
    let below = |name: &str| if node.is_empty() { name.to_owned() } else { format!("{node}/{name}") };
    let (folder, testdata) = (below(EXPECTED), below(TESTDATA));
    let files = list(&snapshot, &folder, runner).await?;
    let names: BTreeSet<&str> =
        files.iter().filter_map(|path| path.strip_prefix(&folder)?.strip_prefix('/')).collect();
    let specs: Vec<String> = names
        .iter()
        .filter(|name| name.ends_with(SPEC) && !name.contains('/'))
        .map(|name| format!("{folder}/{name}"))
        .collect();
    let pipes = list(&snapshot, &below("pipes"), runner).await?;
    let id = |path: &String| Some(path.rsplit('/').next()?.strip_suffix(".conf.json")?.to_owned());
    let pipe_files = pipes.iter().filter_map(id).collect();
    let mut suite = Suite { folder: folder.clone(), pipe_files, ..Suite::default() };
    let mut problems = Vec::new();
    for (path, bytes) in specs.iter().zip(contents(&snapshot, &specs, runner).await) {
        let read = bytes.and_then(|bytes| {
            let text = SourceText::from_bytes(path.as_str(), bytes.unwrap_or_default())?;
            read_spec(&text)
        });
        match read {
            Ok((spec, mut notes)) => {
                suite.notes.append(&mut notes);
                let file = format!("{folder}/{}", spec.file);
                suite.specs.push(Expectation { spec, path: path.clone(), file, expected: None });
            }
            Err(problem) => problems.push(problem),
        }
    }
    let files: Vec<String> = suite.specs.iter().map(|it| it.file.clone()).collect();
    for (expectation, bytes) in suite.specs.iter_mut().zip(contents(&snapshot, &files, runner).await) {
        match bytes {
            Ok(bytes) => expectation.expected = bytes,
            Err(problem) => problems.push(problem),
        }
        let Expectation { spec, file, expected, .. } = expectation;
        if let Some(expected) = expected.as_ref().filter(|_| is_compared(spec)) {
            problems.extend(check_expected(file, expected, spec).err());
        }
    }
    for expectation in suite.specs.iter().filter(|it| it.spec.ignore && it.expected.is_some()) {
        let message = format!("the spec is ignored, and {} exists", expectation.file);
        suite.notes.push(Note::warning(message).at_all([Place::file(expectation.path.as_str())]));
    }
    let data: Vec<String> = list(&snapshot, &testdata, runner)
        .await?
        .into_iter()
        .filter(|path| path.to_ascii_lowercase().ends_with(".json"))
        .collect();
    for (path, bytes) in data.iter().zip(contents(&snapshot, &data, runner).await) {
        match bytes.and_then(|bytes| entities(path, bytes.unwrap_or_default())) {
            Ok(None) => {}
            Ok(Some(bytes)) => {
                let name = path.rsplit('/').next().unwrap_or(path);
                let pipe = name[..name.len() - ".json".len()].to_owned();
                if let Some((other, _)) = suite.testdata.insert(pipe.clone(), (path.clone(), bytes)) {
                    let message = format!("two files have testdata for the pipe {pipe}");
                    problems.push(
                        Error::new(Kind::Verification, message)
                            .at_all([Place::file(other), Place::file(path.as_str())]),
                    );
                }
            }
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        return Ok(suite);
    }
    let message = format!(
        "{} problems were found in specs, expected files and testdata; nothing was written",
        problems.len()
    );
    Err(Error::together(Kind::Verification, message, problems))
}

/// The content of a file with testdata. `None` for `null`.
fn entities(path: &str, bytes: Vec<u8>) -> Result<Option<Vec<u8>>> {
    let text = SourceText::from_bytes(path, bytes)?;
    let root = text.parse()?.root;
    match root.value.kind_name() {
        "null" => Ok(None),
        "a list" | "an object" => Ok(Some(text.text().as_bytes().to_vec())),
        other => Err(Error::new(
            Kind::Verification,
            format!("testdata must be a list of entities, this is {other}"),
        )
        .at(text.place(root.span.start))),
    }
}

async fn list(snapshot: &Arc<dyn Snapshot>, folder: &str, runner: &Runner) -> Result<Vec<String>> {
    runner.read("list the files of the configuration", || snapshot.list(folder)).await
}

async fn contents(
    snapshot: &Arc<dyn Snapshot>,
    paths: &[String],
    runner: &Runner,
) -> Vec<Result<Option<Vec<u8>>>> {
    let read =
        runner.read("read the files of the configuration", || async { Ok(snapshot.read(paths).await) });
    read.await.unwrap_or_else(|error| paths.iter().map(|_| Err(error.clone())).collect())
}
