//! Folders and whitelists that do not exist. They are reported with the other mistakes of a settings file if the configuration is in a
//! folder of this machine. Otherwise the run that reads the configuration reports them.

use super::asked::Asked;
use super::tables::Tables;
use crate::settings::model::Settings;

/// Adds a problem per folder or whitelist that does not exist, unless its key has a problem.
pub(super) fn absent(settings: &Settings, asked: Asked<'_>, tables: Tables<'_>) {
    let source = |key: &str| tables.value(&["source", key]).map(|value| value.get_ref().as_str());
    let root = match (asked.source, source("kind").flatten()) {
        (Some(root), _) => root.to_owned(),
        (None, None | Some("folder")) => settings.folder().join(source("path").flatten().unwrap_or(".")),
        (None, Some(_)) => return,
    };
    let add = |path: &[&str], message: String, hint: &str| {
        let place = tables.place(path);
        let has_problem = tables.problems.borrow().iter().any(|problem| problem.places().contains(&place));
        if tables.value(path).is_none() || !has_problem {
            tables.reject(path, message, hint);
        }
    };
    let configuration = &settings.configuration;
    let below = root.join(&configuration.folder);
    if below.is_dir() {
        for list in configuration.whitelist.lists.iter().filter(|list| !below.join(list).is_file()) {
            let message = format!("[configuration] whitelist: the file {list} does not exist");
            let hint = "create it, or write `whitelist = false` to deploy every file";
            add(&["configuration", "whitelist"], message, hint);
        }
    } else {
        let message = format!("[configuration] folder: the folder {} does not exist", configuration.folder);
        add(&["configuration", "folder"], message, "`folder = \".\"` is the root of the source");
    }
    for node in &settings.nodes {
        if let Some(templates) = node.templates.as_deref().filter(|path| !root.join(path).is_dir()) {
            let name = node.name.as_str();
            let message = format!("[nodes.{name}] templates: the folder {templates} does not exist");
            add(&["nodes", name, "templates"], message, "the path starts at the root of the source");
        }
    }
}
