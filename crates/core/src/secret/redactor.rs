//! Masking: one pass over a text for all secrets of a run.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use secrecy::ExposeSecret;

use super::escapes::{Decoded, lines_with_escapes};
use super::forms::{self, Form, forms};
use super::value::SecretValue;

/// Masks every secret value of a run in text that leaves the program.
///
/// This is the last line of defence: secret values live in [`SecretValue`], so a match means that a configuration file contains a
/// credential literally, or that a server repeats what it was sent. A value is found as it is, escaped as in JSON (also JSON inside
/// JSON), percent-encoded, and in base64 at any alignment. Each line of a value is masked too, and each member of a JSON object.
/// Values shorter than [`Redactor::SHORTEST`] characters are not masked: they would mask innocent text.
#[derive(Clone, Default)]
pub struct Redactor {
    needles: Arc<RwLock<Needles>>,
}

impl Redactor {
    /// The minimum number of characters of a value to be masked.
    pub const SHORTEST: usize = forms::SHORTEST;
    /// The text that replaces a value.
    pub const MASK: &'static str = "[secret]";

    /// Adds a value with the name to report a match by.
    pub fn add(&self, name: impl AsRef<str>, value: &SecretValue) {
        let forms = forms(name.as_ref(), value.0.expose_secret());
        let mut needles = self.needles.write().unwrap_or_else(PoisonError::into_inner);
        forms.into_iter().for_each(|form| needles.add(form));
    }

    /// The text with every known value masked, and the names of the values that were found. A line of a value is masked and not
    /// reported, because it can appear elsewhere by chance.
    pub fn mask(&self, text: &str) -> (String, Vec<String>) {
        self.masked(text).unwrap_or_else(|| (text.to_owned(), Vec::new()))
    }

    /// Whether a text contains a value that [`Self::mask`] reports.
    pub fn finds(&self, text: &str) -> bool {
        self.masked(text).is_some_and(|(_, names)| !names.is_empty())
    }

    /// As [`Self::mask`]; `None` if the text contains no known value, so that it need not be copied.
    pub fn masked(&self, text: &str) -> Option<(String, Vec<String>)> {
        let needles = self.needles.read().unwrap_or_else(PoisonError::into_inner);
        let matches = needles.find_all(text);
        if matches.is_empty() {
            return None;
        }
        let mut names: Vec<String> = Vec::new();
        let mut masked = String::with_capacity(text.len());
        let mut end = 0;
        for (range, name) in matches {
            if let Some(name) =
                name.filter(|name| range.end > end && !names.iter().any(|known| known == name))
            {
                names.push(name.to_owned());
            }
            if range.start >= end {
                masked.push_str(&text[end..range.start]);
                masked.push_str(Self::MASK);
            }
            end = end.max(range.end);
        }
        masked.push_str(&text[end..]);
        Some((masked, names))
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let needles = self.needles.read().unwrap_or_else(PoisonError::into_inner);
        write!(f, "Redactor({} texts)", needles.forms.len())
    }
}

/// How many bytes at the start of a needle find it. No needle is shorter.
const WINDOW: usize = Redactor::SHORTEST;

/// The number of bits of a window's hash that the filter takes.
const FILTER_BITS: u32 = 16;

/// The texts to search for. They are found by a hash of their first bytes, so that no secret is copied into an index.
#[derive(Default)]
struct Needles {
    forms: Vec<Form>,
    /// The forms by the hash of their first bytes.
    by_window: HashMap<u32, Vec<usize>>,
    /// One bit per hash that occurs, by its highest bits: most windows of a text end here.
    filter: Vec<u64>,
}

impl Needles {
    fn add(&mut self, form: Form) {
        let text = form.text.expose_secret();
        let Some(window) = text.as_bytes().first_chunk() else { return };
        let hash = hash(*window);
        let found = self.by_window.entry(hash).or_default();
        let known = |at: &usize| {
            let other = &self.forms[*at];
            other.name == form.name && other.text.expose_secret() == text
        };
        if found.iter().any(known) {
            return;
        }
        found.push(self.forms.len());
        self.filter.resize(1 << (FILTER_BITS - 6), 0);
        let bit = hash >> (32 - FILTER_BITS);
        self.filter[(bit / 64) as usize] |= 1 << (bit % 64);
        self.forms.push(form);
    }

    /// Every match as a range of the text with the name of the value, by start, the longest first.
    fn find_all(&self, text: &str) -> Vec<(Range<usize>, Option<&str>)> {
        let mut matches = Vec::new();
        if self.forms.is_empty() {
            return matches;
        }
        self.find(text.as_bytes(), &mut |range, name| matches.push((range, name)));
        for (start, line) in lines_with_escapes(text) {
            for decoded in Decoded::all(line) {
                self.find(&decoded.bytes, &mut |range, name| {
                    let range = decoded.original(range);
                    matches.push((start + range.start..start + range.end, name));
                });
            }
        }
        matches.sort_by_key(|(range, name)| (range.start, std::cmp::Reverse(range.end), name.is_none()));
        matches
    }

    /// Calls `found` for the longest form that starts at each place of a text.
    fn find<'a>(&'a self, text: &[u8], found: &mut dyn FnMut(Range<usize>, Option<&'a str>)) {
        for (at, window) in text.windows(WINDOW).enumerate() {
            let Some(window) = window.first_chunk() else { continue };
            let hash = hash(*window);
            let bit = hash >> (32 - FILTER_BITS);
            if self.filter[(bit / 64) as usize] & (1 << (bit % 64)) == 0 {
                continue;
            }
            let candidates = self.by_window.get(&hash).into_iter().flatten().map(|form| &self.forms[*form]);
            let fitting =
                candidates.filter(|form| text[at..].starts_with(form.text.expose_secret().as_bytes()));
            let longest = fitting.max_by_key(|form| (form.text.expose_secret().len(), form.name.is_some()));
            if let Some(form) = longest {
                found(at..at + form.text.expose_secret().len(), form.name.as_deref());
            }
        }
    }
}

/// A hash of a window. It is shorter than the window, so that it does not contain it.
fn hash(window: [u8; WINDOW]) -> u32 {
    (u64::from_le_bytes(window).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

#[cfg(test)]
mod tests;
