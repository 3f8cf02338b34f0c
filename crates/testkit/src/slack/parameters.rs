//! Parameters of a call, which Slack takes from the query, a form, or JSON.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// All parameters by name. A value that is JSON written into a form field is parsed.
#[derive(Debug, Default)]
pub(super) struct Parameters(Map<String, Value>);

impl Parameters {
    pub(super) fn read(query: &str, content_type: &str, body: &[u8]) -> Option<Self> {
        let mut all = Map::new();
        form(query, &mut all);
        if content_type.starts_with("application/json") && !body.is_empty() {
            let Ok(Value::Object(fields)) = serde_json::from_slice(body) else { return None };
            all.extend(fields);
        } else {
            form(std::str::from_utf8(body).ok()?, &mut all);
        }
        Some(Self(all))
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// A number, also when it is written as text.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        match self.0.get(name)? {
            Value::String(text) => text.parse().ok(),
            other => usize::try_from(other.as_u64()?).ok(),
        }
    }

    /// A structure, also when it is written as text; `null` when it is absent or no JSON.
    pub(super) fn structure(&self, name: &str) -> Value {
        match self.0.get(name) {
            Some(Value::String(text)) => serde_json::from_str(text).unwrap_or(Value::Null),
            Some(other) => other.clone(),
            None => Value::Null,
        }
    }

    pub(super) fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

fn form(text: &str, into: &mut Map<String, Value>) {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    for (name, value) in text.split('&').filter_map(|pair| pair.split_once('=')) {
        into.insert(decode(name), Value::String(decode(value)));
    }
}
