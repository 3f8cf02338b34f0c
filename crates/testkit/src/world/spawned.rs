//! Watching which programs a program starts, by standing in front of them in `PATH`.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The programs that a deployer may start.
const WATCHED: [&str; 2] = ["git", "ssh"];

/// A folder of scripts that write their command line to a log and become the real program.
#[derive(Debug)]
pub(super) struct Spawned {
    scripts: PathBuf,
    log: PathBuf,
}

impl Spawned {
    pub(super) fn watch(world: &Path) -> Self {
        let spawned = Self { scripts: world.join("bin"), log: world.join("spawned.log") };
        std::fs::create_dir(&spawned.scripts).expect("a new temporary folder is writable");
        for name in WATCHED {
            let Some(real) = find(name) else { continue };
            let (log, real) = (spawned.log.display(), real.display());
            let script =
                format!("#!/bin/sh\nprintf '%s\\n' \"{name} $*\" >> '{log}'\nexec '{real}' \"$@\"\n");
            let file = spawned.scripts.join(name);
            std::fs::write(&file, script).expect("a new temporary folder is writable");
            let executable = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(&file, executable).expect("the file is ours");
        }
        spawned
    }

    /// The test's own `PATH` with the scripts in front.
    pub(super) fn path(&self) -> OsString {
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.scripts.clone()).chain(std::env::split_paths(&inherited));
        std::env::join_paths(folders)
            .expect("the folders come from a PATH, and a temporary folder has no colon")
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }
}

fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
