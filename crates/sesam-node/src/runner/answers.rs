//! Canned answers: the output of pipes that the node cannot run.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::file::{invalid, read_document};
use super::script::Script;

/// The file with the hash that each answer is bound to, by the path of the answer.
const HASHES: &str = "hashes.json";
/// The file with the script of a run.
const SCRIPT: &str = "run.json";
/// The largest answer.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Canned answers of a folder.
///
/// `entities/<pipe>[@stage].json` has the entities of a pipe, `publishers/<pipe>.<kind>[?query]` a published document; both are served byte for
/// byte, so that they need not be valid. `hashes.json` binds each, by its path, to the hash of the effective configuration of its pipe, of
/// every pipe upstream, and of the entities that were posted to them: an answer without the right hash is not served. The last message of
/// the pipe names the hash. `run.json` scripts a run: `status`, `seconds`, `additional_info`, `log`, `failing` (a message per pipe),
/// `deploying` (the number of requests that show a changed pipe as deploying), and `faults`. A fault has a `request`, such as
/// `GET /pipes/customer/entities`, and optionally `times` and `status`; without a status, the connection is cut.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    folder: Option<PathBuf>,
    hashes: BTreeMap<String, String>,
    script: Script,
}

/// A document that a pipe publishes.
pub(crate) enum Published {
    Document(Vec<u8>),
    /// There is no answer, and why.
    Nothing(String),
}

impl Answers {
    /// Reads the hashes and the script of a folder.
    ///
    /// # Errors
    /// The folder does not exist, one of the two files is malformed, or an answer in the list of hashes does not exist. The error has the path,
    /// line and column of each problem.
    pub fn read(folder: &Path) -> io::Result<Self> {
        if !folder.is_dir() {
            let message = format!("{} is not a folder", folder.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, message));
        }
        let script = Script::read(&folder.join(SCRIPT))?;
        Ok(Self { folder: Some(folder.to_owned()), hashes: read_hashes(folder)?, script })
    }

    pub(crate) fn script(&self) -> &Script {
        &self.script
    }

    /// The paths of all answers that are bound to a hash.
    pub fn paths(&self) -> impl Iterator<Item = &String> {
        self.hashes.keys()
    }

    /// The entities of a pipe at a stage.
    pub(crate) fn entities(&self, pipe: &str, stage: Option<&str>, hash: &str) -> Option<Vec<u8>> {
        let stage = stage.map(|stage| format!("@{stage}")).unwrap_or_default();
        self.answer(&format!("entities/{pipe}{stage}.json"), hash)
    }

    /// Whether a pipe has a published document for this hash.
    pub(crate) fn publishes(&self, pipe: &str, hash: &str) -> bool {
        let beginning = format!("publishers/{pipe}.");
        self.hashes.iter().any(|(path, bound)| bound == hash && path.starts_with(&beginning))
    }

    /// A published document.
    pub(crate) fn published(&self, pipe: &str, kind: &str, query: &str, hash: &str) -> Published {
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        let path = format!("publishers/{pipe}.{kind}{query}");
        match self.answer(&path, hash) {
            Some(document) => Published::Document(document),
            None => Published::Nothing(format!("no answer is recorded at {path} for the hash {hash}")),
        }
    }

    /// Why a pipe outputs nothing, with the hash for a recorded answer where there is one for another hash.
    pub(crate) fn explained(&self, pipe: &str, why: &str, hash: &str) -> String {
        if self.folder.is_none() {
            return format!("The pipe {why}.");
        }
        format!(
            "The pipe {why}. An answer at entities/{pipe}.json must be bound to the hash {hash} in {HASHES}."
        )
    }

    fn answer(&self, path: &str, hash: &str) -> Option<Vec<u8>> {
        if self.hashes.get(path).map(String::as_str) != Some(hash) {
            return None;
        }
        let file = self.folder.as_ref()?.join(path);
        if let Err(why) = check(&file) {
            tracing::warn!("the canned answer {path} {why}");
            return None;
        }
        fs::read(file).ok()
    }
}

/// The hashes by path. Every path is an answer inside of the folder.
fn read_hashes(folder: &Path) -> io::Result<BTreeMap<String, String>> {
    let Some((source, root)) = read_document(&folder.join(HASHES))? else { return Ok(BTreeMap::new()) };
    let (mut hashes, mut problems) = (BTreeMap::new(), Vec::new());
    for member in root.value.as_object().map(|object| object.members()).unwrap_or_default() {
        let path: &str = &member.key;
        let at_key = source.place(member.key_span.start);
        let is_answer = path.starts_with("entities/") || path.starts_with("publishers/");
        let is_inside = path.split('/').all(|step| !step.is_empty() && step != "..") && !path.contains('\\');
        if !is_answer || !is_inside {
            let expected = "expected the path of an answer in `entities/` or `publishers/`";
            problems.push(format!("{at_key}: {expected}, found {path:?}"));
        } else if let Err(why) = check(&folder.join(path)) {
            problems.push(format!("{at_key}: the answer {path} {why}"));
        }
        match member.node.as_str() {
            Some(hash) => {
                hashes.insert(path.to_owned(), hash.to_owned());
            }
            None => {
                let (at, found) = (source.place(member.node.span.start), member.node.value.kind_name());
                problems.push(format!("{at}: expected a hash as a string, found {found}"));
            }
        }
    }
    if problems.is_empty() { Ok(hashes) } else { Err(invalid(problems)) }
}

/// Why a file is not served.
fn check(file: &Path) -> Result<(), String> {
    match fs::metadata(file) {
        Ok(metadata) if !metadata.is_file() => Err("is not a file".to_owned()),
        Ok(metadata) if metadata.len() > LARGEST => {
            Err(format!("is larger than {} MiB", LARGEST / 1024 / 1024))
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err("does not exist".to_owned()),
        Err(error) => Err(format!("cannot be read: {error}")),
    }
}
