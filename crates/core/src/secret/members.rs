//! The members of a secret value.

use super::SecretValue;
use crate::document::{SourceText, Value};

/// The members of a secret value that is a JSON object. It has no `Debug`, because that would show the values.
pub struct Members(Value);

impl Members {
    /// Reads a value. `None` if it is not a JSON object.
    #[expect(clippy::disallowed_methods, reason = "the members of a value are values too")]
    pub fn read(value: &SecretValue) -> Option<Self> {
        // The message of the parser can repeat the text.
        let parsed = SourceText::new("secret", value.expose()).parse().ok()?;
        Some(parsed.root.value).filter(|value| value.as_object().is_some()).map(Self)
    }

    /// The value of a member.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.as_object()?.get(name).map(|node| &node.value)
    }

    /// The names of all members.
    pub fn names(&self) -> Vec<String> {
        let members = self.0.as_object().map(|object| object.members()).unwrap_or_default();
        members.iter().map(|member| member.key.to_string()).collect()
    }
}
