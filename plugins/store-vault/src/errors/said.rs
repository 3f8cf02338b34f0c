//! Vault's own words about a failure.

use deployer_core::{Error, Redactor};
use deployer_http::Response;

use crate::wire::Complaint;

/// The most characters of Vault's own words that an error repeats.
const LONGEST: usize = 2048;

/// What Vault said about a failure, one line each, secrets masked.
pub(crate) struct Said(Vec<String>);

impl Said {
    pub(crate) fn read(response: &Response, redactor: &Redactor) -> Self {
        let complaint: Complaint = response.json("an error").unwrap_or_default();
        let texts = complaint.errors.into_iter().chain(complaint.warnings).flatten();
        let mut left = LONGEST;
        let lines = texts.map(|text| {
            let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let line: String = redactor.mask(&line).0.chars().take(left).collect();
            left -= line.chars().count();
            line
        });
        Self(lines.filter(|line| !line.is_empty()).collect())
    }

    /// Whether Vault said one of these, in any case.
    pub(crate) fn any(&self, wanted: &[&str]) -> bool {
        self.0.iter().any(|line| {
            let line = line.to_lowercase();
            wanted.iter().any(|wanted| line.contains(wanted))
        })
    }

    /// Whether Vault does not accept the token, as opposed to what it may do.
    pub(crate) fn is_invalid_token(&self) -> bool {
        self.any(&["invalid token", "bad token"])
    }

    pub(crate) fn add_to(&self, error: Error) -> Error {
        self.0.iter().fold(error, |error, line| error.with_detail(format!("Vault says: {line}")))
    }
}
