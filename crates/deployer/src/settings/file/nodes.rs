//! `[nodes.<name>]`

use std::collections::BTreeMap;

use deployer_core::Error;
use deployer_core::error::{Note, nearest};
use deployer_core::model::{MASTER, NodeName};
use deployer_core::plugin::Family;
use deployer_engine::run::DeployNode;
use deployer_engine::stages::{Protection, Routes, SystemList, SystemSecrets};

use super::plugins::plugin_use;
use super::source::{Tables, or_nearest};
use super::values::{SystemSecretsValue, TargetValue};
use crate::settings::declare::section;
use crate::settings::parts::{PluginUse, tidy};

section! {
    /// A node. Its `target` is read by the plugin that it names.
    #[schemars(extend("required" = ["target"]))]
    pub(crate) struct NodeSection {
        /// The folder of the templates that connect an extra node, below the root of the source.
        templates: Option<String> = None,
        /// Whether an extra node is a proxy node, which fetches and sends by itself.
        proxy: bool = false,
        /// The stores that its secrets are read from, in this order; by default the only store.
        secrets: Option<Vec<String>> = None,
        /// Whether its variables are written; by default if there is a file of variables.
        #[schemars(extend("default" = true))]
        upload_variables: Option<bool> = None,
        /// Whether its secrets are written, if the target keeps secrets.
        upload_secrets: bool = true,
        /// Whether the secrets that a system names are sent to that system alone; or the names of secrets, by the ids of systems.
        system_secrets: SystemSecretsValue = SystemSecretsValue::Named(false),
        /// The names of the secrets that its entities can use, such as `crm-*`; by default those of `[secrets] allow`.
        allow_secrets: Option<Vec<String>> = None,
        /// The ids of entities that are never removed or changed; `*` stands for any text.
        protected: Vec<String> = Vec::new(),
        /// Whether an entity that Sesam's orchestrator took over stays as it runs, as long as the configuration has its original.
        keep_orchestrated: bool = false,
        /// Where it is written to; `false` for a node that is only verified.
        target: Option<TargetValue> = None,
    }
}

/// Reads nodes, and collects problems and notes.
pub(crate) struct Reading<'r> {
    pub(super) tables: Tables<'r>,
    pub(super) stores: &'r [&'r str],
    /// The secrets that all nodes can use.
    pub(super) allow: Option<&'r [String]>,
    pub(super) routes: &'r Routes,
    pub(super) problems: &'r mut Vec<Error>,
    pub(super) notes: &'r mut Vec<Note>,
    pub(super) plugins: &'r mut Vec<PluginUse>,
}

impl Reading<'_> {
    /// The nodes, the master first, then as they are written, with their defaults filled in. `uploads` says whether there is a file of
    /// variables to upload.
    pub(super) fn nodes(
        &mut self,
        sections: &mut BTreeMap<String, NodeSection>,
        uploads: bool,
    ) -> Vec<DeployNode> {
        let mut names = self.tables.names("nodes");
        names.sort_by_key(|name| *name != MASTER);
        if names.first() != Some(&MASTER) {
            let hint = "every configuration has a master node: add [nodes.master] and its target";
            let near = nearest(MASTER, names.iter().copied());
            let problem =
                self.tables.problem(&["nodes", near.unwrap_or_default()], "[nodes.master] is missing");
            let near = near.map(|near| format!("is [nodes.{near}] meant to be it?"));
            self.problems.push(problem.with_hint(near.as_deref().unwrap_or(hint)));
        }
        let mut nodes = Vec::new();
        for name in names {
            let Some(section) = sections.get_mut(name) else { continue };
            nodes.push(self.node(name, section, uploads));
        }
        for &store in self.stores {
            let mut read = nodes.iter().flat_map(|node| &node.stores).map(String::as_str);
            if !read.any(|used| used == store) && !self.routes.stores().any(|used| used == store) {
                let note = Note::remark(format!("no node reads its secrets from [stores.{store}]"));
                self.notes.push(note.at_all([self.tables.place(&["stores", store])]));
            }
        }
        nodes
    }

    fn node(&mut self, name: &str, section: &mut NodeSection, uploads: bool) -> DeployNode {
        let path = |key| ["nodes", name, key];
        let (label, here) = (format!("[nodes.{name}]"), ["nodes", name]);
        if name.trim().is_empty() {
            self.problems.push(self.tables.problem(&here, "[nodes]: the name of a node is empty"));
        }
        if name == MASTER {
            let written =
                ["templates", "proxy"].map(path).into_iter().filter(|key| self.tables.value(key).is_some());
            let message = format!("{label}: only extra nodes have `templates` and `proxy`");
            self.problems.extend(written.map(|key| self.tables.problem(&key, message.clone())));
        }
        if section.upload_variables == Some(true) && !uploads {
            let message = format!("{label} upload_variables: no file of variables is configured");
            let hint = "name one in [configuration]: `upload_variables = \"path\"`";
            self.problems.push(self.tables.problem(&path("upload_variables"), message).with_hint(hint));
        }
        self.secrets(name, section);
        let has_target = section.target.is_some_and(|target| target.is_present);
        match (self.tables.value(&path("target")), section.target) {
            (Some(target), Some(_)) if has_target => {
                let section = format!("nodes.{name}.target");
                match plugin_use(&section, &path("target"), Family::Target, target, self.tables.text) {
                    Ok(plugin) => self.plugins.push(plugin),
                    Err(problem) => self.problems.push(problem),
                }
            }
            (None, _) => {
                let hint = format!(
                    "add [nodes.{name}.target] with a `kind`, or `target = false` for a node that is only verified"
                );
                let message = format!("{label}: `target` is missing");
                self.problems.push(self.tables.problem(&here, message).with_hint(hint));
            }
            _ => {}
        }
        section.upload_variables.get_or_insert(uploads);
        DeployNode {
            name: NodeName::new(name),
            target: None,
            templates: section.templates.as_deref().map(tidy),
            proxy: section.proxy,
            stores: section.secrets.clone().unwrap_or_default(),
            upload_variables: section.upload_variables.unwrap_or(uploads),
            upload_secrets: section.upload_secrets,
            system_secrets: self.system_secrets(&path("system_secrets"), &section.system_secrets),
            protected: self
                .patterns(&path("protected"), &section.protected)
                .with_orchestrated(section.keep_orchestrated),
            allowed_secrets: match (&section.allow_secrets, self.allow) {
                (Some(own), _) => Some(self.patterns(&path("allow_secrets"), own)),
                (None, Some(shared)) => Some(self.patterns(&["secrets", "allow"], shared)),
                (None, None) => None,
            },
        }
    }

    fn patterns(&mut self, path: &[&str], patterns: &[String]) -> Protection {
        Protection::new(patterns.iter().map(String::as_str)).unwrap_or_else(|problem| {
            let (key, tables) = path.split_last().unwrap_or((&"", &[]));
            let problem = problem.context(format!("[{}] {key}", tables.join(".")));
            self.problems.push(problem.at(self.tables.place(path)));
            Protection::default()
        })
    }

    fn system_secrets(&mut self, path: &[&str], value: &SystemSecretsValue) -> SystemSecrets {
        let lists = match value {
            SystemSecretsValue::Named(true) => return SystemSecrets::Named,
            SystemSecretsValue::Named(false) => return SystemSecrets::None,
            SystemSecretsValue::Listed(lists) => lists,
        };
        let mut read = Vec::new();
        for (system, names) in lists {
            match SystemList::new(system, names) {
                Ok(list) => read.push(list),
                Err(problem) => self.problems.push(
                    problem
                        .context(format!("[{}]", path.join(".")))
                        .at(self.tables.place(&[path, &[system]].concat())),
                ),
            }
        }
        SystemSecrets::Listed(read)
    }

    /// Fills in the stores of a node that names none: the only one.
    fn secrets(&mut self, name: &str, section: &mut NodeSection) {
        let stores = self.stores;
        let Some(named) = &section.secrets else {
            if stores.len() > 1 {
                let message = format!(
                    "[nodes.{name}]: there are several stores, so `secrets` must name those of the node"
                );
                let hint = format!("for example: secrets = [\"{}\"]", stores[0]);
                self.problems.push(self.tables.problem(&["nodes", name], message).with_hint(hint));
            }
            section.secrets = Some(stores.iter().map(|name| (*name).to_owned()).collect());
            return;
        };
        for (at, store) in named.iter().enumerate().filter(|(_, store)| !stores.contains(&store.as_str())) {
            let place = ["nodes", name, "secrets", &at.to_string()];
            let message = format!("[nodes.{name}] secrets: unknown store `{store}`");
            let hint = format!("define it: [stores.{store}]");
            let problem = self.tables.problem(&place, message);
            self.problems.push(or_nearest(problem, store, stores.iter().copied(), &hint));
        }
    }
}
