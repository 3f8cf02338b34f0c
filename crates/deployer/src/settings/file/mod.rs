//! Reading a settings file. Strict at every level: what is not known is an error with its place, and all problems are told at
//! once, those of environments that are not chosen among them.

mod addresses;
mod configuration;
mod nodes;
mod path;
mod plugins;
mod safety;
mod schema;
mod secrets;
mod sections;
mod values;

use std::collections::HashSet;
use std::path::Path;

use deployer_core::document::SourceText;
use deployer_core::error::nearest;
use deployer_core::plugin::ProcessVariables;
use deployer_core::{Error, Kind, Result};
use deployer_engine::run::Configuration;
use deployer_engine::stages::Strictness;
use toml::de::{DeTable, DeValue};

pub(super) use configuration::UPLOADED_BY_SESAM_PY;
pub(super) use path::{escaped, filled_in};
pub(crate) use schema::SettingsFile;
pub(super) use values::log_level;

use self::sections::Sections;
use super::merge::{Table, effective, parse, place, unknown_keys};
use super::model::{Door, MadeOf, PluginUse, Settings};
use super::{dry_run, link};

/// The tables and keys that stand at the top of a settings file.
const TOP: [&str; 14] = [
    "environment",
    "link",
    "log_level",
    "log_format",
    "state",
    "source",
    "configuration",
    "stores",
    "secrets",
    "nodes",
    "verify",
    "safety",
    "notify",
    "environments",
];

/// Those that `[environments.<name>]` may override: all but the choice of the environment and the environments.
const OVERRIDABLE: &[&str] = {
    let [_, overridable @ .., _] = &TOP;
    overridable
};

/// How texts name the settings file that the program carries.
const BUILT_IN: &str = "the built-in deployer.toml";

impl Settings {
    /// Reads a settings file. `path` is where it lies, `environment` the name that was asked for instead of the file's own. Of the
    /// environment's variables only those are read that the file refers to.
    ///
    /// # Errors
    /// `Settings`, with a related error for every problem, each with line and column, what is accepted, and the nearest name.
    pub fn from_file(
        path: impl AsRef<Path>,
        text: impl Into<String>,
        environment: Option<&str>,
        variables: &ProcessVariables,
    ) -> Result<Self> {
        let path = path.as_ref();
        let text = SourceText::new(path.display().to_string(), text);
        read(Door::File(path.to_owned()), text, environment, variables)
    }

    /// Reads the settings file that the program carries, as [`Settings::from_file`] reads one.
    ///
    /// # Errors
    /// As for a file.
    pub fn built_in(
        text: impl Into<String>,
        environment: Option<&str>,
        variables: &ProcessVariables,
    ) -> Result<Self> {
        read(Door::BuiltIn, SourceText::new(BUILT_IN, text), environment, variables)
    }
}

/// Reads the text of a settings file for either door.
pub(super) fn read(
    door: Door,
    text: SourceText,
    environment: Option<&str>,
    variables: &ProcessVariables,
) -> Result<Settings> {
    let (asked, warning) = match (&door, dry_run::read(variables)) {
        // The reader of the variables has seen it.
        (Door::Variables, _) => (None, None),
        (_, Ok(found)) => found,
        (_, Err(problem)) => {
            let others = all_environments(&text, environment, variables).err().unwrap_or_default();
            return Err(unusable(&text, std::iter::once(problem).chain(others).collect()));
        }
    };
    let (environment, mut sections, others) =
        all_environments(&text, environment, variables).map_err(|problems| unusable(&text, problems))?;
    sections.notes.extend(warning);
    let detected_link = link::detected(variables);
    let strictness = match door {
        Door::Variables => Strictness::Lenient,
        Door::File(_) | Door::BuiltIn => Strictness::Strict,
    };
    Ok(Settings {
        environment,
        configuration: Configuration { strictness, ..sections.configuration },
        door,
        nodes: sections.nodes,
        routes: sections.routes,
        fingerprint_key: sections.fingerprint_key,
        verify: sections.verify,
        dry_run: asked == Some(true),
        is_undecided: false,
        safety: sections.safety,
        state: sections.state,
        log_level: sections.log_level,
        log_format: sections.log_format,
        link: sections.link.or_else(|| detected_link.as_ref().map(|(link, _)| link.clone())),
        plugins: sections.plugins,
        notes: sections.notes,
        text,
        made_of: MadeOf::new(),
        detected_link,
        others,
    })
}

/// The plugins that an environment names.
type NamedPlugins = (String, Vec<PluginUse>);

/// Reads the file as every environment would see it, and gives what holds for the chosen one, and the plugins of the others.
fn all_environments(
    text: &SourceText,
    asked: Option<&str>,
    variables: &ProcessVariables,
) -> Result<(String, Sections, Vec<NamedPlugins>), Vec<Error>> {
    let root = parse(text)?;
    let mut problems: Vec<Error> = unknown_keys("the settings", root.get_ref(), &TOP, text).collect();
    problems.extend(addresses::with_credentials(root.get_ref(), text));
    let named = environments(&root, text, &mut problems);
    let chosen = match choose(asked, &root, &named, text) {
        Ok(chosen) => Some(chosen),
        Err(problem) => {
            problems.push(problem);
            None
        }
    };
    let mut read = |name: &str| {
        let table = effective(root.clone(), name, text);
        let sections = Sections::read(table.get_ref(), text, name, variables);
        sections.map_err(|more| problems.extend(more)).ok()
    };
    let found = chosen.as_deref().and_then(&mut read);
    let others = named.iter().filter(|name| Some(**name) != chosen.as_deref());
    let others = others.filter_map(|name| Some(((*name).to_owned(), read(name)?.plugins))).collect();
    match (chosen, found) {
        (Some(chosen), Some(sections)) if problems.is_empty() => Ok((chosen, sections, others)),
        _ => Err(problems),
    }
}

/// The names under `[environments]`, whose tables are checked for keys that cannot be overridden.
fn environments<'t>(root: &'t Table<'_>, text: &SourceText, problems: &mut Vec<Error>) -> Vec<&'t str> {
    let Some(value) = root.get_ref().get("environments") else { return Vec::new() };
    let mut expect_table = |name: &str, value: &'t toml::Spanned<DeValue<'_>>| -> Option<&'t DeTable<'t>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            problems.push(plugins::not_a_table(name, value, text));
        }
        table
    };
    let Some(table) = expect_table("environments", value) else { return Vec::new() };
    let tables: Vec<(String, Option<&DeTable<'_>>)> = table
        .iter()
        .map(|(name, value)| (format!("environments.{}", name.get_ref()), value))
        .map(|(name, value)| (name.clone(), expect_table(&name, value)))
        .collect();
    for (name, table) in &tables {
        problems.extend(table.iter().flat_map(|table| unknown_keys(name, table, OVERRIDABLE, text)));
    }
    table.keys().map(|name| &**name.get_ref()).collect()
}

/// The environment that was asked for, else the file's own. A file that names environments knows no others.
fn choose(asked: Option<&str>, root: &Table<'_>, named: &[&str], text: &SourceText) -> Result<String, Error> {
    let own = root.get_ref().get("environment");
    let default = own.and_then(|value| value.get_ref().as_str());
    let known: Vec<&str> = default.iter().chain(named).copied().collect();
    let Some(chosen) = asked.or(default) else {
        let error = Error::new(Kind::Settings, "no environment is chosen")
            .with_hint("say which: --environment NAME, or `environment = \"NAME\"` at the top of the file");
        return Err(if known.is_empty() {
            error
        } else {
            error.with_detail(format!("the file knows {}", list(&known)))
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
    let error = Error::new(
        Kind::Settings,
        format!("the file knows no environment {chosen:?}, only {}", list(&known)),
    );
    Err(match nearest(chosen, known) {
        Some(near) => error.with_hint(format!("did you mean {near:?}?")),
        None => error.with_hint(format!("add a table [environments.{chosen}], which may be empty")),
    })
}

fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
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

/// All problems under one heading, each once: what stands outside of environments is seen by every environment.
fn unusable(text: &SourceText, problems: Vec<Error>) -> Error {
    let mut seen = HashSet::new();
    let once: Vec<Error> =
        problems.into_iter().filter(|problem| seen.insert(format!("{problem:?}"))).collect();
    Error::many(Kind::Settings, format!("the settings in {} cannot be used", text.file()), once)
}

#[cfg(test)]
mod tests;
