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

/// How many expected files, or files of testdata, are in memory at once while they are checked.
const AT_ONCE: usize = 16;

/// The files of a test. Expected files and testdata are checked, and read again when they are needed, so that they need not fit into memory
/// all at once.
#[derive(Debug, Default)]
pub(super) struct Suite {
    snapshot: Option<Arc<dyn Snapshot>>,
    pub(super) specs: Vec<Expectation>,
    /// The paths of the files with entities for pipes, by pipe.
    pub(super) testdata: BTreeMap<String, String>,
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
    /// Whether it exists.
    pub(super) has_file: bool,
}

impl Expectation {
    /// That the expected file does not exist.
    pub(super) fn absent(&self) -> Error {
        Error::new(Kind::Verification, format!("the expected file {} does not exist", self.file))
            .with_hint("`sesam-deployer update` writes it")
            .at(Place::file(self.path.as_str()))
    }
}

impl Suite {
    /// Adds a file of testdata. Returns the problem if the pipe has one already.
    fn take_testdata(&mut self, path: &str) -> Option<Error> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let pipe = name[..name.len() - ".json".len()].to_owned();
        let message = format!("two files have testdata for the pipe {pipe}");
        let other = self.testdata.insert(pipe, path.to_owned())?;
        Some(Error::new(Kind::Verification, message).at_all([Place::file(other), Place::file(path)]))
    }

    /// The content of an expected file; `None` if it does not exist.
    pub(super) async fn expected(&self, of: &Expectation, runner: &Runner) -> Result<Option<Vec<u8>>> {
        self.content(&of.file, runner).await
    }

    /// The entities of a file with testdata.
    pub(super) async fn entities(&self, path: &str, runner: &Runner) -> Result<Vec<u8>> {
        let bytes = self.content(path, runner).await?;
        let entities = entities(path, bytes.unwrap_or_default())?;
        entities.ok_or_else(|| Error::new(Kind::Conflict, format!("{path} was changed during the test")))
    }

    async fn content(&self, path: &str, runner: &Runner) -> Result<Option<Vec<u8>>> {
        let Some(snapshot) = &self.snapshot else { return Ok(None) };
        let mut read = contents(snapshot, &[path.to_owned()], runner).await;
        read.pop().unwrap_or(Ok(None))
    }
}

/// Reads and checks all files. `is_compared` chooses the specs whose outputs are compared. Returns a problem for every spec, every expected
/// file of a chosen spec, and all testdata that cannot be used.
///
/// # Errors
/// If the source cannot be read.
pub(super) async fn read(
    deployment: &Deployment,
    snapshot: Arc<dyn Snapshot>,
    is_compared: impl Fn(&Spec) -> bool,
    runner: &Runner,
) -> Result<(Suite, Vec<Error>)> {
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
                suite.specs.push(Expectation { spec, path: path.clone(), file, has_file: false });
            }
            Err(problem) => problems.push(problem),
        }
    }
    for some in suite.specs.chunks_mut(AT_ONCE) {
        let files: Vec<String> = some.iter().map(|it| it.file.clone()).collect();
        for (it, bytes) in some.iter_mut().zip(contents(&snapshot, &files, runner).await) {
            match bytes {
                Ok(Some(expected)) => {
                    it.has_file = true;
                    if is_compared(&it.spec) {
                        problems.extend(check_expected(&it.file, &expected, &it.spec).err());
                    }
                }
                Ok(None) => {}
                // It is not a file, or cannot be read: a problem of its own, and not an absent file.
                Err(problem) => {
                    it.has_file = true;
                    problems.push(problem);
                }
            }
        }
    }
    for expectation in suite.specs.iter().filter(|it| it.spec.ignore && it.has_file) {
        let message = format!("the spec is ignored, and {} exists", expectation.file);
        suite.notes.push(Note::warning(message).at_all([Place::file(expectation.path.as_str())]));
    }
    let data: Vec<String> = list(&snapshot, &testdata, runner)
        .await?
        .into_iter()
        .filter(|path| path.to_ascii_lowercase().ends_with(".json"))
        .collect();
    for some in data.chunks(AT_ONCE) {
        for (path, bytes) in some.iter().zip(contents(&snapshot, some, runner).await) {
            match bytes.and_then(|bytes| entities(path, bytes.unwrap_or_default())) {
                Ok(None) => {}
                Ok(Some(_)) => problems.extend(suite.take_testdata(path)),
                Err(problem) => problems.push(problem),
            }
        }
    }
    suite.snapshot = Some(snapshot);
    Ok((suite, problems))
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
