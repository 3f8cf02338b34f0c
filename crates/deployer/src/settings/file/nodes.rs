//! `[nodes.<name>]`

use std::collections::BTreeMap;

use deployer_core::error::nearest;
use deployer_core::model::{MASTER, NodeName};
use deployer_core::plugin::{Family, type_name};
use deployer_engine::run::DeployNode;
use deployer_engine::stages::{Protection, Routes, SystemList, SystemSecrets};
use serde_json::Value;
use toml::de::DeValue;

use super::plugins::plugin_use;
use super::tables::{Tables, label};
use super::values::{OfPlugins, SystemSecretsValue};
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
        #[schemars(with = "Value", extend("anyOf" = [{ "$ref": "#/definitions/target" }, { "const": false }]))]
        target: OfPlugins = OfPlugins,
    }
}

/// The parts of the settings that nodes refer to.
#[derive(Clone, Copy)]
pub(super) struct Shared<'s> {
    pub(super) tables: Tables<'s>,
    pub(super) stores: &'s [&'s str],
    /// The secrets that all nodes can use.
    pub(super) allow: Option<&'s [String]>,
    /// Whether there is a file of variables to upload.
    pub(super) uploads: bool,
}

/// The nodes, the master first, then as they are written, with their defaults filled in. Adds their targets to the plugins.
pub(super) fn nodes(
    shared: Shared<'_>,
    sections: &mut BTreeMap<String, NodeSection>,
    plugins: &mut Vec<PluginUse>,
) -> Vec<DeployNode> {
    let tables = shared.tables;
    let mut names: Vec<&str> =
        tables.names(&["nodes"]).into_iter().filter(|name| sections.contains_key(*name)).collect();
    names.sort_by_key(|name| *name != MASTER);
    if names.first() != Some(&MASTER) {
        let near = nearest(MASTER, names.iter().copied());
        let hint = match near {
            Some(near) => format!("is [nodes.{near}] meant to be it?"),
            None => "every configuration has a master node: add [nodes.master] and its target".to_owned(),
        };
        tables.reject(&["nodes", near.unwrap_or_default()], "[nodes.master] is missing", &hint);
    }
    let mut nodes = Vec::new();
    for name in names {
        nodes.extend(sections.get_mut(name).map(|section| shared.node(name, section)));
        plugins.extend(target_of(tables, name));
    }
    nodes
}

/// Whether secrets are read from a store.
pub(in crate::settings) fn are_read(store: &str, nodes: &[DeployNode], routes: &Routes) -> bool {
    let stores = nodes.iter().flat_map(|node| &node.stores).map(String::as_str);
    stores.chain(routes.stores()).any(|read| read == store)
}

/// The plugin of a node's target. A node without one is only verified.
fn target_of(tables: Tables<'_>, name: &str) -> Option<PluginUse> {
    let path = ["nodes", name, "target"];
    match tables.value(&path).map(|value| value.get_ref()) {
        Some(DeValue::Boolean(false)) => {}
        Some(DeValue::Table(_)) => return plugin_use(tables, &path, Family::Target),
        Some(other) => {
            let expected = "expected a table with a `kind`, or false for a node that is only verified";
            let message = format!("[nodes.{name}] target: {expected}, found {}", type_name(other));
            tables.reject(&path, message, "");
        }
        None => {
            let table = format!("add [nodes.{name}.target] with a `kind`");
            let hint = format!("{table}, or `target = false` for a node that is only verified");
            tables.reject(&path, format!("[nodes.{name}]: `target` is missing"), &hint);
        }
    }
    None
}

impl Shared<'_> {
    fn node(self, name: &str, section: &mut NodeSection) -> DeployNode {
        let path = |key| ["nodes", name, key];
        let reject = |key, message: &str, hint: &str| {
            self.tables.reject(&path(key), format!("[nodes.{name}]{message}"), hint);
        };
        if name.trim().is_empty() {
            self.tables.reject(&["nodes", name], "[nodes]: the name of a node is empty", "");
        }
        for key in ["templates", "proxy"] {
            if name == MASTER && self.tables.value(&path(key)).is_some() {
                reject(key, ": only extra nodes have `templates` and `proxy`", "");
            }
        }
        if section.upload_variables == Some(true) && !self.uploads {
            let hint = "name one in [configuration]: `upload_variables = \"path\"`";
            reject("upload_variables", " upload_variables: no file of variables is configured", hint);
        }
        if section.secrets.is_none() && self.stores.len() > 1 {
            let message = ": there are several stores, so `secrets` must name those of the node";
            reject("secrets", message, &format!("for example: secrets = [\"{}\"]", self.stores[0]));
        }
        for (at, store) in section.secrets.iter().flatten().enumerate() {
            let path = ["nodes", name, "secrets", &at.to_string()];
            self.tables.check_store(&path, &format!("[nodes.{name}] secrets"), store, self.stores);
        }
        let only_store = || self.stores.iter().map(|store| (*store).to_owned()).collect();
        let stores = section.secrets.get_or_insert_with(only_store).clone();
        let own = section.allow_secrets.as_deref().map(|own| self.patterns(&path("allow_secrets"), own));
        let allowed_secrets =
            own.or_else(|| self.allow.map(|shared| self.patterns(&["secrets", "allow"], shared)));
        DeployNode {
            name: NodeName::new(name),
            target: None,
            templates: section.templates.as_deref().map(tidy),
            proxy: section.proxy,
            stores,
            upload_variables: *section.upload_variables.get_or_insert(self.uploads),
            upload_secrets: section.upload_secrets,
            system_secrets: self.system_secrets(&path("system_secrets"), &section.system_secrets),
            protected: self
                .patterns(&path("protected"), &section.protected)
                .with_orchestrated(section.keep_orchestrated),
            allowed_secrets,
        }
    }

    fn patterns(self, path: &[&str], patterns: &[String]) -> Protection {
        let read = Protection::new(patterns.iter().map(String::as_str));
        self.tables.accept(path, &label(&path.join(".")), read).unwrap_or_default()
    }

    fn system_secrets(self, path: &[&str], value: &SystemSecretsValue) -> SystemSecrets {
        let lists = match value {
            SystemSecretsValue::Named(true) => return SystemSecrets::Named,
            SystemSecretsValue::Named(false) => return SystemSecrets::None,
            SystemSecretsValue::Listed(lists) => lists,
        };
        let section = format!("[{}]", path.join("."));
        let list = |(system, names): (&String, &Vec<String>)| {
            self.tables.accept(&[path, &[system]].concat(), &section, SystemList::new(system, names))
        };
        SystemSecrets::Listed(lists.iter().filter_map(list).collect())
    }
}
