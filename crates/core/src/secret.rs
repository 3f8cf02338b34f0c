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
/// credential literally, or that a server repeats what it was sent. Values shorter than [`Redactor::SHORTEST`] characters are not
/// looked for, they would mask innocent text.
#[derive(Clone, Default)]
pub struct Redactor {
    needles: Arc<RwLock<Vec<Needle>>>,
}

/// A text to mask.
struct Needle {
    /// The name of the value.
    name: String,
    text: SecretString,
    /// Whether it is the value itself, and not a line of it.
    is_whole: bool,
}

impl Redactor {
    /// The least number of characters that a value needs to be looked for.
    pub const SHORTEST: usize = 8;
    /// What is written in place of a value.
    pub const MASK: &'static str = "[secret]";

    /// Adds a value under the name to report a hit by.
    pub fn add(&self, name: impl Into<String>, value: &SecretValue) {
        let name = name.into();
        let value = value.0.expose_secret();
        let mut needles = self.needles.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut add = |text: &str, is_whole| {
            let forms = if text.chars().count() < Self::SHORTEST { Vec::new() } else { written_forms(text) };
            needles.extend(forms.into_iter().map(|text| Needle { name: name.clone(), text, is_whole }));
        };
        add(value, true);
        // Text for people is indented and parted by lines.
        if value.trim_end().contains('\n') {
            value
                .lines()
                .map(str::trim)
                .filter(|line| !line.starts_with(PEM_BOUNDARY))
                .for_each(|line| add(line, false));
        }
        // The longest first: masking a value that is part of another would leave the rest of that one.
        needles.sort_by_key(|needle| std::cmp::Reverse(needle.text.expose_secret().len()));
    }

    /// The text with every known value masked, as it is and as JSON writes it, and the names of those that were found. Of values of
    /// several lines each line is masked too; it is not reported, as it may stand elsewhere by chance.
    pub fn mask(&self, text: &str) -> (String, Vec<String>) {
        let needles = self.needles.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut masked = text.to_owned();
        let mut found = Vec::new();
        for needle in needles.iter() {
            if masked.contains(needle.text.expose_secret()) {
                masked = masked.replace(needle.text.expose_secret(), Self::MASK);
                if needle.is_whole && !found.contains(&needle.name) {
                    found.push(needle.name.clone());
                }
            }
        }
        (masked, found)
    }
}

/// How the first and the last line of a key or certificate begin (RFC 7468), which are no secret.
const PEM_BOUNDARY: &str = "-----";

/// The text as it is, and as it stands inside a JSON string where that differs.
fn written_forms(text: &str) -> Vec<SecretString> {
    let json = crate::format::quoted(text);
    let inner = &json[1..json.len() - 1];
    let mut forms = vec![SecretString::from(text.to_owned())];
    if inner != text {
        forms.push(SecretString::from(inner.to_owned()));
    }
    forms
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let needles = self.needles.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        write!(f, "Redactor({} texts)", needles.len())
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

    #[test]
    fn lines_of_a_value_are_masked_where_text_is_parted_and_not_reported() {
        let redactor = Redactor::default();
        redactor
            .add("key", &SecretValue::new("-----BEGIN KEY-----\n  aaaa\"bbbb\ncccc\n-----END KEY-----\n"));
        let (masked, found) = redactor.mask(r#"  aaaa"bbbb; "aaaa\"bbbb"; cccc; -----BEGIN KEY-----"#);
        assert_eq!(masked, r#"  [secret]; "[secret]"; cccc; -----BEGIN KEY-----"#);
        assert!(found.is_empty());
        let (_, found) = redactor.mask("-----BEGIN KEY-----\\n  aaaa\\\"bbbb\\ncccc\\n-----END KEY-----\\n");
        assert_eq!(found, ["key"]);
    }

    #[test]
    fn a_value_that_is_part_of_another_does_not_save_the_rest_of_it() {
        let redactor = Redactor::default();
        redactor.add("short", &SecretValue::new("password"));
        redactor.add("long", &SecretValue::new("password-of-kari"));
        let (masked, found) = redactor.mask("password-of-kari, password");
        assert_eq!(masked, "[secret], [secret]");
        assert_eq!(found, ["long", "short"]);
    }
}
