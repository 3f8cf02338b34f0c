//! Searching one text for several canaries in all encodings at once.

use std::borrow::Cow;

use memchr::memmem::Finder;

use super::planted::{Canary, Finding};
use super::{decode, encode};

/// Bytes of context shown on each side of a finding.
const CONTEXT: usize = 30;

#[derive(Debug)]
struct Needle {
    canary: String,
    encoding: &'static str,
    finder: Finder<'static>,
}

/// A search for canaries, prepared once for any number of texts.
#[derive(Debug)]
pub struct Searcher {
    needles: Vec<Needle>,
}

impl Searcher {
    /// Prepares the search.
    pub fn new(canaries: &[Canary]) -> Self {
        let needles = canaries.iter().flat_map(|canary| {
            canary.pieces().flat_map(encode::needles).map(|(encoding, bytes)| Needle {
                canary: canary.name().to_owned(),
                encoding,
                finder: Finder::new(&bytes).into_owned(),
            })
        });
        Self { needles: needles.collect() }
    }

    /// Looks for all canaries in every encoding; one finding per canary and encoding.
    pub fn find(&self, haystack: &[u8]) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        for (form, text) in forms(haystack) {
            for needle in &self.needles {
                // The decoded forms show again what the plain one showed already.
                let known = |found: &Finding| {
                    found.canary == needle.canary && found.encoding.ends_with(needle.encoding)
                };
                if findings.iter().any(known) {
                    continue;
                }
                if let Some(at) = needle.finder.find(&text) {
                    let excerpt = excerpt(&text, at, needle.finder.needle().len());
                    let encoding = match form {
                        "" => needle.encoding.to_owned(),
                        form => format!("{form}, {}", needle.encoding),
                    };
                    findings.push(Finding { canary: needle.canary.clone(), encoding, excerpt });
                }
            }
        }
        findings
    }
}

impl Canary {
    /// Looks for the value, or for a whole line of it, in every encoding; one finding per encoding.
    pub fn find(&self, haystack: &[u8]) -> Vec<Finding> {
        Searcher::new(std::slice::from_ref(self)).find(haystack)
    }
}

/// The haystack as it is, and in the forms that undo one or two layers of escapes; fewer layers first.
fn forms(haystack: &[u8]) -> Vec<(&'static str, Cow<'_, [u8]>)> {
    let escaped = decode::unescape(haystack);
    let percent = decode::unpercent(haystack);
    let twice = [
        ("escaped twice", escaped.as_deref().and_then(decode::unescape)),
        ("percent-escaped, escaped", escaped.as_deref().and_then(decode::unpercent)),
        ("escaped, percent-escaped", percent.as_deref().and_then(decode::unescape)),
        ("percent-escaped twice", percent.as_deref().and_then(decode::unpercent)),
    ];
    let decoded = [("escaped", escaped), ("percent-escaped", percent)].into_iter().chain(twice);
    let decoded = decoded.filter_map(|(name, text)| Some((name, Cow::Owned(text?))));
    std::iter::once(("", Cow::Borrowed(haystack))).chain(decoded).collect()
}

fn excerpt(text: &[u8], at: usize, length: usize) -> String {
    let from = at.saturating_sub(CONTEXT);
    let to = (at + length + CONTEXT).min(text.len());
    String::from_utf8_lossy(&text[from..to]).into_owned()
}
