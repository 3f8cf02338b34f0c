//! A program to build: a set of plugins, and everything that belongs to it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::arguments::Arguments;
use super::catalog::{CONNECTORS, Catalog, ENCRYPTED, WATCH};
use super::distribution::{CrateSource, Distribution, Foreign, name_problem};
use super::profile::Profile;
use super::settings::{self, Use};
use super::{foreign, like, names};
use crate::shell::{Result, Shell};

/// A program to build.
#[derive(Debug)]
pub(crate) struct Order {
    pub(super) name: String,
    pub(super) features: BTreeSet<String>,
    /// Where the set comes from, for people.
    origin: String,
    /// What settings files need of the program.
    pub(super) uses: BTreeSet<Use>,
    /// The text of the settings file that the program carries.
    pub(super) settings: Option<String>,
    /// Whether the program refuses any other settings.
    pub(super) settings_only: bool,
    /// Crates of other makers.
    pub(super) foreign: Vec<Foreign>,
    /// Where the lock file of a distribution with plugins of other makers would be.
    pub(super) lock: Option<PathBuf>,
    pub(super) profile: Profile,
    pub(super) is_static: bool,
    pub(super) locked: bool,
    pub(super) fetch_only: bool,
    /// The folder of the result.
    pub(super) output: PathBuf,
}

/// The name of a program that was given none.
const NAME: &str = "tailored";

impl Order {
    /// Reads all files that the arguments name.
    pub(super) fn new(shell: &Shell, arguments: Arguments, catalog: &Catalog) -> Result<Self> {
        let (what, lock) = what(shell, &arguments)?;
        let Arguments { profile, is_static, locked, fetch_only, name, output, .. } = arguments;
        let mut uses = BTreeSet::new();
        let mut features = names::resolve(what.features.iter().flatten().map(String::as_str), catalog)?;
        let others = foreign::kinds(&what.plugins, &features, catalog)?;
        // What the program carries it must be able to use, also where the set is named.
        for (path, derives) in [(&what.derived_from, true), (&what.settings, what.features.is_none())] {
            let Some(path) = path else { continue };
            let file = path.display().to_string();
            let content = text(path)?;
            let needed = settings::uses(&file, &content)?;
            let mut built = settings::features(&file, &needed, catalog, others.as_ref())?;
            built.extend(settings::watches(&content).then(|| WATCH.to_owned()));
            built.extend(settings::expands(&content).then(|| CONNECTORS.to_owned()));
            built.extend(settings::decrypts(&content).then(|| ENCRYPTED.to_owned()));
            if derives {
                features.extend(built);
            } else if let Some(missing) = built.iter().find(|feature| !features.contains(*feature)) {
                return Err(format!("{file} needs {missing}, which is not among the features"));
            }
            uses.extend(needed);
        }
        if features.is_empty() {
            return Err(names::empty(catalog));
        }
        let name = name.unwrap_or(what.name);
        if let Some(problem) = name_problem(&name) {
            return Err(format!("the name {problem}"));
        }
        Ok(Self {
            origin: what.origin,
            settings: what.settings.as_deref().map(text).transpose()?,
            settings_only: what.settings_only,
            foreign: what.plugins,
            profile: profile.or(what.profile).unwrap_or_default(),
            output: output
                .map_or_else(|| Ok(shell.root().join("dist").join(&name)), |path| absolute(&path))?,
            name,
            features,
            uses,
            lock,
            is_static,
            locked,
            fetch_only,
        })
    }

    /// A program with the features of a list, optimised for size.
    pub(crate) fn of(shell: &Shell, features: &str) -> Result<Self> {
        let arguments = Arguments { features: Some(features.to_owned()), ..Arguments::default() };
        Self::new(shell, arguments, &Catalog::read(shell)?)
    }

    /// The name that the program bears; none where nobody gave it one.
    pub(super) fn given_name(&self) -> Option<&str> {
        (self.name != NAME).then_some(&*self.name)
    }

    /// What will be built, and what it will lack.
    pub(super) fn summary(&self) -> String {
        let features: Vec<&str> = self.features.iter().map(String::as_str).collect();
        let mut text = format!("plugins: {}   (from {})", features.join(", "), self.origin);
        for Foreign { from, .. } in &self.foreign {
            text.push_str(&match from {
                CrateSource::Path(path) => format!("\n         and those of {}", path.display()),
                CrateSource::Version(version) => {
                    format!("\n         and those of a crate in version {version}")
                }
                CrateSource::Git { url, rev } => format!("\n         and those of {url} at {rev}"),
            });
        }
        for (family, without) in
            [("source", "reads no configuration"), ("target", "can check, and writes nothing")]
        {
            let lacks = !features.iter().any(|feature| feature.starts_with(&format!("{family}-")));
            if lacks && self.foreign.is_empty() {
                text.push_str(&format!("\nnote: there is no {family}: a program without one {without}"));
            }
        }
        text
    }
}

/// What a program is made of, from whichever file or argument says so.
struct What {
    origin: String,
    name: String,
    features: Option<Vec<String>>,
    derived_from: Option<PathBuf>,
    settings: Option<PathBuf>,
    settings_only: bool,
    plugins: Vec<Foreign>,
    profile: Option<Profile>,
}

/// Also where the lock file of a distribution may be.
fn what(shell: &Shell, arguments: &Arguments) -> Result<(What, Option<PathBuf>)> {
    let plain = |origin: String, features: Option<Vec<String>>, derived_from: Option<PathBuf>| What {
        origin,
        name: NAME.to_owned(),
        features,
        derived_from,
        settings: None,
        settings_only: false,
        plugins: Vec::new(),
        profile: None,
    };
    let named = arguments.features.as_deref().map(words);
    match (&arguments.distribution, &arguments.like, &arguments.settings, named) {
        (Some(file), None, None, None) => {
            let distribution = Distribution::parse(&absolute(file)?, &text(file)?)?;
            let what = What {
                origin: file.display().to_string(),
                name: distribution.name,
                features: distribution.features,
                derived_from: distribution.derived_from,
                settings: distribution.settings,
                settings_only: distribution.settings_only,
                plugins: distribution.plugins,
                profile: distribution.profile,
            };
            Ok((what, Some(absolute(file)?.with_extension("lock"))))
        }
        (None, Some(program), None, None) => {
            let features = like::features(shell, &absolute(program)?)?;
            Ok((plain(program.display().to_string(), Some(features), None), None))
        }
        (None, None, Some(file), named) => {
            let origin = file.display().to_string();
            let origin = if named.is_some() { format!("{origin} and --features") } else { origin };
            Ok((plain(origin, named, Some(absolute(file)?)), None))
        }
        (None, None, None, Some(named)) => Ok((plain("--features".to_owned(), Some(named), None), None)),
        (None, None, None, None) => {
            Err("name the plugins of the program: --features, --for, --distribution or --like".to_owned())
        }
        _ => {
            Err("--distribution and --like say everything: no --features, no --for, and not both".to_owned())
        }
    }
}

fn words(list: &str) -> Vec<String> {
    list.split([',', ' ']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The text of a file.
pub(super) fn text(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
impl Order {
    /// An order for tests of what is made of it.
    pub(super) fn for_test(name: &str, features: &[&str], foreign: Vec<Foreign>) -> Self {
        Self {
            name: name.to_owned(),
            features: features.iter().map(|&feature| feature.to_owned()).collect(),
            origin: "a test".to_owned(),
            uses: BTreeSet::new(),
            settings: None,
            settings_only: false,
            foreign,
            lock: None,
            profile: Profile::Small,
            is_static: false,
            locked: false,
            fetch_only: false,
            output: PathBuf::new(),
        }
    }
}
