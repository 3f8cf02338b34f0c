//! The shape of a settings file, for its JSON schema. Plugins stand for themselves as definitions that bear the name of their family.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::configuration::ConfigurationSection;
use super::nodes::NodeSection;
use super::path::PathPattern;
use super::safety::SafetySection;
use super::secrets::SecretsSection;
use super::sections::VerifySection;
use super::values::{
    AliasValue, LOG_LEVELS, LogLevel, PathsValue, ProtectedValue, SystemSecretsValue, TargetValue, TextValue,
    WhitelistValue,
};
use crate::cli::LogFormat;
use crate::settings::send::SendWhen;

/// Where sesam-deployer reads a configuration and secrets from, which nodes it writes, and whom it tells.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape matters: sections are read one by one")]
pub(crate) struct SettingsFile {
    /// The environment when neither `--environment` nor the variable `ENVIRONMENT` names one.
    environment: Option<String>,
    /// The pipeline run or release that messages and commits link to; found in the variables of Azure Pipelines, GitHub Actions and
    /// GitLab when it is not given.
    link: Option<TextValue>,
    /// How much is logged.
    #[schemars(extend("default" = "warn"))]
    log_level: Option<LogLevel>,
    /// The folder that keeps what nodes held before they were changed; a relative path starts at the folder of the settings file.
    state: Option<std::path::PathBuf>,
    /// How the log is written, as `--log-format` says it.
    log_format: Option<LogFormat>,
    /// Where the configuration is read from; the folder of the settings file when it is not given.
    #[schemars(schema_with = "source", default)]
    source: Option<()>,
    /// How the configuration is laid out.
    configuration: Option<ConfigurationSection>,
    /// Where secrets are read from, by names of your own.
    #[schemars(schema_with = "stores", default)]
    stores: Option<()>,
    /// Which store is asked for which secret, where that is not up to the node.
    secrets: Option<SecretsSection>,
    /// The nodes, by the names that `metadata.node` gives them; `master` has to be there.
    #[schemars(schema_with = "nodes", required)]
    nodes: BTreeMap<String, NodeSection>,
    /// What is verified before anything is written.
    verify: Option<VerifySection>,
    /// What needs consent, and in which order nodes are written.
    safety: Option<SafetySection>,
    /// Who is told how a run ended.
    #[schemars(schema_with = "notify", default)]
    notify: Option<()>,
}

fn source(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "$ref": "#/definitions/source" })
}

fn stores(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "object", "additionalProperties": { "$ref": "#/definitions/store" } })
}

fn nodes(generator: &mut SchemaGenerator) -> Schema {
    let node = generator.subschema_for::<NodeSection>();
    json_schema!({ "type": "object", "properties": { "master": node }, "additionalProperties": node, "required": ["master"] })
}

fn notify(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": { "$ref": "#/definitions/notify" } })
}

/// Values that can be written in more than one way.
macro_rules! shapes {
    ($($value:ty: { $($schema:tt)* })*) => {$(
        impl JsonSchema for $value {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($value).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ $($schema)* })
            }
        }
    )*};
}

shapes! {
    PathPattern: { "type": "string", "pattern": "^[^/\\\\]" }
    WhitelistValue: {
        "anyOf": [
            { "type": "string" },
            { "type": "array", "items": { "type": "string" }, "minItems": 1 },
            {
                "type": "object",
                "properties": {
                    "files": {
                        "description": "Files with one path a line.",
                        "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" }, "minItems": 1 }],
                    },
                    "include": {
                        "description": "Globs of what is deployed, such as `pipes/**`.",
                        "type": "array", "items": { "type": "string" }, "minItems": 1,
                    },
                    "exclude": {
                        "description": "Globs of what is not.",
                        "type": "array", "items": { "type": "string" },
                    },
                },
                "minProperties": 1,
                "additionalProperties": false,
            },
            { "const": false },
        ],
    }
    PathsValue: { "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }, { "const": false }] }
    ProtectedValue: { "type": "array", "items": { "type": "string" } }
    SystemSecretsValue: {
        "anyOf": [
            { "type": "boolean" },
            { "type": "object", "additionalProperties": { "type": "array", "items": { "type": "string" } } },
        ],
    }
    TargetValue: { "anyOf": [{ "$ref": "#/definitions/target" }, { "const": false }] }
    TextValue: {
        "anyOf": [
            { "type": "string" },
            { "type": "object", "properties": { "env": { "type": "string" } }, "required": ["env"], "additionalProperties": false },
        ],
    }
    AliasValue: {
        "anyOf": [
            { "type": "string" },
            {
                "type": "object",
                "properties": {
                    "store": { "description": "The store that is asked.", "type": "string" },
                    "name": { "description": "The name of the secret there.", "type": "string" },
                },
                "additionalProperties": false,
            },
        ],
    }
    LogLevel: {
        "anyOf": [
            { "enum": ["off", "error", "warn", "info", "debug", "trace"] },
            { "type": "string", "pattern": in_any_case(LOG_LEVELS.iter().map(|(name, _)| *name)) },
        ],
    }
}

/// A pattern for words in small and capital letters, which patterns of JSON schemas have no switch for.
fn in_any_case<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let letter = |c: char| format!("[{c}{}]", c.to_ascii_uppercase());
    let words: Vec<String> = words.map(|word| word.chars().map(letter).collect()).collect();
    format!("^({})$", words.join("|"))
}

impl SendWhen {
    /// The schema of `send`.
    pub(crate) fn schema() -> Schema {
        json_schema!({
            "description": "Which runs are told: those that change something, all, or failures alone; failures are always told.",
            "enum": Self::WORDS.map(|(word, _)| word),
            "default": "changes",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::file::TOP;

    #[test]
    fn every_section_that_is_read_is_described() {
        let schema = SettingsFile::json_schema(&mut SchemaGenerator::default());
        let properties = schema.get("properties").and_then(serde_json::Value::as_object).expect("a table");
        let mut described: Vec<&str> =
            properties.keys().map(String::as_str).chain(["environments"]).collect();
        described.sort_unstable();
        let mut read = TOP.to_vec();
        read.sort_unstable();
        assert_eq!(described, read);
    }
}
