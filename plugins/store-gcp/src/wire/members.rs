//! The members of a value.

use deployer_core::SecretValue;
use deployer_core::document::{SourceText, Value};

/// The members of a value that is a JSON object.
pub(crate) struct Members(Value);

impl Members {
    /// None when the value is not a JSON object.
    #[expect(clippy::disallowed_methods, reason = "the members of a value are values too")]
    pub(crate) fn read(value: &SecretValue) -> Option<Self> {
        // The reader's own words may repeat the text.
        let parsed = SourceText::new("secret", value.expose()).parse().ok()?;
        Some(parsed.root.value).filter(|value| value.as_object().is_some()).map(Self)
    }

    /// A member.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.as_object()?.get(name).map(|node| &node.value)
    }

    /// The names of all members.
    pub(crate) fn names(&self) -> Vec<String> {
        let members = self.0.as_object().map(|object| object.members()).unwrap_or_default();
        members.iter().map(|member| member.key.to_string()).collect()
    }
}
