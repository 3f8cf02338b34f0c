//! What the plugins can be told.

use std::path::{Path, PathBuf};

use deployer_core::plugin::{Context, Credential};
use deployer_core::{Error, Kind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::wire::Key;

/// The settings of `kind = "file"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileSettings {
    /// The file; a relative path starts at the folder of the settings.
    path: PathBuf,
    /// How the file is written, where its name does not tell.
    format: Option<Format>,
    /// What decrypts it; a file without this is plain.
    age: Option<AgeSettings>,
    /// Whether a plain file is read also where other users of the machine can read it.
    #[serde(default)]
    allow_readable_by_others: bool,
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// A JSON object.
    Json,
    /// TOML.
    Toml,
    /// Lines `NAME=value`.
    Dotenv,
    /// YAML, encrypted with SOPS.
    Yaml,
}

/// What decrypts a file (<https://age-encryption.org/v1>).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum AgeSettings {
    /// One or more identities, as `age-keygen` writes them.
    Identity(Credential),
    /// A passphrase.
    Passphrase(Credential),
}

/// The settings of a file with the key found.
#[derive(Debug)]
pub(crate) struct FileResolved {
    pub(crate) path: PathBuf,
    pub(crate) format: Format,
    pub(crate) key: Option<Key>,
    pub(crate) allow_readable_by_others: bool,
}

impl FileSettings {
    /// Finds the key and the format. `name` is how messages call the table.
    pub(crate) fn resolve(self, name: &str, context: &Context) -> Result<FileResolved> {
        let path = context.path(&self.path);
        context.secret_files.add(&path);
        let format = self.format.or_else(|| Format::of(&self.path)).ok_or_else(|| {
            Error::new(Kind::Settings, format!("the name {:?} does not tell its format", self.path))
                .with_hint("set `format` to \"json\", \"toml\", \"dotenv\" or \"yaml\"")
        });
        let key = self.age.map(|age| match age {
            AgeSettings::Identity(identity) => Key::identities(&identity.resolve(context)?, &identity),
            AgeSettings::Passphrase(passphrase) => Key::passphrase(&passphrase.resolve(context)?),
        });
        match (format, key.transpose()) {
            (Ok(format), Ok(key)) => Ok(FileResolved {
                path,
                format,
                key,
                allow_readable_by_others: self.allow_readable_by_others,
            }),
            (format, key) => Err(Error::unusable(name, format.err().into_iter().chain(key.err()).collect())),
        }
    }
}

impl Format {
    /// The format that a file's name tells; an `.age` at its end does not matter.
    fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let name = name.strip_suffix(".age").unwrap_or(name);
        match name.rsplit_once('.') {
            Some((_, "json")) => Some(Self::Json),
            Some((_, "toml")) => Some(Self::Toml),
            Some((_, "env")) => Some(Self::Dotenv),
            Some((_, "yaml" | "yml")) => Some(Self::Yaml),
            _ if name.starts_with(".env.") => Some(Self::Dotenv),
            _ => None,
        }
    }
}

/// The settings of `kind = "environment"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnvironmentSettings {
    /// What stands before a secret's name; it may be empty, and has to be said.
    pub(crate) prefix: String,
    /// How a name becomes a variable's name.
    #[serde(default)]
    pub(crate) names: VariableNames,
    /// Whether small letters of a name become capitals.
    #[serde(default)]
    pub(crate) upper_case: bool,
}

/// How a secret's name becomes a variable's name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum VariableNames {
    /// What a shell cannot have in a variable's name becomes `_`.
    #[default]
    Shell,
    /// The name as it is.
    Exact,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_tells_its_format_with_and_without_encryption() {
        for (name, expected) in [
            ("a/secrets.json", Some(Format::Json)),
            ("secrets.prod.toml.age", Some(Format::Toml)),
            (".env", Some(Format::Dotenv)),
            (".env.prod", Some(Format::Dotenv)),
            ("prod.env.age", Some(Format::Dotenv)),
            ("secrets.enc.yaml", Some(Format::Yaml)),
            ("secrets.yml", Some(Format::Yaml)),
            ("secrets", None),
            ("secrets.age", None),
            ("json", None),
        ] {
            assert_eq!(Format::of(Path::new(name)), expected, "{name}");
        }
    }
}
