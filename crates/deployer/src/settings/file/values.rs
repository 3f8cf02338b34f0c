//! Values that can be written in more than one way. Each is read by a visitor of its own, so that a wrong one is told in words
//! that say what is accepted.

use std::fmt;

use deployer_engine::stages::{Protection, SystemList, SystemSecrets};
use serde::de::value::StrDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use toml::Spanned;
use tracing::level_filters::LevelFilter;

use super::path::PathPattern;

/// `whitelist = "path"`, `whitelist = ["path", "path"]`, `whitelist = { files = …, include = […], exclude = […] }` or
/// `whitelist = false`.
#[derive(Debug, Default)]
pub(super) struct WhitelistValue {
    pub(super) files: Vec<PathPattern>,
    pub(super) include: Vec<Spanned<PathPattern>>,
    pub(super) exclude: Vec<Spanned<PathPattern>>,
}

/// `variables = "path"`, `variables = ["path", "path"]` or `variables = false`.
#[derive(Debug)]
pub(super) struct PathsValue(pub(super) Vec<PathPattern>);

/// A node's `target`: a table, which the target's plugin reads, or `false`.
#[derive(Debug)]
pub(super) struct TargetValue {
    pub(super) is_present: bool,
}

/// A text, or `{ env = "NAME" }` for one that an environment variable holds.
#[derive(Debug)]
pub(super) enum TextValue {
    Text(String),
    Variable(String),
}

/// Another name of a secret: `"name"`, or `{ store = "store", name = "name" }` with either member.
#[derive(Debug)]
pub(super) struct AliasValue {
    pub(super) store: Option<String>,
    pub(super) name: Option<String>,
}

/// `protected = ["id", "prefix-*"]`
#[derive(Debug)]
pub(super) struct ProtectedValue(pub(super) Protection);

/// `system_secrets = true`, or a table of systems and lists of names.
#[derive(Debug)]
pub(super) struct SystemSecretsValue(pub(super) SystemSecrets);

/// A log level, by the names of this program or of Python.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogLevel(pub(super) LevelFilter);

/// The names of log levels, Python's among them.
pub(super) const LOG_LEVELS: &[(&str, LevelFilter)] = &[
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

/// A list that names something: an empty one would mean every file, and was hardly meant to.
fn named<T, E: Error>(list: Vec<T>, what: &str) -> Result<Vec<T>, E> {
    if list.is_empty() {
        return Err(E::custom(format!(
            "`{what}` of the whitelist is empty; write `whitelist = false` for every file"
        )));
    }
    Ok(list)
}

macro_rules! read_by {
    ($($value:ty, $visitor:ident, $expecting:literal, { $($visit:tt)* })*) => {$(
        struct $visitor;

        impl<'de> Visitor<'de> for $visitor {
            type Value = $value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($expecting)
            }

            $($visit)*
        }

        impl<'de> Deserialize<'de> for $value {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any($visitor)
            }
        }
    )*};
}

read_by! {
    WhitelistValue, WhitelistVisitor, "the path of a file, a list of paths, { include = [\"pipes/**\"], exclude = [] }, or false for every file", {
        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            let file = PathPattern::deserialize(StrDeserializer::new(text))?;
            Ok(WhitelistValue { files: vec![file], ..WhitelistValue::default() })
        }

        fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
            if value { Err(E::custom("expected the path of a file, a list of paths, a table of globs, or false for every file")) } else { Ok(WhitelistValue::default()) }
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            let mut files = Vec::new();
            while let Some(path) = items.next_element()? {
                files.push(path);
            }
            Ok(WhitelistValue { files: named(files, "files")?, ..WhitelistValue::default() })
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
            let mut whitelist = WhitelistValue::default();
            let mut is_empty = true;
            while let Some(key) = members.next_key::<String>()? {
                is_empty = false;
                match key.as_str() {
                    "files" => whitelist.files = named(members.next_value::<PathsValue>()?.0, "files")?,
                    "include" => whitelist.include = named(members.next_value()?, "include")?,
                    "exclude" => whitelist.exclude = members.next_value()?,
                    _ => return Err(A::Error::unknown_field(&key, &["files", "include", "exclude"])),
                }
            }
            if is_empty { Err(A::Error::custom("expected `files`, `include` or `exclude`")) } else { Ok(whitelist) }
        }
    }

    PathsValue, PathsVisitor, "the path of a file, a list of paths, or false for none", {
        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(PathsValue(vec![PathPattern::deserialize(StrDeserializer::new(text))?]))
        }

        fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
            if value { Err(E::custom("expected the path of a file, a list of paths, or false for none")) } else { Ok(PathsValue(Vec::new())) }
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            let mut paths = Vec::new();
            while let Some(path) = items.next_element()? {
                paths.push(path);
            }
            Ok(PathsValue(paths))
        }
    }

    TargetValue, TargetVisitor, "a table with a `kind`, or false for a node that is only verified", {
        fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
            if value { Err(E::custom("expected a table with a `kind`, or false for a node that is only verified")) } else { Ok(TargetValue { is_present: false }) }
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
            while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(TargetValue { is_present: true })
        }
    }

    TextValue, TextVisitor, "a text, or { env = \"NAME\" }", {
        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(TextValue::Text(text.to_owned()))
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
            let mut name = None;
            while let Some(key) = members.next_key::<String>()? {
                match key.as_str() {
                    "env" => name = Some(members.next_value()?),
                    _ => return Err(A::Error::unknown_field(&key, &["env"])),
                }
            }
            name.map(TextValue::Variable).ok_or_else(|| A::Error::missing_field("env"))
        }
    }

    AliasValue, AliasVisitor, "a name, or { store = \"store\", name = \"name\" }", {
        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(AliasValue { store: None, name: Some(text.to_owned()) })
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
            let mut alias = AliasValue { store: None, name: None };
            while let Some(key) = members.next_key::<String>()? {
                match key.as_str() {
                    "store" => alias.store = Some(members.next_value()?),
                    "name" => alias.name = Some(members.next_value()?),
                    _ => return Err(A::Error::unknown_field(&key, &["store", "name"])),
                }
            }
            Ok(alias)
        }
    }

    ProtectedValue, ProtectedVisitor, "a list of ids, in which `*` stands for any text", {
        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            let mut patterns: Vec<String> = Vec::new();
            while let Some(pattern) = items.next_element()? {
                patterns.push(pattern);
            }
            let patterns = patterns.iter().map(String::as_str);
            Protection::new(patterns).map(ProtectedValue).map_err(A::Error::custom)
        }
    }

    SystemSecretsValue, SystemSecretsVisitor, "true for all secrets that a system names, false for none, or a table of systems and lists of names", {
        fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
            Ok(SystemSecretsValue(if value { SystemSecrets::Named } else { SystemSecrets::None }))
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
            let mut lists = Vec::new();
            while let Some((system, names)) = members.next_entry::<String, Vec<String>>()? {
                lists.push(SystemList::new(&system, &names).map_err(A::Error::custom)?);
            }
            Ok(SystemSecretsValue(SystemSecrets::Listed(lists)))
        }
    }

    LogLevel, LogLevelVisitor, "error, warn, info, debug, trace or off", {
        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            const NAMES: &[&str] = &["error", "warn", "info", "debug", "trace", "off"];
            log_level(text).map(LogLevel).ok_or_else(|| E::unknown_variant(text, NAMES))
        }
    }
}
