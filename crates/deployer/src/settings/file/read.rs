//! The settings of one environment, from its effective tables.

use std::path::Path;

use deployer_core::error::Note;
use deployer_core::plugin::{Family, ProcessVariables, Section};

use super::sections::SettingsFile;
use super::tables::Tables;
use super::values::TextValue;
use super::{checks, fleet, nodes, plugins};
use crate::settings::link;
use crate::settings::merge::{Table, use_folder};
use crate::settings::model::Settings;

impl Settings {
    /// Reads the tables of an environment of the file `whole`. A key that cannot be read has its default.
    pub(super) fn of_environment(
        mut root: Table,
        environment: &str,
        whole: Tables<'_>,
        variables: &ProcessVariables,
    ) -> Self {
        if !root.get_ref().contains_key("source") {
            // The default source is the folder of the settings.
            use_folder(&mut root, Path::new("."));
        }
        let (tables, origin) = (Tables { root: root.get_ref(), ..whole }, whole.origin);
        let (mut keys, found) = Section::new("", &origin.text, root.clone()).read_leniently::<SettingsFile>();
        found.into_iter().for_each(|problem| tables.add(problem));
        keys.configuration.complete();
        let configuration = keys.configuration.read(environment, tables);
        let stores = tables.names(&["stores"]);
        let routes = keys.secrets.routes(&stores, tables);
        let mut plugins = plugins::all(tables, &stores);
        let shared = nodes::Shared {
            tables,
            stores: &stores,
            allow: keys.secrets.allow.as_deref(),
            uploads: configuration.upload_variables.is_some() || !configuration.variables.is_empty(),
        };
        let is_fleet = fleet::is_fleet(whole);
        let mut nodes =
            if is_fleet { Vec::new() } else { nodes::nodes(shared, &mut keys.nodes, &mut plugins) };
        let unread = stores.iter().filter(|store| !nodes::are_read(store, &nodes, &routes));
        let unread = unread.map(|store| {
            let note = Note::remark(format!("no node reads its secrets from [stores.{store}]"));
            note.at_all([tables.place(&["stores", store])])
        });
        let mut notes: Vec<Note> = unread.collect();
        if !configuration.split && nodes.len() > 1 {
            let path = ["configuration", "split"];
            if whole.value(&["environments", environment, path[0], path[1]]).is_some() {
                let extra: Vec<String> = nodes.drain(1..).map(|node| node.name.to_string()).collect();
                plugins.retain(|used| used.family != Family::Target || !extra.contains(&used.path[1]));
                let message = format!(
                    "`split = false` in {environment}: every entity goes to the master, and these nodes are ignored: {}",
                    extra.join(", ")
                );
                notes.push(Note::remark(message).at_all([tables.place(&path)]));
            } else {
                let message = "[configuration] split: `split = false` gives every entity to the master, so extra nodes have no entities";
                let hint = "remove the extra nodes, or set `split = false` only in an environment";
                tables.reject(&path, message, hint);
            }
        }
        checks::twins(&plugins, tables);
        let detected_link = link::detected(variables);
        let link = match &keys.link {
            Some(TextValue::Text(link)) => Some(link.clone()),
            Some(TextValue::Variable(table)) => variables.get(&table.env).map(str::to_owned),
            None => None,
        };
        Self {
            environment: environment.to_owned(),
            origin: origin.clone(),
            configuration,
            nodes,
            routes,
            dry_run: false,
            is_undecided: false,
            safety: keys.safety.read(),
            link: link.or_else(|| detected_link.as_ref().map(|(link, _)| link.clone())),
            plugins,
            notes,
            root,
            keys,
            detected_link,
            others: Vec::new(),
        }
    }
}
