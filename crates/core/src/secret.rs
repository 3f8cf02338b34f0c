//! Secret values: a type that cannot be shown, and the check of text that leaves the program.

use std::fmt;
use std::sync::{Arc, RwLock};

use secrecy::{ExposeSecret, SecretString};

/// A secret value. It cannot be displayed, debugged or serialized, and its memory is zeroed when the last copy is dropped.
#[derive(Clone)]
pub struct SecretValue(Arc<SecretString>);

impl SecretValue {
    /// Takes a text into custody.
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

/// Knows every secret value of a run and masks it in text that leaves the program.
///
/// This is the last line of defence: secret values live in [`SecretValue`], so a hit means that a configuration file holds a
/// credential literally. Values shorter than [`Redactor::SHORTEST`] characters are not looked for, they would mask innocent text.
#[derive(Clone, Default)]
pub struct Redactor {
    values: Arc<RwLock<Vec<(String, SecretValue)>>>,
}

impl Redactor {
    /// The least number of characters that a value needs to be looked for.
    pub const SHORTEST: usize = 8;
    /// What is written in place of a value.
    pub const MASK: &'static str = "[secret]";

    /// Adds a value under the name to report a hit by.
    pub fn add(&self, name: impl Into<String>, value: &SecretValue) {
        if value.0.expose_secret().chars().count() >= Self::SHORTEST {
            let mut values = self.values.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            values.push((name.into(), value.clone()));
        }
    }

    /// The text with every known value masked, as it is and as JSON writes it, and the names of those that were found.
    pub fn mask(&self, text: &str) -> (String, Vec<String>) {
        let values = self.values.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut masked = text.to_owned();
        let mut found = Vec::new();
        for (name, value) in values.iter() {
            for form in written_forms(value.0.expose_secret()) {
                if masked.contains(form.expose_secret()) {
                    masked = masked.replace(form.expose_secret(), Self::MASK);
                    if !found.contains(name) {
                        found.push(name.clone());
                    }
                }
            }
        }
        (masked, found)
    }
}

/// The value as it is, and as it stands inside a JSON string where that differs.
fn written_forms(value: &str) -> Vec<SecretString> {
    let json = crate::format::quoted(value);
    let inner = &json[1..json.len() - 1];
    let mut forms = vec![SecretString::from(value.to_owned())];
    if inner != value {
        forms.push(SecretString::from(inner.to_owned()));
    }
    forms
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.values.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        write!(f, "Redactor({} values)", values.len())
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

    #[test]
    fn text_is_masked_in_plain_and_json_form_and_the_name_is_told() {
        let redactor = Redactor::default();
        redactor.add("db", &SecretValue::new("a \"quoted\" value"));
        redactor.add("pin", &SecretValue::new("1234"));
        let (masked, found) = redactor.mask(r#"{"x": "a \"quoted\" value", "y": 1234} a "quoted" value"#);
        assert_eq!(masked, r#"{"x": "[secret]", "y": 1234} [secret]"#);
        assert_eq!(found, ["db"]);
    }
}
