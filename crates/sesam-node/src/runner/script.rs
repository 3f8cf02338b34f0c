//! The script of a run: how it ends, how long it takes, and which requests fail.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use deployer_core::document::{Node, SourceText};
use serde::Deserialize;

use super::file::{invalid, read_document};

/// How a run goes, apart from the entities that pipes copy.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Script {
    /// The word at the end.
    pub(crate) status: String,
    /// How long the run takes.
    seconds: f64,
    /// The text beside the word.
    pub(crate) additional_info: Option<String>,
    /// The lines of the log.
    pub(crate) log: Vec<String>,
    /// The pipes that fail, with the message of each.
    pub(crate) failing: BTreeMap<String, String>,
    /// The number of requests that show a changed pipe as `Deploying`.
    pub(crate) deploying: u32,
    /// Requests that fail.
    faults: Vec<Fault>,
}

/// Requests that get no proper response.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    /// Method and address below `/api` without parameters, such as `GET /pipes/customer/entities`.
    request: String,
    /// How many such requests fail, before all later ones succeed.
    #[serde(default = "once")]
    times: u32,
    /// The status of the response. Without it, the connection is cut within the response.
    status: Option<u16>,
}

fn once() -> u32 {
    1
}

/// The way in which a request fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    Status(u16),
    Cut,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            status: "success".to_owned(),
            seconds: 0.0,
            additional_info: None,
            log: vec!["every pipe ran".to_owned()],
            failing: BTreeMap::new(),
            deploying: 0,
            faults: Vec::new(),
        }
    }
}

impl Script {
    /// Reads a script. Without the file, a run succeeds at once.
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let Some((source, root)) = read_document(path)? else { return Ok(Self::default()) };
        let script: Self = serde_json::from_str(source.text()).map_err(|error| {
            let message = error.to_string();
            let reason = message.split(" at line ").next().unwrap_or_default();
            invalid([format!("{}:{}:{}: {reason}", source.file(), error.line(), error.column())])
        })?;
        let problems = script.problems(&source, &root);
        if problems.is_empty() { Ok(script) } else { Err(invalid(problems)) }
    }

    fn problems(&self, source: &SourceText, root: &Node) -> Vec<String> {
        let at = |node: Option<&Node>| source.place(node.unwrap_or(root).span.start);
        let mut problems = Vec::new();
        if !(0.0..=86_400.0).contains(&self.seconds) {
            problems.push(format!("{}: `seconds` must be from 0 to 86400", at(root.get("seconds"))));
        }
        let nodes = root.get("faults").and_then(|faults| faults.value.as_array()).unwrap_or_default();
        for (fault, node) in self.faults.iter().zip(nodes) {
            if !fault.request.split_once(' ').is_some_and(|(_, address)| address.starts_with('/')) {
                let expected = "`request` must be a method and an address, as `GET /pipes`";
                problems.push(format!("{}: {expected}", at(node.get("request"))));
            }
            if fault.status.is_some_and(|status| !(400..=599).contains(&status)) {
                problems.push(format!("{}: `status` must be from 400 to 599", at(node.get("status"))));
            }
        }
        problems
    }

    pub(crate) fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }
}

/// The requests that will still fail.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn new(script: &Script) -> Self {
        Self(Mutex::new(script.faults.clone()))
    }

    /// How this request fails, if it does. Counts it.
    pub(crate) fn next(&self, method: &str, address: &str) -> Option<Failure> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = faults
            .iter_mut()
            .find(|fault| fault.times > 0 && fault.request.split_once(' ') == Some((method, address)))?;
        fault.times -= 1;
        Some(fault.status.map_or(Failure::Cut, Failure::Status))
    }
}
