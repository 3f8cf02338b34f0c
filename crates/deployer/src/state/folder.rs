//! The state folder: which one it is, and whether it is safe.

use std::fs::{self, DirBuilder};
use std::io;
use std::path::{Path, PathBuf};

use deployer_core::error::Note;
use deployer_core::plugin::ProcessVariables;
use deployer_core::{Error, Kind, Result};

use crate::files;
use crate::session::Session;

/// The environment variable that names the folder.
pub(crate) const VARIABLE: &str = "SESAM_DEPLOYER_STATE";

/// Opens the folder for writing. Returns whether it was named. If the default folder cannot be used, returns a warning and no folder.
///
/// # Errors
/// `Io` when a folder that was named cannot be used; `Refused` when others can write to a folder, or a named one is not ours.
pub(super) fn open(
    session: &Session<'_>,
    flag: Option<&Path>,
) -> Result<(Option<PathBuf>, bool, Option<Note>)> {
    const CONSEQUENCE: &str = "no snapshot is saved for `restore`, and a second run on this machine is not detected. \
                               Name a folder: --state DIR";
    let named = named(session, flag);
    let is_named = named.is_some();
    let without = |cause: String| {
        let note = Note::warning(format!("{cause}: {CONSEQUENCE}"));
        Ok((None, is_named, Some(note)))
    };
    let Some(folder) = named.or_else(|| default_folder(&session.context.variables)) else {
        return without("there is no home folder for the state folder".to_owned());
    };
    match make_writable(&folder) {
        Ok(()) => {
            files::remove_leftovers(&folder, "");
            Ok((Some(folder), is_named, None))
        }
        Err(_) if is_open_to_others(&folder) || (is_named && is_unsafe(&folder)) => {
            let message = format!("the state folder {} is not safe: {}", folder.display(), UNSAFE);
            let hint = format!("run `chmod 700 {}`, or name another folder: --state DIR", folder.display());
            Err(Error::new(Kind::Refused, message).with_hint(hint))
        }
        Err(cause) if is_named => {
            let attempted = format!("use the state folder {}", folder.display());
            Err(Error::new(Kind::Io, attempted)
                .with_cause(cause)
                .with_hint("name a folder that can be written to: --state DIR"))
        }
        Err(cause) => without(format!("{} cannot be written to: {cause}", folder.display())),
    }
}

/// What a run says that has leases in a place, and no folder.
pub(super) fn none_beside_leases() -> Note {
    Note::remark("no snapshot is saved for `restore`. Name a folder that all processes share: --state DIR")
}

/// The folder, for reading.
pub(crate) fn folder(session: &Session<'_>, flag: Option<&Path>) -> Option<PathBuf> {
    named(session, flag).or_else(|| default_folder(&session.context.variables))
}

/// The option or the environment variable that names a folder.
pub(super) fn named_by(session: &Session<'_>, flag: Option<&Path>) -> Option<&'static str> {
    match flag {
        Some(_) => Some("--state"),
        None => session.context.variables.get(VARIABLE).map(|_| VARIABLE),
    }
}

/// The folder that the option, the environment variable or the settings name, in this order.
pub(super) fn named(session: &Session<'_>, flag: Option<&Path>) -> Option<PathBuf> {
    let variable = || session.context.variables.get(VARIABLE).map(PathBuf::from);
    let setting = || session.settings.state_folder().map(|folder| session.context.path(folder));
    flag.map(Path::to_owned).or_else(variable).or_else(setting)
}

/// The default folder (XDG Base Directory Specification).
fn default_folder(variables: &ProcessVariables) -> Option<PathBuf> {
    let absolute = |name| variables.get(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let state = absolute("XDG_STATE_HOME")
        .or_else(|| Some(absolute("HOME")?.join(".local/state")))
        .or_else(|| absolute("LOCALAPPDATA"))?;
    Some(state.join("sesam-deployer"))
}

/// Creates the folder for its owner alone, and checks that it is safe and that files can be written there.
fn make_writable(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    if is_unsafe(folder) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, UNSAFE));
    }
    let probe = folder.join(format!(".probe.{}{}", std::process::id(), files::PARTIAL));
    files::create_new(&probe)?;
    fs::remove_file(probe)
}

/// Why a folder is not safe.
const UNSAFE: &str = "other users can write to it, or it belongs to another user";

/// Whether a folder belongs to another user, or other users can change files in it.
fn is_unsafe(folder: &Path) -> bool {
    is_open_to_others(folder)
        || fs::metadata(folder).is_ok_and(|metadata| files::require_own(&metadata).is_err())
}

/// Whether other users can change files in a folder.
#[cfg(unix)]
fn is_open_to_others(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(folder).is_ok_and(|metadata| metadata.permissions().mode() & 0o022 != 0)
}

/// Whether other users can change files in a folder.
#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variables: &[(&str, &str)]) -> Option<String> {
        let folder = default_folder(&variables.iter().copied().collect())?;
        Some(folder.display().to_string())
    }

    #[test]
    fn the_default_folder_is_where_the_system_keeps_state() {
        let both = [("XDG_STATE_HOME", "/state"), ("HOME", "/home/kari")];
        assert_eq!(found(&both).as_deref(), Some("/state/sesam-deployer"));
        let relative = [("XDG_STATE_HOME", "state"), ("HOME", "/home/kari")];
        assert_eq!(found(&relative).as_deref(), Some("/home/kari/.local/state/sesam-deployer"));
        assert_eq!(found(&[]), None);
    }
    #[cfg(unix)]
    #[test]
    fn a_folder_that_others_can_write_to_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        for (mode, is_usable) in
            [(0o700, true), (0o755, true), (0o770, false), (0o777, false), (0o1777, false)]
        {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(make_writable(folder.path()).is_ok(), is_usable, "{mode:o}");
        }
    }
}
