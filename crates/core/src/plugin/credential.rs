//! References to credentials. Settings never hold a credential, only where it is found.

use std::fmt;
use std::path::PathBuf;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

use super::Context;
use crate::document::SourceText;
use crate::error::{Error, Kind, Result};
use crate::secret::SecretValue;

/// Where a credential is found.
///
/// - `{ env = "NAME" }`: an environment variable;
/// - `{ env = "NAME", field = "JWT" }`: a member of the JSON object that an environment variable holds (backticks in its text are
///   dropped, as the original's users write them);
/// - `{ file = "path" }`: a file, line ends at its end dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// An environment variable, or a member of the JSON object in it.
    Env {
        /// The name of the variable.
        name: String,
        /// The member; dots lead into nested objects.
        field: Option<String>,
    },
    /// A file.
    File(PathBuf),
}

impl Credential {
    /// Finds the credential, trims line ends, and tells the redactor.
    ///
    /// # Errors
    /// `Settings` when the variable, the member or the file is absent, empty or unreadable. The text never holds the value.
    pub fn resolve(&self, context: &Context) -> Result<SecretValue> {
        let missing = |cause: String| Error::new(Kind::Settings, format!("no credential in {self}")).with_cause(cause);
        let value = match self {
            Credential::Env { name, field } => {
                let text = context.variables.get(name).ok_or_else(|| {
                    missing("the environment variable is not set or empty".to_owned())
                        .with_hint(format!("set the environment variable {name}"))
                })?;
                match field {
                    None => text.to_owned(),
                    Some(field) => member(name, text, field).map_err(missing)?,
                }
            }
            Credential::File(path) => {
                let path = context.path(path);
                std::fs::read_to_string(&path).map_err(|error| missing(error.to_string()))?
            }
        };
        let value = value.trim_end_matches(['\r', '\n']);
        if value.is_empty() {
            return Err(missing("it is empty".to_owned()));
        }
        Ok(context.secret(&self.to_string(), value))
    }
}

fn member(name: &str, text: &str, field: &str) -> Result<String, String> {
    let source = SourceText::new(format!("${name}"), text.replace('`', ""));
    let parsed = source.parse().map_err(|error| format!("{} ({})", error.message, error.place))?;
    match parsed.root.at_path(field) {
        None => Err(format!("the JSON object has no member {field:?}")),
        Some(node) => {
            node.as_str().map(str::to_owned).ok_or_else(|| format!("{field} must be a text, it is {}", node.value.kind_name()))
        }
    }
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Credential::Env { name, field: None } => write!(f, "${name}"),
            Credential::Env { name, field: Some(field) } => write!(f, "{field} of ${name}"),
            Credential::File(path) => write!(f, "file {}", path.display()),
        }
    }
}

impl<'de> Deserialize<'de> for Credential {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reference)
    }
}

/// Reads a reference, and refuses anything else without repeating it: it may be a credential.
struct Reference;

/// What a reference looks like, for messages.
const EXPECTED: &str = "a reference to a credential: { env = \"NAME\" } or { file = \"path\" }";

impl Reference {
    fn refuse<T, E: de::Error>() -> Result<T, E> {
        Err(E::custom(format!("a credential must not stand in the settings; expected {EXPECTED}")))
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
        let (mut env, mut field, mut file) = (None, None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "env" => env = Some(map.next_value::<String>()?),
                "field" => field = Some(map.next_value::<String>()?),
                "file" => file = Some(map.next_value::<PathBuf>()?),
                _ => return Err(de::Error::unknown_field(&key, &["env", "field", "file"])),
            }
        }
        match (env, field, file) {
            (Some(name), field, None) => Ok(Credential::Env { name, field }),
            (None, None, Some(path)) => Ok(Credential::File(path)),
            _ => Err(de::Error::custom(format!("expected exactly one of `env` and `file`: {EXPECTED}"))),
        }
    }
}
