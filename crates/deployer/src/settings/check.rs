//! The check of what plugins read, without building them.

use std::collections::HashSet;

use deployer_core::plugin::{Plugin, Section};
use deployer_core::{Error, Result};

use super::build::{absent, cannot_build, one_by_one, section};
use super::merge::{effective, parse};
use super::model::{PluginUse, Settings};
use crate::plugins::{KNOWN, find};

/// In which environments a plugin that this program was built without is a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// In that of the run alone: a program that was built for one environment may run with the settings of all.
    InThisEnvironment,
    /// In every environment.
    InAny,
}

impl Settings {
    /// Reads every section as its plugin would, in every environment. Looks for no credential and opens nothing.
    ///
    /// # Errors
    /// `Settings`, with a related error for every problem: a plugin that does not exist or is not in this build, an unknown key, a value
    /// of the wrong type, a credential that is no reference.
    pub fn check(&self, table: &[&Plugin], absent: Absent) -> Result<()> {
        let mut problems = Vec::new();
        let mut seen = HashSet::new();
        let parsed = parse(&self.text).map_err(|problems| cannot_build(self, problems))?;
        let own = (self.environment.as_str(), &self.plugins, false);
        let is_tolerant = absent == Absent::InThisEnvironment;
        let others = self.others.iter().map(|(name, plugins)| (name.as_str(), plugins, is_tolerant));
        for (environment, plugins, tolerant) in std::iter::once(own).chain(others) {
            let root = effective(parsed.clone(), environment, &self.text);
            let found = plugins.iter().flat_map(|used| {
                let section = section(root.get_ref(), used, &self.text);
                let problem = section.and_then(|section| check(used, section, table, tolerant));
                let problems = problem.map(one_by_one).unwrap_or_default().into_iter();
                problems.map(|problem| self.respelled(problem, used))
            });
            // What stands outside of environments is seen by each of them.
            problems.extend(found.filter(|problem| seen.insert(format!("{problem:?}"))));
        }
        if problems.is_empty() { Ok(()) } else { Err(cannot_build(self, problems)) }
    }
}

fn check(used: &PluginUse, section: Section<'_>, table: &[&Plugin], tolerant: bool) -> Option<Error> {
    match find(table, used.family, &used.kind) {
        Some(plugin) => plugin.settings.check(section).err(),
        None => {
            let is_known = KNOWN.iter().any(|known| known.family == used.family && known.kind == used.kind);
            (!(tolerant && is_known)).then(|| absent(used, table))
        }
    }
}

#[cfg(test)]
mod tests;
