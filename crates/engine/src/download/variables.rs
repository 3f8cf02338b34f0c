//! The variables of the nodes, in the files that set them.

use std::collections::BTreeMap;

use deployer_core::document::Value;
use deployer_core::error::Note;
use deployer_core::model::{Action, Variables};

use super::files::Files;
use super::outcome::{Download, join};
use crate::run::{Configuration, ReadNode, Status};

/// Takes the variables of the master, and changed values of extra nodes where no node says otherwise.
pub(super) fn download(
    status: &Status,
    configuration: &Configuration,
    files: &mut Files,
    download: &mut Download,
) {
    let folder = configuration.folder.trim_matches('/');
    let new = configuration.upload_variables.as_ref().or(configuration.variables.last());
    let values = values(status);
    for read in status.answered() {
        for change in &read.plan.variables {
            let (node, name) = (&read.plan.node, &change.name);
            let mut leave_out = |reason: &str| {
                let message = format!("node {node}: the variable {name} is left out: {reason}");
                download.notes.push(Note::warning(message));
            };
            let running = value(read.observed.variables.as_ref(), name);
            if !node.is_master() && change.action != Action::Change {
                leave_out("an extra node gets only the variables that its entities use");
                continue;
            }
            let differs = |other: &&Option<Value>| **other != running;
            if values.get(name.as_str()).is_some_and(|values| values.iter().any(|other| differs(&other))) {
                leave_out("the nodes have several values");
                continue;
            }
            let wanted = read.plan.desired.variables.as_ref();
            let place = wanted.and_then(|wanted| wanted.entries.get(name)?.place.as_ref());
            let path = place.map(|place| place.file.to_string()).or(new.map(|new| join(folder, new)));
            let Some(path) = path else {
                leave_out("the settings name no variables file");
                continue;
            };
            files.put_variable(&path, name, running.as_ref());
            if running.is_none() {
                download.removals.push(format!("variable {name}"));
            }
        }
    }
}

/// The values that nodes which should have a variable have for it.
fn values(status: &Status) -> BTreeMap<&str, Vec<Option<Value>>> {
    let mut values: BTreeMap<&str, Vec<Option<Value>>> = BTreeMap::new();
    let wanted = |read: &ReadNode| read.plan.desired.variables.clone().unwrap_or_default();
    for read in status.answered() {
        for change in &read.plan.variables {
            let having = status.answered().filter(|other| {
                wanted(other).entries.contains_key(&change.name) || other.plan.node == read.plan.node
            });
            let having = having.map(|other| value(other.observed.variables.as_ref(), &change.name));
            values.insert(&change.name, having.collect());
        }
    }
    values
}

fn value(variables: Option<&Variables>, name: &str) -> Option<Value> {
    variables.and_then(|variables| variables.entries.get(name)).map(|variable| variable.value.clone())
}
