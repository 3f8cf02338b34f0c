//! Values that can be written in more than one form.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use deployer_core::plugin::rejected;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{
    Deserialize, Deserializer, Error, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::{Serialize, Serializer};
use serde_json::Value;
use tracing::level_filters::LevelFilter;

use super::path::PathPattern;
use crate::settings::declare::section;

/// Declares a value by its forms, each with its variant: `text`, `list`, `table`, `boolean`, or `false` alone. Another form is rejected
/// with the accepted ones.
macro_rules! forms {
    ($($(#[$about:meta])* $name:ident: $accepted:literal {
        $($(#[$form_about:meta])* $form:ident => $variant:ident($value:ty),)*
    })*) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, Serialize, JsonSchema)]
        #[serde(untagged)]
        #[schemars(inline)]
        pub(crate) enum $name {
            $($variant($(#[$form_about])* $value),)*
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Forms;

                impl<'de> Visitor<'de> for Forms {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($accepted)
                    }

                    $(forms!(@ 'de $form $name $variant);)*
                }

                deserializer.deserialize_any(Forms)
            }
        }
    )*};
    (@ $de:lifetime text $name:ident $variant:ident) => {
        fn visit_str<E: Error>(self, text: &str) -> Result<$name, E> {
            Deserialize::deserialize(text.into_deserializer()).map($name::$variant)
        }
    };
    (@ $de:lifetime list $name:ident $variant:ident) => {
        fn visit_seq<A: SeqAccess<$de>>(self, items: A) -> Result<$name, A::Error> {
            Deserialize::deserialize(SeqAccessDeserializer::new(items)).map($name::$variant)
        }
    };
    (@ $de:lifetime table $name:ident $variant:ident) => {
        fn visit_map<A: MapAccess<$de>>(self, members: A) -> Result<$name, A::Error> {
            Deserialize::deserialize(MapAccessDeserializer::new(members)).map($name::$variant)
        }
    };
    (@ $de:lifetime boolean $name:ident $variant:ident) => {
        fn visit_bool<E: Error>(self, value: bool) -> Result<$name, E> {
            Ok($name::$variant(value))
        }
    };
    (@ $de:lifetime false $name:ident $variant:ident) => {
        fn visit_bool<E: Error>(self, value: bool) -> Result<$name, E> {
            if value { Err(E::invalid_type(Unexpected::Bool(value), &self)) } else { Ok($name::$variant(value)) }
        }
    };
}

forms! {
    /// The files that are deployed.
    WhitelistValue: "the path of a file, a list of paths, { include = [\"pipes/**\"], exclude = [] }, or false for every file" {
        text => File(PathPattern),
        #[schemars(length(min = 1))]
        list => Files(Vec<PathPattern>),
        table => Globs(WhitelistTable),
        #[schemars(extend("const" = false))]
        false => Everything(bool),
    }

    /// Paths of files.
    PathsValue: "the path of a file, a list of paths, or false for none" {
        text => One(PathPattern),
        list => Several(Vec<PathPattern>),
        #[schemars(extend("const" = false))]
        false => None(bool),
    }

    /// The file of variables that is uploaded.
    UploadedFile: "the path of a file (`upload_variables = false` is a key of a node, in [nodes.<name>])" {
        text => Path(PathPattern),
    }

    /// A folder for state, or a place that machines share.
    StateValue: "the path of a folder, or a table with a `kind`" {
        text => Folder(PathBuf),
        #[schemars(with = "Value", extend("$ref" = "#/definitions/state"))]
        table => Place(OfPlugins),
    }

    /// A text, or where it is found.
    TextValue: "a text, or { env = \"NAME\" }" {
        text => Text(String),
        table => Variable(VariableTable),
    }

    /// Another name of a secret.
    AliasValue: "a name, or { store = \"store\", name = \"name\" }" {
        text => Name(String),
        table => Elsewhere(AliasTable),
    }

    /// The secrets that are sent to single systems.
    SystemSecretsValue: "true for all secrets that a system names, false for none, or a table of systems and lists of names" {
        boolean => Named(bool),
        table => Listed(BTreeMap<String, Vec<String>>),
    }
}

section! {
    /// Files and globs of a whitelist.
    #[schemars(inline, extend("minProperties" = 1))]
    pub(crate) struct WhitelistTable {
        /// Files with one path per line.
        #[serde(skip_serializing_if = "Option::is_none")]
        files: Option<PathsValue> = None,
        /// Globs of what is deployed, such as `pipes/**`.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schemars(length(min = 1))]
        include: Option<Vec<PathPattern>> = None,
        /// Globs of what is not.
        #[serde(skip_serializing_if = "Option::is_none")]
        exclude: Option<Vec<PathPattern>> = None,
    }
}

section! {
    /// Where a secret is under another name.
    #[schemars(inline)]
    pub(crate) struct AliasTable {
        /// The store that is read.
        store: Option<String> = None,
        /// The name of the secret there.
        name: Option<String> = None,
    }
}

/// A text that an environment variable contains.
#[derive(Debug, Clone, Serialize, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub(crate) struct VariableTable {
    /// The environment variable that contains it.
    pub(super) env: String,
}

impl PathsValue {
    /// The paths.
    pub(super) fn paths(&self) -> &[PathPattern] {
        match self {
            Self::One(path) => std::slice::from_ref(path),
            Self::Several(paths) => paths,
            Self::None(_) => &[],
        }
    }
}

/// A section that a plugin reads.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct OfPlugins;

impl<'de> Deserialize<'de> for OfPlugins {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// A log level, by the names of this program or of Python.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogLevel(pub(crate) LevelFilter);

/// The names of log levels.
const LOG_LEVELS: &[&str] = &["error", "warn", "info", "debug", "trace", "off"];

/// Python's names of log levels, each with ours.
const OF_PYTHON: [(&str, &str); 4] =
    [("critical", "error"), ("fatal", "error"), ("warning", "warn"), ("notset", "trace")];

/// The log level that a name in any case means.
pub(in crate::settings) fn log_level(name: &str) -> Option<LevelFilter> {
    let name = name.to_ascii_lowercase();
    let own = OF_PYTHON.iter().find(|(python, _)| *python == name).map_or(name.as_str(), |(_, own)| *own);
    LOG_LEVELS.contains(&own).then(|| own.parse().ok())?
}

impl<'de> Deserialize<'de> for LogLevel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        log_level(&name).map(Self).ok_or_else(|| D::Error::unknown_variant(&name, LOG_LEVELS))
    }
}

impl Serialize for LogLevel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// The schema of a log level: its names, in any case. Patterns of JSON schemas have no switch for that.
pub(super) fn log_levels(_: &mut SchemaGenerator) -> Schema {
    let letter = |c: char| format!("[{c}{}]", c.to_ascii_uppercase());
    let names = LOG_LEVELS.iter().copied().chain(OF_PYTHON.map(|(python, _)| python));
    let names: Vec<String> = names.map(|name| name.chars().map(letter).collect()).collect();
    json_schema!({ "anyOf": [
        { "enum": LOG_LEVELS },
        { "type": "string", "pattern": format!("^({})$", names.join("|")) },
    ] })
}

impl<'de> Deserialize<'de> for PathPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(rejected)
    }
}
