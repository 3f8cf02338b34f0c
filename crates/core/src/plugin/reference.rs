//! Reads references to credentials from settings.

use std::fmt;
use std::path::PathBuf;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{Credential, rejected};

impl<'de> Deserialize<'de> for Credential {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reference)
    }
}

/// Reads a reference, and refuses anything else without repeating it: it may be a credential.
struct Reference;

/// What a reference looks like, for messages.
const EXPECTED: &str = "a reference to a credential: { env = \"NAME\" }, { file = \"path\" } or { command = [\"program\", \"argument\"] }";

impl Reference {
    fn refuse<T, E: de::Error>() -> Result<T, E> {
        Err(rejected(format_args!("the settings must not contain a credential; expected {EXPECTED}")))
    }
}

impl<'de> Visitor<'de> for Reference {
    type Value = Credential;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<Credential, E> {
        Self::refuse()
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Credential, E> {
        Self::refuse()
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Credential, E> {
        Self::refuse()
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Credential, E> {
        Self::refuse()
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Credential, E> {
        Self::refuse()
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Credential, A::Error> {
        let (mut env, mut field, mut file, mut command, mut variables) = (None, None, None, None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "env" => env = Some(map.next_value::<VariableName>()?.0),
                "field" => field = Some(map.next_value::<Field>()?.0),
                "file" => file = Some(map.next_value::<PathBuf>()?),
                "command" => command = Some(map.next_value::<Words>()?.0),
                "variables" => {
                    let names = map.next_value::<Vec<VariableName>>()?;
                    variables = Some(names.into_iter().map(|name| name.0).collect());
                }
                _ => {
                    const KEYS: &[&str] = &["env", "field", "file", "command", "variables"];
                    return Err(de::Error::unknown_field(&key, KEYS));
                }
            }
        }
        match (env, field, file, command, variables) {
            (Some(name), field, None, None, None) => {
                Ok(Credential::Env { name, field: field.unwrap_or_default() })
            }
            (None, None, Some(path), None, None) => Ok(Credential::File(path)),
            (None, None, None, Some(words), variables) => {
                Ok(Credential::Command { words, variables: variables.unwrap_or_default() })
            }
            _ => Err(rejected(format!("expected exactly one of `env`, `file` and `command`: {EXPECTED}"))),
        }
    }
}

/// The name of an environment variable. A text that cannot be one is refused without being repeated: it may be the credential.
struct VariableName(String);

impl<'de> Deserialize<'de> for VariableName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let plausible = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if plausible {
            return Ok(Self(name));
        }
        Err(rejected(
            "`env` takes the name of an environment variable (letters, digits and `_`), not a value",
        ))
    }
}

/// A program and its arguments.
struct Words(Vec<String>);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordsVisitor)
    }
}

struct WordsVisitor;

impl<'de> Visitor<'de> for WordsVisitor {
    type Value = Words;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list: a program and its arguments")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Words, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = items.next_element::<String>()? {
            words.push(word);
        }
        if words.first().is_none_or(|program| program.trim().is_empty()) {
            return Err(rejected("`command` names no program: expected a list, a program and its arguments"));
        }
        Ok(Words(words))
    }
}

/// The way to a member: a text that is split at dots, or a list that is taken as it is.
struct Field(Vec<String>);

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor)
    }
}

struct FieldVisitor;

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member, or a list of names")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Field, E> {
        Ok(Field(text.split('.').map(str::to_owned).collect()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Field, A::Error> {
        let mut steps = Vec::new();
        while let Some(step) = items.next_element::<String>()? {
            steps.push(step);
        }
        Ok(Field(steps))
    }
}
