//! Canned answers: the output of pipes that the node cannot run, and the script of a run.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

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
/// the pipe names the hash. `run.json` scripts a run.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    folder: Option<PathBuf>,
    hashes: BTreeMap<String, String>,
    script: Script,
}

/// How a run goes, apart from what pipes move.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Script {
    /// The word at the end.
    pub(crate) status: String,
    /// How long the run takes.
    pub(crate) seconds: f64,
    /// The text beside the word.
    pub(crate) additional_info: Option<String>,
    /// The lines of the log.
    pub(crate) log: Vec<String>,
    /// The pipes that fail, with the message of each.
    pub(crate) failing: BTreeMap<String, String>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            status: "success".to_owned(),
            seconds: 0.0,
            additional_info: None,
            log: vec!["every pipe ran".to_owned()],
            failing: BTreeMap::new(),
        }
    }
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
    /// The folder does not exist, or one of the two files is malformed: the error has its path, line and column.
    pub fn read(folder: &Path) -> io::Result<Self> {
        if !folder.is_dir() {
            let message = format!("{} is not a folder", folder.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, message));
        }
        let script: Option<Script> = read_json(&folder.join(SCRIPT))?;
        let script = script.unwrap_or_default();
        if !(0.0..=86_400.0).contains(&script.seconds) {
            let message = format!("{}: `seconds` must be from 0 to 86400", folder.join(SCRIPT).display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        let hashes = read_json(&folder.join(HASHES))?.unwrap_or_default();
        Ok(Self { folder: Some(folder.to_owned()), hashes, script })
    }

    pub(crate) fn script(&self) -> &Script {
        &self.script
    }

    pub(crate) fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.script.seconds)
    }

    /// The paths of all answers that are bound.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &String> {
        self.hashes.keys()
    }

    /// The entities of a pipe at a stage.
    pub(crate) fn entities(&self, pipe: &str, stage: Option<&str>, hash: &str) -> Option<Vec<u8>> {
        let stage = stage.map(|stage| format!("@{stage}")).unwrap_or_default();
        self.answer(&format!("entities/{pipe}{stage}.json"), hash)
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
        // A path that leaves the folder is in no list of hashes that a person writes, and is never read.
        let is_inside = path.split('/').all(|step| !step.is_empty() && step != "..") && !path.contains('\\');
        if !is_inside || self.hashes.get(path).map(String::as_str) != Some(hash) {
            return None;
        }
        let file = self.folder.as_ref()?.join(path);
        let metadata = fs::metadata(&file).ok()?;
        (metadata.is_file() && metadata.len() <= LARGEST).then(|| fs::read(&file).ok())?
    }
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> io::Result<Option<T>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io::Error::new(error.kind(), format!("{}: {error}", path.display()))),
    };
    serde_json::from_str(&text).map(Some).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let message = error.to_string();
        let reason = message.split(" at line ").next().unwrap_or_default();
        io::Error::new(io::ErrorKind::InvalidData, format!("{}:{line}:{column}: {reason}", path.display()))
    })
}
