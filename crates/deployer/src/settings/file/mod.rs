//! Reading a settings file. Strict at every level: an unknown key is an error with its place, and all problems are reported at once,
//! those of environments that are not chosen too.

mod checks;
mod configuration;
mod fleet;
mod nodes;
mod path;
mod plugins;
mod read;
mod secrets;
mod sections;
mod tables;
mod values;
#[cfg(feature = "watch")]
mod watch;

use std::cell::RefCell;
use std::path::Path;

use deployer_core::document::SourceText;
use deployer_core::error::did_you_mean;
use deployer_core::plugin::ProcessVariables;
use deployer_core::{Error, Kind, Result};

pub(super) use nodes::are_read;
pub(super) use path::{escaped, filled_in};
pub(crate) use sections::SettingsFile;
pub(super) use values::{StateValue, log_level};
#[cfg(feature = "watch")]
pub(crate) use watch::{DeploymentSection, HookSection};

use self::tables::Tables;
use super::check;
use super::dry_run;
use super::merge::{UNSET, effective, parse};
use super::model::Settings;
use super::parts::{Asked, Origin, SettingsSource, list};

impl Settings {
    /// Reads a settings file without the sections of plugins. `path` is where it lies.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn from_file(
        path: impl AsRef<Path>,
        text: impl Into<String>,
        environment: Option<&str>,
        variables: &ProcessVariables,
    ) -> Result<Self> {
        let text = SourceText::new(path.as_ref().display().to_string(), text);
        let source = SettingsSource::File(path.as_ref().to_owned());
        Self::read(source, text, Asked::new(environment, variables))
    }

    /// Reads the text of a settings file, or one that environment variables were converted to. Of the environment's variables only
    /// those are read that the text refers to, and `DRY_RUN`.
    ///
    /// # Errors
    /// `Settings`, with a related error for every problem, each with line and column, what is accepted, and the nearest name.
    pub fn read(source: SettingsSource, text: SourceText, asked: Asked<'_>) -> Result<Self> {
        let origin = Origin { source, text };
        let (root, syntax) = parse(&origin.text);
        let (is_broken, problems) = (!syntax.is_empty(), RefCell::new(syntax));
        let tables = |root| Tables { root, origin: &origin, problems: &problems };
        let whole = tables(root.get_ref());
        let (dry_run, note) = dry_run::read(asked.variables).unwrap_or_else(|problem| {
            whole.add(problem);
            (None, None)
        });
        checks::addresses(whole);
        let named = environments(whole);
        let preferred = asked.preferred.filter(|preferred| named.contains(preferred));
        let mut chosen = choose(asked.environment.or(preferred), whole, &named);
        if fleet::is_fleet(whole) {
            fleet::check(whole);
            chosen = Ok(fleet::ENVIRONMENT.to_owned());
        }
        // If the chosen environment is unknown, that of the file is read, so that its problems are reported too.
        let known = chosen.as_deref().ok().or(whole.text(&["environment"]));
        let name = known.unwrap_or("environment");
        let read = |name: &str| {
            let (table, unknown) = effective(&root, name, &origin.text);
            unknown.into_iter().for_each(|problem| whole.add(problem));
            Self::of_environment(table, name, whole, asked.variables)
        };
        let own = (known.is_some() || named.is_empty()).then(|| read(name));
        let others = named.iter().filter(|other| **other != name || own.is_none());
        let others: Vec<Self> = others.map(|name| read(name)).collect();
        if is_broken {
            // A key can be missing because of an error of syntax.
            problems.borrow_mut().retain(|problem| !problem.message().ends_with("is missing"));
        }
        if let Some(plugins) = asked.plugins {
            let all = own.iter().chain(&others);
            problems.borrow_mut().extend(check::problems(all, plugins, true));
        }
        match (chosen, own) {
            (Ok(_), Some(own)) if problems.borrow().is_empty() => {
                let notes = own.notes.into_iter().chain(note).collect();
                Ok(Self { dry_run: dry_run == Some(true), notes, others, ..own })
            }
            (chosen, own) => {
                problems.borrow_mut().extend(chosen.err());
                if let Some(own) = &own {
                    let missing = own.missing_credentials(asked.variables, asked.credentials);
                    problems.borrow_mut().extend(missing);
                    if asked.plugins.is_some() && origin.source != SettingsSource::Variables {
                        checks::absent(own, asked, tables(own.root.get_ref()));
                    }
                }
                Err(origin.unusable(problems.take()))
            }
        }
    }
}

/// The names under `[environments]`, whose tables are checked for keys that cannot be overridden.
fn environments(whole: Tables<'_>) -> Vec<&str> {
    let mut names = whole.names(&["environments"]);
    names.retain(|name| {
        let mut keys = whole.names(&["environments", name]);
        keys.retain(|key| ["environment", "environments"].contains(key));
        for key in keys {
            let message =
                format!("[environments.{name}]: unknown key `{key}`; expected a section, or `{UNSET}`");
            whole.reject(&["environments", name, key], message, "");
        }
        whole.value(&["environments", name]).is_some_and(|value| value.get_ref().is_table())
    });
    names
}

/// The environment that was asked for, else the file's own. A file that names environments accepts no others.
fn choose(asked: Option<&str>, whole: Tables<'_>, named: &[&str]) -> Result<String, Error> {
    let own = whole.text(&["environment"]);
    let known: Vec<&str> = own.into_iter().chain(named.iter().copied()).collect();
    let Some(chosen) = asked.or(own) else {
        let error = Error::new(Kind::Settings, "no environment is chosen")
            .with_hint("choose one: --environment NAME, or `environment = \"NAME\"` at the top of the file");
        let named = (!known.is_empty()).then(|| format!("the file defines {}", list(&known)));
        return Err(named.into_iter().fold(error, Error::with_detail));
    };
    if let Err(cause) = environment_name(chosen) {
        let error =
            Error::new(Kind::Settings, "the name of the environment cannot be used").with_cause(cause);
        return Err(error.at_all(asked.is_none().then(|| whole.place(&["environment"]))));
    }
    if known.is_empty() || known.contains(&chosen) {
        return Ok(chosen.to_owned());
    }
    let message = format!("unknown environment `{chosen}`; this file defines {}", list(&known));
    let add = || format!("add a table [environments.{chosen}], which can be empty");
    Err(Error::new(Kind::Settings, message).with_hint(did_you_mean(chosen, known).unwrap_or_else(add)))
}

/// Checks the name of an environment, which becomes part of paths.
pub(super) fn environment_name(name: &str) -> Result<(), &'static str> {
    let forbidden = |c: char| c == '/' || c == '\\' || c.is_control();
    if name.trim().is_empty() {
        Err("it is empty")
    } else if name == "." || name == ".." || name.contains(forbidden) {
        Err("it becomes part of file names: no `/`, no `\\`, and neither `.` nor `..`")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
