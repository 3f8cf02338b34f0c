//! The check of what plugins read, without building them.

use std::collections::HashSet;

use deployer_core::document::SourceText;
use deployer_core::plugin::{Plugin, Section};
use deployer_core::{Error, Result};

use super::build::{Origins, absent, cannot_build, one_by_one, section};
use super::merge::Table;
use super::model::Settings;
use super::parts::PluginUse;
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
    /// `Settings`, with a related error for every problem: an unknown plugin or one that is not in this build, an unknown key, a value
    /// of the wrong type, a credential that is not a reference.
    pub fn check(&self, table: &[&Plugin], absent: Absent) -> Result<()> {
        let others = self.others.iter().map(|other| (&other.root, &other.plugins));
        let problems =
            problems((&self.root, &self.plugins), others, &self.text, self.origins(), table, absent);
        if problems.is_empty() { Ok(()) } else { Err(cannot_build(self, problems)) }
    }
}

/// The effective tables of an environment, and the plugins that it names.
type Environment<'e> = (&'e Table, &'e Vec<PluginUse>);

/// The problems of all sections that plugins read, each once.
pub(super) fn problems<'e>(
    own: Environment<'e>,
    others: impl Iterator<Item = Environment<'e>>,
    text: &SourceText,
    origins: Origins<'_>,
    table: &[&Plugin],
    absent: Absent,
) -> Vec<Error> {
    let mut seen = HashSet::new();
    let mut problems = Vec::new();
    let is_tolerant = absent == Absent::InThisEnvironment;
    let others = others.map(|other| (other, is_tolerant));
    for ((root, plugins), tolerant) in std::iter::once((own, false)).chain(others) {
        let found = plugins.iter().flat_map(|used| {
            let section = section(root.get_ref(), used, text);
            let problem = section.and_then(|section| check(used, section, table, tolerant));
            let problems = problem.map(one_by_one).unwrap_or_default().into_iter();
            problems.map(|problem| origins.of_section(problem, used))
        });
        // A problem outside of environments is found in each of them.
        problems.extend(found.filter(|problem| seen.insert(format!("{problem:?}"))));
    }
    problems
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
