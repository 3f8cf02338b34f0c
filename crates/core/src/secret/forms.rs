//! The texts to search for: a value, its lines, its members when it is a JSON object, and its base64 encodings.

use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use secrecy::SecretString;
use serde_json::Value;
use zeroize::Zeroizing;

/// The minimum number of characters of a text to be masked.
pub(super) const SHORTEST: usize = 8;

/// The first and the last line of a key or certificate start with this (RFC 7468). They are not secret.
const PEM_BOUNDARY: &str = "-----";

/// A text to search for.
pub(super) struct Form {
    /// The name to report a match by. `None` for a line of a value, which can appear elsewhere by chance.
    pub(super) name: Option<String>,
    pub(super) text: SecretString,
}

/// Every form of a value that is long enough to search for.
pub(super) fn forms(name: &str, value: &str) -> Vec<Form> {
    let mut forms = Vec::new();
    add(&mut forms, Some(name), value);
    // Text for people is indented and split into lines.
    if value.trim_end().contains('\n') {
        let lines = value.lines().map(str::trim).filter(|line| !line.starts_with(PEM_BOUNDARY));
        lines.for_each(|line| add(&mut forms, None, line));
    }
    if value.trim_start().starts_with('{')
        && let Ok(Value::Object(members)) = serde_json::from_str(value)
    {
        members
            .into_iter()
            .for_each(|(key, member)| add_member(&mut forms, &format!("{name}.{key}"), member));
    }
    forms
}

fn add_member(forms: &mut Vec<Form>, name: &str, member: Value) {
    match member {
        Value::String(text) => add(forms, Some(name), &Zeroizing::new(text)),
        Value::Number(number) => add(forms, Some(name), &Zeroizing::new(number.to_string())),
        Value::Object(members) => {
            members.into_iter().for_each(|(key, member)| add_member(forms, &format!("{name}.{key}"), member));
        }
        Value::Array(items) => items.into_iter().for_each(|item| add_member(forms, name, item)),
        Value::Null | Value::Bool(_) => {}
    }
}

fn add(forms: &mut Vec<Form>, name: Option<&str>, text: &str) {
    if text.chars().count() < SHORTEST {
        return;
    }
    let mut push = |text: &str| {
        forms.push(Form { name: name.map(str::to_owned), text: SecretString::from(text.to_owned()) });
    };
    push(text);
    // HTML forms write a blank as a plus.
    if text.contains(' ') {
        push(&Zeroizing::new(text.replace(' ', "+")));
    }
    for before in 0..3 {
        let standard = base64_core(&STANDARD_NO_PAD, text, before);
        let url_safe = base64_core(&URL_SAFE_NO_PAD, text, before);
        push(&standard);
        if *url_safe != *standard {
            push(&url_safe);
        }
    }
}

/// The characters of a base64 text that depend on the value alone, with `before` other bytes before it in its group of three.
fn base64_core(engine: &GeneralPurpose, value: &str, before: usize) -> Zeroizing<String> {
    let mut padded = Zeroizing::new(Vec::with_capacity(before + value.len()));
    padded.resize(before, 0);
    padded.extend_from_slice(value.as_bytes());
    let mut encoded = Zeroizing::new(String::with_capacity(padded.len().div_ceil(3) * 4));
    engine.encode_string(&*padded, &mut encoded);
    let (first, end) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
    Zeroizing::new(encoded[first..end].to_owned())
}
