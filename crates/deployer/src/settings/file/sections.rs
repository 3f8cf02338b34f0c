//! The settings of one environment, section by section.

use std::path::PathBuf;

use deployer_core::document::SourceText;
use deployer_core::error::Note;
use deployer_core::plugin::{Credential, ProcessVariables, Section};
use deployer_core::{Error, Kind};
use deployer_engine::run::{Configuration, Safety, Verify};
use deployer_engine::stages::Routes;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use tracing::level_filters::LevelFilter;

use super::configuration::ConfigurationSection;
use super::safety::SafetySection;
use super::values::{LogLevel, TextValue};
use super::{nodes, plugins, secrets};
use crate::cli::LogFormat;
use crate::settings::model::{NodeSettings, PluginUse};

/// What holds for one environment.
#[derive(Debug)]
pub(super) struct Sections {
    pub(super) configuration: Configuration,
    pub(super) nodes: Vec<NodeSettings>,
    pub(super) routes: Routes,
    pub(super) fingerprint_key: Option<Credential>,
    pub(super) verify: Verify,
    pub(super) safety: Safety,
    pub(super) state: Option<PathBuf>,
    pub(super) log_level: Option<LevelFilter>,
    pub(super) log_format: Option<LogFormat>,
    pub(super) link: Option<String>,
    pub(super) plugins: Vec<PluginUse>,
    pub(super) notes: Vec<Note>,
}

/// `[verify]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VerifySection {
    /// Whether a variable that no file has ends the run.
    #[schemars(extend("default" = true))]
    variables: Option<bool>,
    /// Whether a secret that no store has ends the run.
    #[schemars(extend("default" = true))]
    secrets: Option<bool>,
}

/// The keys outside of sections.
#[derive(Debug, Default, Deserialize)]
struct TopSection {
    #[serde(rename = "environment")]
    _environment: Option<String>,
    link: Option<TextValue>,
    log_level: Option<LogLevel>,
    log_format: Option<LogFormat>,
    state: Option<PathBuf>,
}

impl Sections {
    /// Reads the tables of an environment.
    pub(super) fn read(
        root: &DeTable<'_>,
        text: &SourceText,
        environment: &str,
        variables: &ProcessVariables,
    ) -> Result<Self, Vec<Error>> {
        let mut problems = Vec::new();
        let mut notes = Vec::new();
        let top: TopSection = read_section("the settings", root.clone(), 0..0, text, &mut problems);
        let section: ConfigurationSection = named(root, "configuration", text, &mut problems);
        let configuration = section.fill(environment, text, &mut problems);
        let uploads = configuration.upload_variables.is_some() || !configuration.variables.is_empty();
        let verify: VerifySection = named(root, "verify", text, &mut problems);
        let safety: SafetySection = named(root, "safety", text, &mut problems);
        let stores = plugins::table_at(root, "stores", text, &mut Vec::new());
        let stores: Vec<&str> = stores.iter().map(|(name, _)| *name).collect();
        let mut secrets: secrets::SecretsSection = named(root, "secrets", text, &mut problems);
        let fingerprint_key = secrets.fingerprint_key.take();
        let routes = secrets::routes(secrets, &stores, text, &mut problems);
        let mut plugins = plugins::all(root, text, &mut problems);
        let mut reading = nodes::Reading {
            text,
            routes: &routes,
            problems: &mut problems,
            notes: &mut notes,
            plugins: &mut plugins,
        };
        let nodes = reading.nodes(root, uploads);
        if !configuration.split && nodes.len() > 1 {
            let message = "[configuration]: `split = false` gives every entity to the master, so extra nodes have nothing to do";
            let error = Error::new(Kind::Settings, message);
            problems.push(error.with_hint("remove the extra nodes, or `split = false`"));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self {
            configuration,
            nodes,
            routes,
            fingerprint_key,
            verify: Verify {
                variables: verify.variables.unwrap_or(true),
                secrets: verify.secrets.unwrap_or(true),
            },
            safety: safety.safety(),
            state: top.state,
            log_level: top.log_level.map(|level| level.0),
            log_format: top.log_format,
            link: top.link.and_then(|link| match link {
                TextValue::Text(link) => Some(link),
                TextValue::Variable(name) => variables.get(&name).map(str::to_owned),
            }),
            plugins,
            notes,
        })
    }
}

/// Reads a section of the root; an absent one is as good as an empty one.
fn named<'a, T: DeserializeOwned + Default>(
    root: &DeTable<'a>,
    name: &str,
    text: &'a SourceText,
    problems: &mut Vec<Error>,
) -> T {
    match root.get(name).map(|value| (value, value.get_ref())) {
        None => T::default(),
        Some((value, DeValue::Table(table))) => {
            read_section(name, table.clone(), value.span(), text, problems)
        }
        Some((value, _)) => {
            problems.push(plugins::not_a_table(name, value, text));
            T::default()
        }
    }
}

/// Reads a table into a section's own type.
pub(super) fn read_section<'a, T: DeserializeOwned + Default>(
    name: &str,
    table: DeTable<'a>,
    span: std::ops::Range<usize>,
    text: &'a SourceText,
    problems: &mut Vec<Error>,
) -> T {
    Section::new(name, text, Spanned::new(span, table)).read_all().unwrap_or_else(|found| {
        problems.extend(found);
        T::default()
    })
}
