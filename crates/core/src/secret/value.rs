//! A value that cannot be shown.

use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

/// A secret value. It cannot be displayed, debugged or serialized, and its memory is zeroed when the last copy is dropped.
#[derive(Clone)]
pub struct SecretValue(pub(super) Arc<SecretString>);

impl SecretValue {
    /// Wraps a text.
    pub fn new(value: impl Into<String>) -> Self {
        Self(Arc::new(SecretString::from(value.into())))
    }

    /// The value itself. Only the module of a plugin that writes to the wire may call this; a lint refuses it elsewhere.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether the value is the empty text.
    pub fn is_empty(&self) -> bool {
        self.0.expose_secret().is_empty()
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl PartialEq for SecretValue {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_never_shown() {
        let value = SecretValue::new("hunter2hunter2");
        assert_eq!(format!("{value:?} {:?}", Some(&value)), "[secret] Some([secret])");
    }
}
