//! A secret that sings wherever it leaks: planted in a world, then looked for in all that comes out.
//!
//! Text is searched as it is and after undoing escapes of JSON and Rust's `Debug`, percent-escapes, and both, so
//! that it does not matter which characters an encoder chose to escape. Each of these forms is searched for the
//! plain value, for base64 at its three alignments in both alphabets, for hexadecimal, and for lists of bytes.

mod decode;
mod encode;
mod folder;

use std::borrow::Cow;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use memchr::memmem;

pub use folder::FileFinding;

/// Characters of context shown on each side of a finding.
const CONTEXT: usize = 30;

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
        let mut findings: Vec<Finding> = Vec::new();
        for (form, text) in forms(haystack) {
            for (encoding, needle) in self.pieces().flat_map(encode::needles) {
                // The decoded forms show again what the plain one showed already.
                let known = |finding: &Finding| finding.encoding.ends_with(encoding);
                if findings.iter().any(known) {
                    continue;
                }
                if let Some(at) = memmem::find(&text, &needle) {
                    let encoding =
                        if form.is_empty() { encoding.to_owned() } else { format!("{form}, {encoding}") };
                    let excerpt = excerpt(&text, at, needle.len());
                    findings.push(Finding { canary: self.name.clone(), encoding, excerpt });
                }
            }
        }
        findings
    }

    /// The lines of the value: a text that is indented or prefixed by line shows them apart.
    fn pieces(&self) -> impl Iterator<Item = &str> {
        self.value.lines().filter(|line| line.len() >= SHORTEST)
    }
}

/// The haystack as it is, and in the forms that undo one or two layers of escapes.
fn forms(haystack: &[u8]) -> Vec<(&'static str, Cow<'_, [u8]>)> {
    let unescaped = decode::unescape(haystack);
    let unquoted = decode::unpercent(haystack);
    let mut forms = vec![("", Cow::Borrowed(haystack))];
    if let Some(unescaped) = unescaped {
        let twice = [
            ("escaped twice", decode::unescape(&unescaped)),
            ("percent-escaped, escaped", decode::unpercent(&unescaped)),
        ];
        forms.push(("escaped", Cow::Owned(unescaped)));
        forms.extend(twice.into_iter().filter_map(|(name, text)| Some((name, Cow::Owned(text?)))));
    }
    if let Some(unquoted) = unquoted {
        let twice = [
            ("percent-escaped twice", decode::unpercent(&unquoted)),
            ("escaped, percent-escaped", decode::unescape(&unquoted)),
        ];
        forms.push(("percent-escaped", Cow::Owned(unquoted)));
        forms.extend(twice.into_iter().filter_map(|(name, text)| Some((name, Cow::Owned(text?)))));
    }
    forms
}

fn excerpt(text: &[u8], at: usize, length: usize) -> String {
    let from = at.saturating_sub(CONTEXT);
    let to = (at + length + CONTEXT).min(text.len());
    String::from_utf8_lossy(&text[from..to]).into_owned()
}

#[cfg(test)]
mod tests;
