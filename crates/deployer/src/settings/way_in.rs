//! Which way the settings of a run come in: a settings file, or the environment variables of the original deployer.

use std::path::{Path, PathBuf};

use deployer_core::plugin::ProcessVariables;
use deployer_core::{Error, Kind, Result};

#[cfg(feature = "watch")]
use crate::autodeployer;

/// The name of the settings file that is found without being named.
pub(crate) const FILE_NAME: &str = "deployer.toml";

/// The variables that only the original deployer reads. `ENVIRONMENT` and `DRY_RUN` count in both ways.
const ORIGINALS: [&str; 3] = ["NODE_FOLDER", "MASTER_NODE", "EXTRA_NODES"];

/// Where the settings of a run come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WayIn {
    /// A settings file.
    File(PathBuf),
    /// The text of the settings file that the program carries.
    BuiltIn(&'static str),
    /// The environment variables of the original deployer.
    Variables,
    /// The environment variables of github-autodeployer.
    #[cfg(feature = "watch")]
    Autodeployer,
    /// Neither a settings file nor a variable of the original.
    Nothing,
}

/// The settings file that a program carries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Carried {
    /// Its text.
    pub text: Option<&'static str>,
    /// Whether the program refuses any other settings.
    pub is_pinned: bool,
}

impl WayIn {
    /// Finds the way in for a program that starts in `folder`. `named` is the file of `--settings`; `no_file` ignores a file that is
    /// not named.
    ///
    /// # Errors
    /// `Settings` if a file was found, not named, and variables of the original are set too, or if the program refuses other settings
    /// than its own.
    pub fn find(
        named: Option<&Path>,
        no_file: bool,
        carried: Carried,
        folder: &Path,
        variables: &ProcessVariables,
    ) -> Result<Self> {
        let set: Vec<&str> = ORIGINALS.into_iter().filter(|name| variables.get(name).is_some()).collect();
        match (named, carried.text) {
            (Some(path), Some(_)) if carried.is_pinned => {
                let message =
                    format!("--settings {}: this program uses only its built-in settings", path.display());
                let hint = "remove --settings, or use a program that was built without `settings_only`";
                return Err(Error::new(Kind::Settings, message).with_hint(hint));
            }
            (Some(path), _) => return Ok(Self::File(path.to_owned())),
            (None, Some(text)) if carried.is_pinned => return Ok(Self::BuiltIn(text)),
            _ => {}
        }
        match (found(folder).filter(|_| !no_file), carried.text) {
            (Some(path), _) if !set.is_empty() => Err(ambiguous(&path, &set)),
            (Some(path), _) => Ok(Self::File(path)),
            (None, Some(text)) => Ok(Self::BuiltIn(text)),
            #[cfg(feature = "watch")]
            (None, None) if set.is_empty() && autodeployer::is_present(variables) => Ok(Self::Autodeployer),
            (None, None) if !set.is_empty() || variables.get("ENVIRONMENT").is_some() => Ok(Self::Variables),
            (None, None) => Ok(Self::Nothing),
        }
    }
}

/// The settings file of a folder, or of the nearest folder above it up to the root of the repository. Outside of a repository only
/// the folder itself counts: a folder above it can belong to somebody else.
fn found(folder: &Path) -> Option<PathBuf> {
    let whole = std::path::absolute(folder).ok()?;
    let root = whole.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(&whole);
    let mut within = whole.ancestors().take_while(|parent| parent.starts_with(root));
    let steps = within.position(|parent| parent.join(FILE_NAME).is_file())?;
    let above = (0..steps).fold(folder.to_owned(), |above, _| above.join(".."));
    Some(above.strip_prefix(".").unwrap_or(&above).join(FILE_NAME))
}

fn ambiguous(path: &Path, set: &[&str]) -> Error {
    let (path, set) = (path.display(), set.join(", "));
    Error::new(Kind::Settings, format!("found both {path} and, in the environment, {set}"))
        .with_detail("nothing was read or written: a run uses one of them, never both")
        .with_hint(format!("to use the file: `--settings {path}`"))
        .with_hint("to use the environment variables: `--no-settings-file`")
}

#[cfg(test)]
mod tests;
