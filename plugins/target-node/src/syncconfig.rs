//! `.syncconfig`, the file in which Sesam's command-line tool keeps the address of a node and its token.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use deployer_core::document::{Node, SourceText};
use deployer_core::error::Place;
use deployer_core::plugin::Context;
use deployer_core::{Error, Kind, Result, SecretValue};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Visitor};

/// The name of the file.
const NAME: &str = ".syncconfig";

/// Whether the file is read, and where it is: `true` or a path.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum SyncConfig {
    /// It is not read.
    #[default]
    No,
    /// It is in the folder of the settings, or in the nearest folder above it that has one.
    Nearest,
    /// It is here; a relative path starts at the folder of the settings.
    At(PathBuf),
}

/// The content of the file.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// The node's address.
    pub(crate) url: Option<String>,
    /// The token.
    pub(crate) token: Option<SecretValue>,
}

impl SyncConfig {
    /// Reads the file if the settings name it.
    ///
    /// # Errors
    /// `Settings` when there is no such file, or it cannot be read. The message never contains a value.
    pub(crate) fn read(&self, context: &Context) -> Result<Kept> {
        let path = match self {
            Self::No => return Ok(Kept::default()),
            Self::Nearest => nearest(&context.folder)?,
            Self::At(path) => context.path(path),
        };
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(&path).map_err(|cause| {
            Error::new(Kind::Settings, format!("{shown} cannot be read")).with_cause(cause)
        })?;
        let [url, token] = values(&SourceText::new(shown.as_str(), text))?;
        Ok(Kept { url, token: token.map(|token| context.secret(&format!("JWT of {shown}"), token)) })
    }
}

/// The file in a folder, or in the nearest folder above it that has one.
fn nearest(folder: &Path) -> Result<PathBuf> {
    let start = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let mut places = start.ancestors().map(|folder| folder.join(NAME));
    places.find(|path| path.is_file()).ok_or_else(|| {
        Error::new(Kind::Settings, format!("there is no {NAME} in {} nor above it", start.display()))
            .with_hint(format!(
                "write one with NODE and JWT, or name the file: `syncconfig = \"path/{NAME}\"`"
            ))
    })
}

/// The address and the token in a text of either form: a JSON object, or lines `key = value`.
fn values(source: &SourceText) -> Result<[Option<String>; 2]> {
    if source.text().trim_start_matches('\u{feff}').trim_start().starts_with('{') {
        let root = source.parse().map_err(|error| Error::from(error).context("the file is no JSON"))?.root;
        let member = |name: &str| {
            let members = root.value.as_object().into_iter().flat_map(|object| object.members());
            let mut named = members.filter(|member| member.key.eq_ignore_ascii_case(name));
            named.next().map(|member| text_of(&member.node, name, source)).transpose()
        };
        return Ok([member("node")?, member("jwt")?]);
    }
    let mut values = [None, None];
    for (number, line) in (1..).zip(source.text().trim_start_matches('\u{feff}').lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';', '[']) {
            continue;
        }
        let Some((key, value)) = line.split_once(['=', ':']) else {
            return Err(Error::new(Kind::Settings, "a line is not of the form `key = value`")
                .at(Place::new(source.file().clone(), number, 0)));
        };
        let slot = match key.trim() {
            key if key.eq_ignore_ascii_case("node") => &mut values[0],
            key if key.eq_ignore_ascii_case("jwt") => &mut values[1],
            _ => continue,
        };
        *slot = Some(unquoted(value)).filter(|value| !value.is_empty());
    }
    Ok(values)
}

fn text_of(node: &Node, name: &str, source: &SourceText) -> Result<String> {
    let text = node.as_str().map(unquoted).filter(|text| !text.is_empty());
    text.ok_or_else(|| {
        Error::new(Kind::Settings, format!("{name} must be a text that is not empty"))
            .at(source.place(node.span.start))
    })
}

/// A value without blanks and quotes around it.
fn unquoted(value: &str) -> String {
    let value = value.trim();
    let inner = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    inner.unwrap_or(value).trim().to_owned()
}

impl<'de> Deserialize<'de> for SyncConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SyncConfigVisitor)
    }
}

impl JsonSchema for SyncConfig {
    fn schema_name() -> Cow<'static, str> {
        "SyncConfig".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "description": "Whether the nearest one is read.", "type": "boolean" },
                { "description": "The path of the file.", "type": "string" },
            ],
        })
    }

    fn inline_schema() -> bool {
        true
    }
}

struct SyncConfigVisitor;

impl Visitor<'_> for SyncConfigVisitor {
    type Value = SyncConfig;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, or the path of the file")
    }

    fn visit_bool<E>(self, asked: bool) -> Result<SyncConfig, E> {
        Ok(if asked { SyncConfig::Nearest } else { SyncConfig::No })
    }

    fn visit_str<E>(self, path: &str) -> Result<SyncConfig, E> {
        Ok(SyncConfig::At(PathBuf::from(path)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<[Option<String>; 2]> {
        values(&SourceText::new(NAME, text))
    }

    #[test]
    fn every_form_of_the_file_says_the_same() {
        for text in [
            "NODE=\"datahub.sesam.cloud\"\nJWT=\"a.b.c\"\n",
            "\u{feff}# mine\r\n[sesam]\r\n; too\r\nnode = datahub.sesam.cloud\r\njwt: 'a.b.c'\r\nother = 1\r\n",
            r#"{"NODE": "datahub.sesam.cloud", "JWT": "a.b.c", "other": 1}"#,
            "\u{feff} {\"node\": \" datahub.sesam.cloud \", \"jwt\": \"a.b.c\"}",
        ] {
            let expected = [Some("datahub.sesam.cloud".to_owned()), Some("a.b.c".to_owned())];
            assert_eq!(read(text).unwrap(), expected, "{text}");
        }
        let scheme = read("node=https://host:1/api\njwt=").unwrap();
        assert_eq!(scheme, [Some("https://host:1/api".to_owned()), None]);
    }

    #[test]
    fn what_cannot_be_read_is_told_by_its_place_and_not_repeated() {
        for (text, place) in [
            ("NODE=x\ncanary", ".syncconfig:2"),
            ("{\"JWT\": \"canary\"", ".syncconfig:1:17"),
            ("{\"JWT\": [\"canary\"]}", ".syncconfig:1:9"),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!((error.kind() == Kind::Bug, error.places()[0].to_string()), (false, place.to_owned()));
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
    }
}
