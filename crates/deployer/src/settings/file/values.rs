//! Values that can be written in more than one way, each with its forms and its schema.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use deployer_core::plugin::rejected;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use tracing::level_filters::LevelFilter;

use super::path::PathPattern;

/// The forms of a value. A form that a value does not have is rejected with the accepted ones.
trait Forms<'de>: Sized {
    /// The accepted forms, for messages.
    const ACCEPTED: &'static str;

    fn from_text<E: Error>(text: &str) -> Result<Self, E> {
        Err(E::invalid_type(Unexpected::Str(text), &Self::ACCEPTED))
    }

    /// The value that `false` means, if it is accepted.
    fn of_false() -> Option<Self> {
        None
    }

    fn from_bool<E: Error>(value: bool) -> Result<Self, E> {
        let of_false = if value { None } else { Self::of_false() };
        of_false.ok_or_else(|| E::invalid_type(Unexpected::Bool(value), &Self::ACCEPTED))
    }

    fn from_list<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(D::Error::invalid_type(Unexpected::Seq, &Self::ACCEPTED))
    }

    fn from_table<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(D::Error::invalid_type(Unexpected::Map, &Self::ACCEPTED))
    }
}

struct FormVisitor<T>(PhantomData<T>);

impl<'de, T: Forms<'de>> Visitor<'de> for FormVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::ACCEPTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        T::from_text(text)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<T, E> {
        T::from_bool(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<T, A::Error> {
        T::from_list(SeqAccessDeserializer::new(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::from_table(MapAccessDeserializer::new(members))
    }
}

/// Reads values by their forms, and says how a schema describes them.
macro_rules! forms {
    ($($value:ty: $accepted:literal { $($form:tt)* } schema $schema:expr;)*) => {$(
        impl<'de> Forms<'de> for $value {
            const ACCEPTED: &'static str = $accepted;
            $($form)*
        }

        impl<'de> Deserialize<'de> for $value {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(FormVisitor(PhantomData))
            }
        }

        impl JsonSchema for $value {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($value).into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                ($schema)(generator)
            }
        }
    )*};
}

/// `whitelist = "path"`, `["path", "path"]`, `{ files = …, include = […], exclude = […] }` or `false`.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum WhitelistValue {
    Files(PathsValue),
    Globs(WhitelistTable),
    Everything(bool),
}

/// Files and globs of a whitelist.
#[derive(Debug, Clone, Default, Serialize, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("minProperties" = 1))]
pub(crate) struct WhitelistTable {
    /// Files with one path per line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "PathsValue")]
    pub(super) files: Option<PathsValue>,
    /// Globs of what is deployed, such as `pipes/**`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<String>", length(min = 1))]
    pub(super) include: Option<Vec<PathPattern>>,
    /// Globs of what is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<String>")]
    pub(super) exclude: Option<Vec<PathPattern>>,
}

/// `variables = "path"`, `["path", "path"]` or `false`.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum PathsValue {
    One(PathPattern),
    Several(Vec<PathPattern>),
    None(bool),
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

/// The file of variables that is uploaded.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct UploadedFile(pub(super) PathPattern);

/// A node's `target`: a table, which the target's plugin reads, or `false`.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct TargetValue {
    pub(super) is_present: bool,
}

/// `state = "folder"`, or a table, which the plugin of the place reads.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum StateValue {
    Folder(std::path::PathBuf),
    Place(OfPlugins),
}

/// A section that a plugin reads.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct OfPlugins;

/// A text, or `{ env = "NAME" }` for one that an environment variable holds.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum TextValue {
    Text(String),
    Variable(VariableTable),
}

/// A text that an environment variable holds.
#[derive(Debug, Clone, Serialize, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VariableTable {
    /// The environment variable that holds it.
    pub(super) env: String,
}

/// Another name of a secret: `"name"`, or `{ store = "store", name = "name" }` with either key.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AliasValue(pub(super) AliasTable);

/// Where a secret is under another name.
#[derive(Debug, Clone, Default, Serialize, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AliasTable {
    /// The store that is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(super) store: Option<String>,
    /// The name of the secret there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(super) name: Option<String>,
}

/// `system_secrets = true`, or a table of systems and lists of names.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum SystemSecretsValue {
    Named(bool),
    Listed(BTreeMap<String, Vec<String>>),
}

/// A log level, by the names of this program or of Python.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogLevel(pub(crate) LevelFilter);

impl Serialize for LogLevel {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// The names of log levels, first those of this program, then Python's.
const LOG_LEVELS: &[(&str, LevelFilter)] = &[
    ("error", LevelFilter::ERROR),
    ("warn", LevelFilter::WARN),
    ("info", LevelFilter::INFO),
    ("debug", LevelFilter::DEBUG),
    ("trace", LevelFilter::TRACE),
    ("off", LevelFilter::OFF),
    ("critical", LevelFilter::ERROR),
    ("fatal", LevelFilter::ERROR),
    ("warning", LevelFilter::WARN),
    ("notset", LevelFilter::TRACE),
];

/// The log level that a name in any case means.
pub(in crate::settings) fn log_level(name: &str) -> Option<LevelFilter> {
    LOG_LEVELS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, level)| *level)
}

/// A list that names something. An empty one would mean every file, which is hardly intended.
fn named<E: Error>(list: &[PathPattern], key: &str) -> Result<(), E> {
    match list {
        [] => Err(rejected(format_args!(
            "`{key}` of the whitelist is empty; write `whitelist = false` for every file"
        ))),
        _ => Ok(()),
    }
}

forms! {
    WhitelistValue: "the path of a file, a list of paths, { include = [\"pipes/**\"], exclude = [] }, or false for every file" {
        fn from_text<E: Error>(text: &str) -> Result<Self, E> {
            PathsValue::from_text(text).map(Self::Files)
        }

        fn of_false() -> Option<Self> {
            Some(Self::Everything(false))
        }

        fn from_list<D: Deserializer<'de>>(items: D) -> Result<Self, D::Error> {
            let files = PathsValue::from_list(items)?;
            named(files.paths(), "files")?;
            Ok(Self::Files(files))
        }

        fn from_table<D: Deserializer<'de>>(members: D) -> Result<Self, D::Error> {
            let table = WhitelistTable::deserialize(members)?;
            if let WhitelistTable { files: None, include: None, exclude: None } = table {
                return Err(rejected("expected `files`, `include` or `exclude`"));
            }
            table.files.as_ref().map_or(Ok(()), |files| named(files.paths(), "files"))?;
            table.include.as_ref().map_or(Ok(()), |include| named(include, "include"))?;
            Ok(Self::Globs(table))
        }
    } schema |generator: &mut SchemaGenerator| {
        let table = WhitelistTable::json_schema(generator);
        json_schema!({ "anyOf": [
            { "type": "string" },
            { "type": "array", "items": { "type": "string" }, "minItems": 1 },
            table,
            { "const": false },
        ] })
    };

    PathsValue: "the path of a file, a list of paths, or false for none" {
        fn from_text<E: Error>(text: &str) -> Result<Self, E> {
            PathPattern::parse(text).map(Self::One).map_err(rejected)
        }

        fn of_false() -> Option<Self> {
            Some(Self::None(false))
        }

        fn from_list<D: Deserializer<'de>>(items: D) -> Result<Self, D::Error> {
            Vec::deserialize(items).map(Self::Several)
        }
    } schema |_: &mut SchemaGenerator| json_schema!({
        "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }, { "const": false }],
    });

    UploadedFile: "the path of a file" {
        fn from_text<E: Error>(text: &str) -> Result<Self, E> {
            PathPattern::parse(text).map(Self).map_err(rejected)
        }

        fn from_bool<E: Error>(_: bool) -> Result<Self, E> {
            Err(rejected(
                "expected the path of a file; `upload_variables = false` is a key of a node: set it in [nodes.<name>]",
            ))
        }
    } schema |generator: &mut SchemaGenerator| PathPattern::json_schema(generator);

    TargetValue: "a table with a `kind`, or false for a node that is only verified" {
        fn of_false() -> Option<Self> {
            Some(Self { is_present: false })
        }

        fn from_table<D: Deserializer<'de>>(members: D) -> Result<Self, D::Error> {
            IgnoredAny::deserialize(members).map(|_| Self { is_present: true })
        }
    } schema |_: &mut SchemaGenerator| json_schema!({ "anyOf": [{ "$ref": "#/definitions/target" }, { "const": false }] });

    StateValue: "the path of a folder, or a table with a `kind`" {
        fn from_text<E: Error>(text: &str) -> Result<Self, E> {
            Ok(Self::Folder(text.into()))
        }

        fn from_table<D: Deserializer<'de>>(members: D) -> Result<Self, D::Error> {
            OfPlugins::deserialize(members).map(Self::Place)
        }
    } schema |_: &mut SchemaGenerator| json_schema!({ "anyOf": [{ "type": "string" }, { "$ref": "#/definitions/state" }] });

    TextValue: "a text, or { env = \"NAME\" }" {
        fn from_text<E: Error>(text: &str) -> Result<Self, E> {
            Ok(Self::Text(text.to_owned()))
        }

        fn from_table<D: Deserializer<'de>>(members: D) -> Result<Self, D::Error> {
            VariableTable::deserialize(members).map(Self::Variable)
        }
    } schema |generator: &mut SchemaGenerator| text_or::<VariableTable>(generator);

    AliasValue: "a name, or { store = \"store\", name = \"name\" }" {
        fn from_text<E: Error>(text: &str) -> Result<Self, E> {
            Ok(Self(AliasTable { store: None, name: Some(text.to_owned()) }))
        }

        fn from_table<D: Deserializer<'de>>(members: D) -> Result<Self, D::Error> {
            AliasTable::deserialize(members).map(Self)
        }
    } schema |generator: &mut SchemaGenerator| text_or::<AliasTable>(generator);

    SystemSecretsValue: "true for all secrets that a system names, false for none, or a table of systems and lists of names" {
        fn from_bool<E: Error>(value: bool) -> Result<Self, E> {
            Ok(Self::Named(value))
        }

        fn from_table<D: Deserializer<'de>>(members: D) -> Result<Self, D::Error> {
            BTreeMap::deserialize(members).map(Self::Listed)
        }
    } schema |_: &mut SchemaGenerator| json_schema!({ "anyOf": [
        { "type": "boolean" },
        { "type": "object", "additionalProperties": { "type": "array", "items": { "type": "string" } } },
    ] });

    LogLevel: "error, warn, info, debug, trace or off" {
        fn from_text<E: Error>(text: &str) -> Result<Self, E> {
            const NAMES: &[&str] = &["error", "warn", "info", "debug", "trace", "off"];
            log_level(text).map(LogLevel).ok_or_else(|| E::unknown_variant(text, NAMES))
        }
    } schema |_: &mut SchemaGenerator| json_schema!({ "anyOf": [
        { "enum": ["off", "error", "warn", "info", "debug", "trace"] },
        { "type": "string", "pattern": in_any_case(LOG_LEVELS.iter().map(|(name, _)| *name)) },
    ] });

    PathPattern: "a path" {
        fn from_text<E: Error>(text: &str) -> Result<Self, E> {
            Self::parse(text).map_err(rejected)
        }
    } schema |_: &mut SchemaGenerator| json_schema!({ "type": "string", "pattern": "^[^/\\\\]" });
}

impl<'de> Deserialize<'de> for OfPlugins {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// The schema of a text, or of a table in its place.
fn text_or<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [{ "type": "string" }, T::json_schema(generator)] })
}

/// A pattern for words in small and capital letters, for which patterns of JSON schemas have no switch.
fn in_any_case<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let letter = |c: char| format!("[{c}{}]", c.to_ascii_uppercase());
    let words: Vec<String> = words.map(|word| word.chars().map(letter).collect()).collect();
    format!("^({})$", words.join("|"))
}
