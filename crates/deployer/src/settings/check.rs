//! The check of what plugins read, without building them.

use std::collections::HashSet;

use deployer_core::plugin::{Plugin, Section};
use deployer_core::{Error, Result};

use super::build::{absent, section};
use super::model::Settings;
use super::parts::PluginUse;
use super::problems::{one_by_one, unusable};
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
        let problems = problems(std::iter::once(self).chain(&self.others), table, absent);
        if problems.is_empty() { Ok(()) } else { Err(unusable(&self.source, &self.text, problems)) }
    }
}

/// The problems of all sections that plugins read, each once. The first environment is that of the run.
pub(super) fn problems<'e>(
    environments: impl Iterator<Item = &'e Settings>,
    table: &[&Plugin],
    absent: Absent,
) -> Vec<Error> {
    let mut seen = HashSet::new();
    let mut problems = Vec::new();
    for (at, settings) in environments.enumerate() {
        let tolerant = at > 0 && absent == Absent::InThisEnvironment;
        let found = settings.plugins.iter().flat_map(|used| {
            let section = section(settings.root.get_ref(), used, &settings.text);
            let problem = section.and_then(|section| check(used, section, table, tolerant));
            let problems = problem.map(one_by_one).unwrap_or_default().into_iter();
            problems.map(|problem| settings.origins().of_section(problem, used))
        });
        // A problem outside of environments is found in each of them.
        let new = found.filter(|problem| seen.insert(problem.clone()));
        problems.extend(new.map(|problem| match at {
            0 => problem,
            _ => problem.with_detail(format!("in the environment `{}`", settings.environment)),
        }));
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
