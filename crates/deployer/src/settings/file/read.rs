//! The settings of one environment, from its effective tables.

use deployer_core::Error;
use deployer_core::document::SourceText;
use deployer_core::error::Note;
use deployer_core::plugin::{ProcessVariables, Section};
use deployer_engine::run::{Configuration, DeployNode};
use deployer_engine::stages::Strictness;

use super::sections::SettingsFile;
use super::source::Tables;
use super::values::{StateValue, TextValue};
use super::{nodes, plugins, twins};
use crate::settings::link;
use crate::settings::merge::Table;
use crate::settings::model::{MadeOf, Settings};
use crate::settings::parts::{PluginUse, SettingsSource};

/// The parts that the settings of all environments have in common.
pub(super) struct Common<'c> {
    pub(super) source: &'c SettingsSource,
    pub(super) text: &'c SourceText,
    pub(super) made_of: &'c MadeOf,
    /// The file with all its environments.
    pub(super) whole: &'c Table,
    pub(super) variables: &'c ProcessVariables,
}

impl Settings {
    /// Reads the tables of an environment. A key that cannot be read has its default.
    pub(super) fn of_environment(
        root: Table,
        environment: &str,
        common: &Common<'_>,
        problems: &mut Vec<Error>,
    ) -> Self {
        let text = common.text;
        let tables = Tables { root: root.get_ref(), text };
        let mut keys = keys(&root, text, problems);
        keys.configuration.complete();
        let configuration = keys.configuration.read(environment, tables, problems);
        let uploads = configuration.upload_variables.is_some() || !configuration.variables.is_empty();
        let stores = tables.names("stores");
        let routes = keys.secrets.routes(&stores, tables, problems);
        let (mut plugins, mut notes) = (plugins::all(root.get_ref(), text, problems), Vec::new());
        let mut reading = nodes::Reading {
            tables,
            stores: &stores,
            allow: keys.secrets.allow.as_deref(),
            routes: &routes,
            problems,
            notes: &mut notes,
            plugins: &mut plugins,
        };
        let mut nodes = reading.nodes(&mut keys.nodes, uploads);
        if !configuration.split && nodes.len() > 1 {
            let path = ["configuration", "split"];
            if is_overridden(common.whole, environment) {
                let extra: Vec<DeployNode> = nodes.drain(1..).collect();
                let is_extra = |used: &PluginUse| {
                    extra.iter().any(|node| used.path.get(1).is_some_and(|name| name == node.name.as_str()))
                };
                plugins.retain(|used| !(used.section.starts_with("nodes.") && is_extra(used)));
                let names: Vec<&str> = extra.iter().map(|node| node.name.as_str()).collect();
                let message = format!(
                    "`split = false` in {environment}: every entity goes to the master, and these nodes are ignored: {}",
                    names.join(", ")
                );
                notes.push(Note::remark(message).at_all([tables.place(&path)]));
            } else {
                let message = "[configuration] split: `split = false` gives every entity to the master, so extra nodes have no entities";
                let hint = "remove the extra nodes, or set `split = false` only in an environment";
                problems.push(tables.problem(&path, message).with_hint(hint));
            }
        }
        problems.extend(twins::twins(&plugins, tables));
        let detected_link = link::detected(common.variables);
        let link = match &keys.link {
            Some(TextValue::Text(link)) => Some(link.clone()),
            Some(TextValue::Variable(table)) => common.variables.get(&table.env).map(str::to_owned),
            None => None,
        };
        let strictness = match common.source {
            SettingsSource::Variables => Strictness::Lenient,
            SettingsSource::File(_) | SettingsSource::BuiltIn => Strictness::Strict,
        };
        Self {
            environment: environment.to_owned(),
            source: common.source.clone(),
            configuration: Configuration { strictness, ..configuration },
            nodes,
            routes,
            fingerprint_key: keys.secrets.fingerprint_key.clone(),
            verify: keys.verify.read(),
            dry_run: false,
            is_undecided: false,
            safety: keys.safety.read(),
            state: match &keys.state {
                Some(StateValue::Folder(folder)) => Some(folder.clone()),
                Some(StateValue::Place(_)) | None => None,
            },
            source_folder: None,
            link: link.or_else(|| detected_link.as_ref().map(|(link, _)| link.clone())),
            plugins,
            notes,
            text: text.clone(),
            root,
            keys,
            made_of: common.made_of.clone(),
            detected_link,
            others: Vec::new(),
        }
    }
}

/// Reads all keys at once. A section whose problems leave nothing to read has its defaults.
fn keys(table: &Table, text: &SourceText, problems: &mut Vec<Error>) -> SettingsFile {
    let (keys, found) = Section::new("", text, table.clone()).read_leniently();
    problems.extend(found);
    keys
}

/// Whether an environment sets `split` itself.
fn is_overridden(whole: &Table, environment: &str) -> bool {
    let path = ["environments", environment, "configuration"];
    let table = path.iter().try_fold(whole.get_ref(), |table, step| table.get(*step)?.get_ref().as_table());
    table.is_some_and(|table| table.contains_key("split"))
}
