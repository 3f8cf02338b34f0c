//! A request to the fake.

use percent_encoding::percent_decode_str;

/// A request, apart from its headers.
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    pub(super) origin: &'a str,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) body: &'a [u8],
}

impl Asked<'_> {
    /// A member of the query.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        members(self.query).into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The members of the body, which is a form.
    pub(super) fn form(&self) -> Vec<(String, String)> {
        members(&String::from_utf8_lossy(self.body))
    }
}

fn members(text: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = text.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(key, value)| (decoded(key), decoded(value))).collect()
}
