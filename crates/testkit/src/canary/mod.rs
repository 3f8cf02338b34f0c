//! A secret that sings wherever it leaks: planted in a world, then looked for in all that comes out.
//!
//! Text is searched as it is and after undoing escapes of JSON and Rust's `Debug`, percent-escapes, and both, so
//! that it does not matter which characters an encoder chose to escape. Each of these forms is searched for the
//! plain value, for base64 at its three alignments in both alphabets, for hexadecimal, and for lists of bytes.

mod decode;
mod encode;
mod folder;
mod search;

use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

pub use folder::FileFinding;
pub use search::Searcher;

/// Shorter pieces of a secret occur by chance.
const SHORTEST: usize = 8;

/// A planted secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canary {
    name: String,
    value: String,
}

/// A place where a secret shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The name of the canary.
    pub canary: String,
    /// How it was written there, such as `percent-escaped, base64`.
    pub encoding: String,
    /// The surroundings, decoded.
    pub excerpt: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "canary `{}` ({}): …{}…", self.canary, self.encoding, self.excerpt)
    }
}

impl Canary {
    /// A value that is awkward in every encoding: each of its two lines holds a quote, a backslash, `%+/` and `ø`.
    pub fn hostile(name: &str) -> Self {
        Self::new(name, &format!("kanari-\"\\%+/ø-{name}-7f3e9a\nsynger-\"\\%+/ø-{name}-c41d08"))
    }

    /// A value that fits into an HTTP header: visible ASCII, with a quote, a backslash and `%+/`.
    pub fn header_safe(name: &str) -> Self {
        Self::new(name, &format!("kanari-\"{name}\\5b2c71%+/synger"))
    }

    /// A JSON web token that does not expire before 2100, in the shape that a Sesam node takes.
    pub fn jwt(name: &str) -> Self {
        let header = BASE64_URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"RS256"}"#);
        let claims = format!(
            r#"{{"iat":1767225600,"exp":4102444800,"user_id":"{name}","principals":{{"*":["group:Admin"]}}}}"#
        );
        let claims = BASE64_URL_SAFE_NO_PAD.encode(claims);
        let signature = BASE64_URL_SAFE_NO_PAD.encode(format!("no signature but a canary: {name}"));
        Self::new(name, &format!("{header}.{claims}.{signature}"))
    }

    /// Any value under a name.
    ///
    /// # Panics
    /// When no line of the value has at least eight bytes: shorter ones would be found by chance.
    pub fn new(name: &str, value: &str) -> Self {
        let canary = Self { name: name.to_owned(), value: value.to_owned() };
        assert!(canary.pieces().next().is_some(), "the canary `{name}` is too short to be told from chance");
        canary
    }

    /// The name that findings carry.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value to plant.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Looks for the value, or for a whole line of it, in every encoding; one finding per encoding.
    pub fn find(&self, haystack: &[u8]) -> Vec<Finding> {
        Searcher::new(std::slice::from_ref(self)).find(haystack)
    }

    /// Looks for the value in all files below a folder: see [`Searcher::find_in_folder`].
    pub fn find_in_folder(&self, folder: &Path) -> Vec<FileFinding> {
        Searcher::new(std::slice::from_ref(self)).find_in_folder(folder)
    }

    /// The lines of the value: a text that is indented or prefixed by line shows them apart.
    fn pieces(&self) -> impl Iterator<Item = &str> {
        self.value.lines().filter(|line| line.len() >= SHORTEST)
    }
}

#[cfg(test)]
mod tests;
