//! What Key Vault says when it refuses
//! (<https://learn.microsoft.com/azure/key-vault/general/rest-error-codes>).

use std::fmt;

use deployer_azure::{complaint, lines};
use deployer_core::{Error, Redactor};
use deployer_http::{Response, status_error};
use serde::Deserialize;

/// A refusal of the vault, its words masked and cut.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    /// The codes from the outer to the innermost one.
    pub(crate) codes: Vec<String>,
    /// What it says for people, line by line.
    pub(crate) words: Vec<String>,
    /// Kind, retry, cause and hints that the status alone stands for.
    pub(crate) general: Error,
}

impl Refusal {
    pub(super) fn read(answer: &Response, redactor: &Redactor) -> Self {
        let complaint: Complaint = complaint(answer);
        let mut codes = Vec::new();
        let mut words = Vec::new();
        let mut next = complaint.error;
        while let Some(error) = next {
            codes.extend(error.code.filter(|code| code.chars().all(|c| c.is_ascii_alphanumeric())));
            words.extend(error.message);
            next = error.innererror.map(|inner| *inner);
        }
        let words = lines(&words.join("\n"), redactor);
        Self { status: answer.status, codes, words, general: status_error("", answer) }
    }

    /// Whether one of the codes is this.
    pub(crate) fn says(&self, code: &str) -> bool {
        self.codes.iter().any(|said| said == code)
    }

    /// Whether the vault knows us, and only this is not permitted to us. A 403 without a code is another server's.
    pub(crate) fn is_about_permission(&self) -> bool {
        self.status == 403 && !self.codes.is_empty() && !self.is_about_network()
    }

    /// Whether the vault answers nobody from where we are.
    pub(crate) fn is_about_network(&self) -> bool {
        self.says("ForbiddenByFirewall") || self.says("ForbiddenByConnection")
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status)
    }
}

impl std::error::Error for Refusal {}

#[derive(Default, Deserialize)]
struct Complaint {
    error: Option<Detail>,
}

#[derive(Deserialize)]
struct Detail {
    code: Option<String>,
    message: Option<String>,
    innererror: Option<Box<Detail>>,
}
