//! The words of services, as far as they may be repeated.

use std::collections::BTreeMap;

use deployer_core::{Redactor, Result};
use deployer_http::Response;
use serde::de::{DeserializeOwned, IgnoredAny};

/// The most characters of a service's own words that an error repeats.
const LONGEST: usize = 2048;

/// Any JSON object.
type Object = BTreeMap<String, IgnoredAny>;

/// Checks that an answer is a JSON object. `what` names its content for the message.
///
/// # Errors
/// `Unexpected`.
pub fn check_object(answer: &Response, what: &str) -> Result<()> {
    answer.json::<Object>(what).map(drop)
}

/// What a refusal says, as far as it is a JSON object: serde would take the items of a list for members.
pub fn complaint<T: Default + DeserializeOwned>(answer: &Response) -> T {
    match check_object(answer, "an error") {
        Ok(()) => answer.json("an error").unwrap_or_default(),
        Err(_) => T::default(),
    }
}

/// The lines of a service's words, secrets masked, cut to a length that can be read.
pub fn lines(words: &str, redactor: &Redactor) -> Vec<String> {
    let mut left = LONGEST;
    let lines = words.lines().map(|line| {
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let line: String = redactor.mask(&line).0.chars().take(left).collect();
        left -= line.chars().count();
        line
    });
    lines.filter(|line| !line.is_empty()).collect()
}
