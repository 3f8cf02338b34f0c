//! The checks of the names that an entity uses.

use std::collections::HashSet;

use deployer_core::error::nearest;

use crate::fault::{Fault, Finding};
use crate::names::Names;
use crate::types::INTERNAL_SYSTEM;

/// The names that exist on a node. Names of an unknown set are not checked.
#[derive(Debug, Default)]
pub struct Surroundings<'a> {
    /// The IDs of its systems; `None` if they are unknown.
    pub systems: Option<HashSet<&'a str>>,
    /// The IDs of its pipes.
    pub pipes: HashSet<&'a str>,
    /// The datasets that exist, and those that a pipe writes; `None` if they are unknown.
    pub datasets: Option<HashSet<&'a str>>,
}

impl Surroundings<'_> {
    /// A finding for every system and dataset that does not exist.
    pub fn findings(&self, names: &Names) -> Vec<Finding> {
        let systems = names.systems.iter().filter(|used| !self.has_system(&used.name));
        let systems =
            systems.map(|used| Finding { fault: Fault::UnknownSystem(used.name.clone()), span: used.span });
        let datasets = names.inputs.iter().filter(|used| !self.has_dataset(&used.name));
        let datasets =
            datasets.map(|used| Finding { fault: Fault::UnknownDataset(used.name.clone()), span: used.span });
        systems.chain(datasets).collect()
    }

    /// The existing name that is nearest to the wrong one of a fault.
    pub fn nearest(&self, fault: &Fault) -> Option<String> {
        match fault {
            Fault::UnknownSystem(id) => {
                nearest(id, self.systems.iter().flatten().copied()).map(str::to_owned)
            }
            Fault::UnknownDataset(id) => {
                nearest(id, self.datasets.iter().flatten().copied()).map(str::to_owned)
            }
            Fault::UnknownType { part, found } => {
                let names = part.type_names();
                let found = found.trim_matches('"');
                nearest(found, names.iter().map(String::as_str)).map(str::to_owned)
            }
            _ => None,
        }
    }

    fn has_system(&self, id: &str) -> bool {
        id == INTERNAL_SYSTEM || self.systems.as_ref().is_none_or(|systems| systems.contains(id))
    }

    /// Whether a dataset exists. Internal datasets exist with their pipe, and the others are not known here.
    fn has_dataset(&self, id: &str) -> bool {
        let Some(datasets) = &self.datasets else { return true };
        let of_pipe = ["system:pump:", "system:dead-letter:"];
        match of_pipe.into_iter().find_map(|prefix| id.strip_prefix(prefix)) {
            Some(pipe) => self.pipes.contains(pipe),
            None => id.starts_with("system:") || datasets.contains(id),
        }
    }
}
