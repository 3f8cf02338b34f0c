//! `[nodes.<name>]`

use deployer_core::document::SourceText;
use deployer_core::error::{Note, nearest};
use deployer_core::model::{MASTER, NodeName};
use deployer_core::plugin::Family;
use deployer_core::{Error, Kind};
use deployer_engine::stages::Routes;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::plugins::{not_a_table, plugin_use, table_at};
use super::sections::read_section;
use super::values::{ProtectedValue, SystemSecretsValue, TargetValue};
use crate::settings::merge::place;
use crate::settings::model::{NodeSettings, PluginUse, tidy};

/// A node's own keys. Its `target` is read by the plugin that it names.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NodeSection {
    /// The folder of the templates that connect an extra node, below the root of the source.
    #[schemars(with = "Option<String>")]
    templates: Option<Spanned<String>>,
    /// Whether an extra node is a proxy node, which fetches and sends by itself.
    #[schemars(with = "Option<bool>", extend("default" = false))]
    proxy: Option<Spanned<bool>>,
    /// The stores that its secrets are read from, asked in this order; the only store when there is one.
    #[schemars(with = "Option<Vec<String>>")]
    secrets: Option<Vec<Spanned<String>>>,
    /// Whether its variables are written.
    #[schemars(with = "Option<bool>", extend("default" = true))]
    upload_variables: Option<Spanned<bool>>,
    /// Whether its secrets are written, where the target keeps secrets.
    #[schemars(extend("default" = true))]
    upload_secrets: Option<bool>,
    /// Whether the secrets that a system names are sent to that system alone; or the names of secrets, by the ids of systems.
    #[schemars(extend("default" = false))]
    system_secrets: Option<SystemSecretsValue>,
    /// The ids of entities that are never removed or changed; `*` stands for any text.
    #[schemars(extend("default" = []))]
    protected: Option<ProtectedValue>,
    /// Where it is written to; `false` for a node that is only verified.
    #[schemars(required)]
    target: Option<TargetValue>,
}

/// Reads nodes, collecting what is wrong and what is odd.
pub(super) struct Reading<'r, 'a> {
    pub(super) text: &'a SourceText,
    pub(super) routes: &'r Routes,
    pub(super) problems: &'r mut Vec<Error>,
    pub(super) notes: &'r mut Vec<Note>,
    pub(super) plugins: &'r mut Vec<PluginUse>,
}

impl<'a> Reading<'_, 'a> {
    /// The nodes, the master first, then as they are written. `uploads` says whether there is a file of variables to upload.
    pub(super) fn nodes(&mut self, root: &DeTable<'a>, uploads: bool) -> Vec<NodeSettings> {
        let stores: Vec<(&str, &Spanned<DeValue<'_>>)> = table_at(root, "stores", self.text, &mut Vec::new());
        let names: Vec<&str> = stores.iter().map(|(name, _)| *name).collect();
        let mut nodes = Vec::new();
        for (name, value) in table_at(root, "nodes", self.text, self.problems) {
            match value.get_ref() {
                DeValue::Table(table) => nodes.push(self.node(name, table, value, &names, uploads)),
                _ => self.problems.push(not_a_table(&format!("nodes.{name}"), value, self.text)),
            }
        }
        nodes.sort_by_key(|node| !node.name.is_master());
        if !nodes.first().is_some_and(|node| node.name.is_master()) {
            let error = Error::new(Kind::Settings, "[nodes.master] is missing");
            self.problems.push(
                error.with_hint("every configuration has a master node: add [nodes.master] and its target"),
            );
        }
        for (name, value) in stores {
            let routed = self.routes.stores().any(|used| used == name);
            if !routed && !nodes.iter().any(|node| node.secrets.iter().any(|used| used == name)) {
                let note = Note::remark(format!("no node reads its secrets from [stores.{name}]"));
                self.notes.push(note.at_all([place(self.text, &value.span())]));
            }
        }
        nodes
    }

    fn node(
        &mut self,
        name: &str,
        table: &DeTable<'a>,
        value: &Spanned<DeValue<'_>>,
        stores: &[&str],
        uploads: bool,
    ) -> NodeSettings {
        let label = format!("nodes.{name}");
        let before = self.problems.len();
        let section: NodeSection =
            read_section(&label, table.clone(), value.span(), self.text, self.problems);
        let is_read = self.problems.len() == before;
        let node = NodeSettings {
            name: NodeName::new(name),
            secrets: self.secrets(&label, section.secrets.as_deref(), stores, value),
            has_target: section.target.as_ref().is_some_and(|target| target.is_present),
            upload_variables: section.upload_variables.as_ref().map_or(uploads, |value| *value.get_ref()),
            upload_secrets: section.upload_secrets.unwrap_or(true),
            system_secrets: section.system_secrets.map(|value| value.0).unwrap_or_default(),
            protected: section.protected.map(|value| value.0).unwrap_or_default(),
            templates: section.templates.as_ref().map(|path| tidy(path.get_ref())),
            proxy: section.proxy.as_ref().is_some_and(|value| *value.get_ref()),
        };
        if let Some(target) = table.get("target").filter(|_| node.has_target) {
            match plugin_use(
                &format!("{label}.target"),
                &["nodes", name, "target"],
                Family::Target,
                target,
                self.text,
            ) {
                Ok(plugin) => self.plugins.push(plugin),
                Err(problem) => self.problems.push(problem),
            }
        }
        if is_read && section.target.is_none() {
            let error = Error::new(Kind::Settings, format!("[{label}]: `target` is missing"));
            let hint = format!(
                "add [{label}.target] with a `kind`, or `target = false` for a node that is only verified"
            );
            self.problems.push(error.at(place(self.text, &value.span())).with_hint(hint));
        }
        if name.trim().is_empty() {
            let error = Error::new(Kind::Settings, "[nodes]: a node's name is empty");
            self.problems.push(error.at(place(self.text, &value.span())));
        }
        if name == MASTER {
            let spans = [section.templates.map(|path| path.span()), section.proxy.map(|proxy| proxy.span())];
            for span in spans.into_iter().flatten() {
                let message = format!("[{label}]: only extra nodes have `templates` and `proxy`");
                self.problems.push(Error::new(Kind::Settings, message).at(place(self.text, &span)));
            }
        }
        match section.upload_variables {
            Some(value) if *value.get_ref() && !uploads => {
                let message = format!("[{label}]: there is no file of variables to upload");
                let error = Error::new(Kind::Settings, message).at(place(self.text, &value.span()));
                self.problems
                    .push(error.with_hint("name one in [configuration]: `upload_variables = \"path\"`"));
            }
            _ => {}
        }
        node
    }

    /// The stores of a node: those it names; the only one there is when it names none.
    fn secrets(
        &mut self,
        label: &str,
        named: Option<&[Spanned<String>]>,
        stores: &[&str],
        value: &Spanned<DeValue<'_>>,
    ) -> Vec<String> {
        let Some(named) = named else {
            if stores.len() > 1 {
                let message =
                    format!("[{label}]: there are several stores, so `secrets` must name those of the node");
                let error = Error::new(Kind::Settings, message).at(place(self.text, &value.span()));
                self.problems.push(error.with_hint(format!("`secrets = [\"{}\"]`, for example", stores[0])));
            }
            return stores.iter().map(|name| (*name).to_owned()).collect();
        };
        for name in named.iter().filter(|name| !stores.contains(&name.get_ref().as_str())) {
            let message = format!("[{label}]: no store is called `{}`", name.get_ref());
            let error = Error::new(Kind::Settings, message).at(place(self.text, &name.span()));
            self.problems.push(match nearest(name.get_ref(), stores.iter().copied()) {
                Some(near) => error.with_hint(format!("did you mean `{near}`?")),
                None => error.with_hint(format!("define it: [stores.{}]", name.get_ref())),
            });
        }
        named.iter().map(|name| name.get_ref().clone()).collect()
    }
}
