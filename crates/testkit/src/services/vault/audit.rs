//! Vault's own log of requests (<https://developer.hashicorp.com/vault/docs/audit>).

use std::path::PathBuf;

use serde_json::Value;

/// The log that an audit device writes into a file. Vault answers a request only after it has been logged.
#[derive(Debug, Clone)]
pub struct AuditLog {
    file: PathBuf,
    /// How many lines the setup of the device itself took.
    skipped: usize,
}

/// A request that Vault has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// `read`, `list`, `update`, …
    pub operation: String,
    /// Below `/v1/`.
    pub path: String,
    /// Whether it was refused or failed.
    pub failed: bool,
}

impl AuditLog {
    pub(super) fn after_setup(file: PathBuf) -> Self {
        let mut log = Self { file, skipped: 0 };
        log.skipped = log.lines().len();
        log
    }

    /// The answered requests so far, in order, but those with the root token, which are the test's own.
    pub fn requests(&self) -> Vec<Audited> {
        let is_tests_own = |entry: &Value| {
            entry["auth"]["policies"]
                .as_array()
                .is_some_and(|policies| policies.iter().any(|name| name == "root"))
        };
        let answered =
            self.lines().into_iter().skip(self.skipped).filter(|entry| entry["type"] == "response");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        answered
            .filter(|entry| !is_tests_own(entry))
            .map(|entry| Audited {
                operation: text(&entry["request"]["operation"]),
                path: text(&entry["request"]["path"]),
                failed: entry["error"].is_string(),
            })
            .collect()
    }

    /// How many requests of an operation went to a path that starts so.
    pub fn count(&self, operation: &str, start: &str) -> usize {
        let requests = self.requests();
        requests.iter().filter(|asked| asked.operation == operation && asked.path.starts_with(start)).count()
    }

    fn lines(&self) -> Vec<Value> {
        let text =
            std::fs::read_to_string(&self.file).unwrap_or_else(|error| panic!("the audit log: {error}"));
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}
