//! Reading a settings file. Strict at every level: an unknown key is an error with its place, and all problems are reported at once,
//! those of environments that are not chosen too.

mod absent;
mod addresses;
mod asked;
mod configuration;
mod credentials;
mod nodes;
mod path;
mod plugins;
mod read;
mod secrets;
mod sections;
mod source;
mod twins;
mod values;
#[cfg(feature = "watch")]
mod watch;

use std::path::Path;

use deployer_core::document::SourceText;
use deployer_core::plugin::ProcessVariables;
use deployer_core::{Error, Kind, Result};

pub use asked::Asked;
pub(super) use path::{escaped, filled_in};
pub(crate) use sections::SettingsFile;
pub(super) use values::log_level;
#[cfg(feature = "watch")]
pub(crate) use watch::HookSection;

use self::read::Common;
use self::source::{list, or_nearest};
use super::check::{self, Absent};
use super::dry_run;
use super::merge::{Table, UNSET, effective, parse, place, what};
use super::model::{MadeOf, Settings};
use super::parts::SettingsSource;
use super::problems::{Origins, unusable};

/// How texts name the settings file that the program carries.
const BUILT_IN: &str = "the built-in deployer.toml";

impl Settings {
    /// Reads a settings file. `path` is where it lies. Of the environment's variables only those are read that the file refers to, and
    /// `DRY_RUN`.
    ///
    /// # Errors
    /// `Settings`, with a related error for every problem, each with line and column, what is accepted, and the nearest name.
    pub fn from_file(
        path: impl AsRef<Path>,
        text: impl Into<String>,
        environment: Option<&str>,
        variables: &ProcessVariables,
    ) -> Result<Self> {
        Self::read_file(path, text, Asked::new(environment, variables))
    }

    /// The same, with the sections of plugins checked too if they are given.
    ///
    /// # Errors
    /// As [`Self::from_file`].
    pub fn read_file(path: impl AsRef<Path>, text: impl Into<String>, asked: Asked<'_>) -> Result<Self> {
        let path = path.as_ref();
        let text = SourceText::new(path.display().to_string(), text);
        let parsed = parse(&text);
        read(SettingsSource::File(path.to_owned()), text, parsed, MadeOf::new(), asked)
    }

    /// Reads the settings file that the program carries, as [`Settings::from_file`] reads one.
    ///
    /// # Errors
    /// As for a file.
    pub fn built_in(text: impl Into<String>, asked: Asked<'_>) -> Result<Self> {
        let text = SourceText::new(BUILT_IN, text);
        let parsed = parse(&text);
        read(SettingsSource::BuiltIn, text, parsed, MadeOf::new(), asked)
    }

    /// Reads the text of a settings file that environment variables were converted to. `made_of` has the variable of each line.
    ///
    /// # Errors
    /// As for a file.
    #[cfg(feature = "watch")]
    pub(crate) fn converted(label: &str, text: String, made_of: MadeOf, asked: Asked<'_>) -> Result<Self> {
        let text = SourceText::new(label, text);
        let parsed = parse(&text);
        let (dry_run, note) = dry_run::read(asked.variables)?;
        let mut settings = read(SettingsSource::Variables, text, parsed, made_of, asked)?;
        settings.dry_run = dry_run == Some(true);
        settings.notes.extend(note);
        Ok(settings)
    }
}

/// Reads the tables of either way in. `parsed` has the problems of their syntax.
pub(super) fn read(
    source: SettingsSource,
    text: SourceText,
    (root, mut problems): (Table, Vec<Error>),
    made_of: MadeOf,
    asked: Asked<'_>,
) -> Result<Settings> {
    let is_broken = !problems.is_empty();
    let dry_run = match (&source, dry_run::read(asked.variables)) {
        // The reader of the variables has read it.
        (SettingsSource::Variables, _) => (None, None),
        (_, Ok(found)) => found,
        (_, Err(problem)) => {
            problems.push(problem);
            (None, None)
        }
    };
    problems.extend(addresses::with_credentials(root.get_ref(), &text));
    let named = environments(&root, &text, &mut problems);
    let preferred = asked.preferred.filter(|preferred| named.iter().any(|name| name == preferred));
    let chosen = choose(asked.environment.or(preferred), &root, &named, &text);
    // If the chosen environment is unknown, that of the file is read, so that its problems are reported too.
    let default = root.get_ref().get("environment").and_then(|value| value.get_ref().as_str());
    let known = chosen.as_deref().ok().or(default);
    let name = known.unwrap_or("environment").to_owned();
    let common =
        Common { source: &source, text: &text, made_of: &made_of, whole: &root, variables: asked.variables };
    let mut read = |name: &str| {
        let table = effective(&root, name, &text, &mut problems);
        Settings::of_environment(table, name, &common, &mut problems)
    };
    let own = (known.is_some() || named.is_empty()).then(|| read(&name));
    let others = named.iter().filter(|other| **other != name || own.is_none());
    let others: Vec<Settings> = others.map(|name| read(name)).collect();
    if is_broken {
        // A key can be missing because of an error of syntax.
        problems.retain(|problem| !problem.message().ends_with("is missing"));
    }
    let origins = Origins((source == SettingsSource::Variables).then_some(&made_of));
    problems = problems.into_iter().map(|problem| origins.respelled(problem, "")).collect();
    if let Some(plugins) = asked.plugins {
        let all = own.iter().chain(&others);
        problems.extend(check::problems(all, plugins, Absent::InThisEnvironment));
    }
    match (chosen, own) {
        (Ok(_), Some(own)) if problems.is_empty() => {
            let notes = own.notes.into_iter().chain(dry_run.1).collect();
            Ok(Settings { dry_run: dry_run.0 == Some(true), notes, others, ..own })
        }
        (chosen, own) => {
            problems.extend(chosen.err());
            if let Some(own) = &own {
                problems.extend(credentials::missing(own, asked));
                if asked.plugins.is_some() && source != SettingsSource::Variables {
                    absent::absent(own, asked, &mut problems);
                }
            }
            Err(unusable(&source, &text, problems))
        }
    }
}

/// The names under `[environments]`, whose tables are checked for keys that cannot be overridden.
fn environments(root: &Table, text: &SourceText, problems: &mut Vec<Error>) -> Vec<String> {
    let Some(value) = root.get_ref().get("environments") else { return Vec::new() };
    let mut names = Vec::new();
    let Some(table) = value.get_ref().as_table() else {
        problems.push(plugins::not_a_table("environments", value, text));
        return names;
    };
    for (name, value) in table {
        let label = format!("environments.{}", name.get_ref());
        let Some(table) = value.get_ref().as_table() else {
            problems.push(plugins::not_a_table(&label, value, text));
            continue;
        };
        let wrong = table.keys().filter(|key| ["environment", "environments"].contains(&&**key.get_ref()));
        problems.extend(wrong.map(|key| {
            let message =
                format!("[{label}]: unknown key `{}`; expected a section, or `{UNSET}`", key.get_ref());
            Error::new(Kind::Settings, message).at(place(text, &key.span()))
        }));
        names.push(name.get_ref().to_string());
    }
    names
}

/// The environment that was asked for, else the file's own. A file that names environments accepts no others.
fn choose(asked: Option<&str>, root: &Table, named: &[String], text: &SourceText) -> Result<String, Error> {
    let own = root.get_ref().get("environment");
    let default = own.and_then(|value| value.get_ref().as_str());
    let known: Vec<&str> = default.into_iter().chain(named.iter().map(String::as_str)).collect();
    let Some(chosen) = asked.or(default) else {
        let error = Error::new(Kind::Settings, "no environment is chosen")
            .with_hint("choose one: --environment NAME, or `environment = \"NAME\"` at the top of the file");
        let error = own.iter().fold(error, |error, value| {
            error.with_detail(format!("`environment`: expected a text, found {}", what(value.get_ref())))
        });
        return Err(match known.is_empty() {
            true => error,
            false => error.with_detail(format!("the file defines {}", list(&known))),
        });
    };
    if let Err(cause) = environment_name(chosen) {
        let error =
            Error::new(Kind::Settings, "the name of the environment cannot be used").with_cause(cause);
        return Err(match (asked, own) {
            (None, Some(value)) => error.at(place(text, &value.span())),
            _ => error,
        });
    }
    if known.is_empty() || known.contains(&chosen) {
        return Ok(chosen.to_owned());
    }
    let message = format!("unknown environment `{chosen}`; this file defines {}", list(&known));
    let hint = format!("add a table [environments.{chosen}], which can be empty");
    Err(or_nearest(Error::new(Kind::Settings, message), chosen, known, &hint))
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
