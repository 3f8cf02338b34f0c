//! The issues of an entity, in the shape of the service API.

use deployer_core::document::Node;
use deployer_validation::{Finding, Severity, elements};
use serde::Serialize;

use super::kinds::EntityKind;
use super::words;
use crate::exact::ExactJson;

/// How bad an issue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Error,
    Warning,
}

/// One issue; a `PipeConfigError` of the service API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Issue {
    /// The place in the posted entity, such as `$['source']['type']`.
    pub(crate) elements: String,
    pub(crate) level: Level,
    pub(crate) msg: String,
}

impl Issue {
    /// The issue for a finding in `root`.
    pub(crate) fn of(finding: &Finding, root: &Node) -> Self {
        let level = match finding.fault.severity() {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
        };
        Self { elements: elements(root, finding.span), level, msg: words::message(&finding.fault) }
    }

    pub(crate) fn error(elements: impl Into<String>, msg: impl Into<String>) -> Self {
        Self { elements: elements.into(), level: Level::Error, msg: msg.into() }
    }

    pub(crate) fn warning(elements: impl Into<String>, msg: impl Into<String>) -> Self {
        Self { elements: elements.into(), level: Level::Warning, msg: msg.into() }
    }
}

pub(crate) fn has_error(issues: &[Issue]) -> bool {
    issues.iter().any(|issue| issue.level == Level::Error)
}

/// The issues of one posted entity.
#[derive(Debug, Serialize)]
pub(crate) struct EntityReport {
    #[serde(rename = "config-errors")]
    pub(crate) issues: Vec<Issue>,
    #[serde(rename = "is-valid-config")]
    pub(crate) is_valid: bool,
    #[serde(rename = "json-schema")]
    pub(crate) schema: &'static serde_json::Value,
    #[serde(rename = "posted-config")]
    pub(crate) posted: ExactJson,
}

impl EntityReport {
    pub(crate) fn new(posted: ExactJson, issues: Vec<Issue>) -> Self {
        let schema = super::schema::of(EntityKind::of(&posted.document()));
        Self { is_valid: !has_error(&issues), issues, schema, posted }
    }

    /// A report about the upload as a whole.
    pub(crate) fn of_upload(message: impl Into<String>) -> Self {
        Self::new(ExactJson::null(), vec![Issue::error("$", message)])
    }
}

/// The answer to an upload.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    pub(crate) validation_errors: Vec<EntityReport>,
}

impl Report {
    /// Whether any entity is invalid.
    pub(crate) fn has_error(&self) -> bool {
        self.validation_errors.iter().any(|report| !report.is_valid)
    }

    /// A report of one issue of one entity.
    pub(crate) fn of(posted: ExactJson, issue: Issue) -> Self {
        Self { validation_errors: vec![EntityReport::new(posted, vec![issue])] }
    }

    /// A report about the upload as a whole.
    pub(crate) fn of_upload(message: impl Into<String>) -> Self {
        Self { validation_errors: vec![EntityReport::of_upload(message)] }
    }
}
