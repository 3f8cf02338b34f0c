//! The check of what plugins read, without building them.

use std::collections::HashSet;

use deployer_core::plugin::Plugin;
use deployer_core::{Error, Result};

use super::build::absent;
use super::model::Settings;
use super::parts::{PluginUse, one_by_one};
use crate::plugins::{find, known};

impl Settings {
    /// Reads every section as its plugin would, in every environment. Looks for no credential and opens nothing.
    ///
    /// # Errors
    /// `Settings`, with a related error for every problem: an unknown plugin or one that is not in this build, an unknown key, a value
    /// of the wrong type, a credential that is not a reference.
    pub fn check(&self, table: &[&Plugin]) -> Result<()> {
        let problems = problems(std::iter::once(self).chain(&self.others), table, false);
        if problems.is_empty() { Ok(()) } else { Err(self.origin.unusable(problems)) }
    }

    fn check_section(&self, used: &PluginUse, table: &[&Plugin], is_tolerant: bool) -> Vec<Error> {
        let (section, plugin) = (self.section(used), find(table, used.family, &used.kind));
        let problem = match (section, plugin) {
            (Some(section), Some(plugin)) => plugin.settings.check(section).err(),
            (Some(_), None) if !is_tolerant || known(used.family, &used.kind).is_none() => {
                Some(absent(used, table))
            }
            _ => None,
        };
        problem.map(one_by_one).unwrap_or_default()
    }
}

/// The problems of all sections that plugins read, each once. The first environment is that of the run. A program that was built for it
/// may run with the settings of all: `is_run` allows the others to name plugins that the program was built without.
pub(super) fn problems<'e>(
    environments: impl Iterator<Item = &'e Settings>,
    table: &[&Plugin],
    is_run: bool,
) -> Vec<Error> {
    let (mut seen, mut problems) = (HashSet::new(), Vec::new());
    for (at, settings) in environments.enumerate() {
        let is_tolerant = is_run && at > 0;
        let found = settings.plugins.iter().flat_map(|used| settings.check_section(used, table, is_tolerant));
        // A problem outside of environments is found in each of them.
        let new = found.filter(|problem| seen.insert(problem.clone()));
        problems.extend(new.map(|problem| match at {
            0 => problem,
            _ => problem.with_detail(format!("in the environment `{}`", settings.environment)),
        }));
    }
    problems
}

#[cfg(test)]
mod tests;
