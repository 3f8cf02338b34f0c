//! What cargo builds: the program of the workspace, or one that is generated for plugins of other makers.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::distribution::CrateSource;
use super::generated;
use super::order::Order;
use super::profile::Profile;
use crate::shell::{Result, Shell, read, run};
use crate::workspace::{PROGRAM, target_folder};

/// The variables that pass a settings file, whether it is the only one, and a name to the build of the program.
const SETTINGS: &str = "SESAM_DEPLOYER_SETTINGS";
const SETTINGS_ONLY: &str = "SESAM_DEPLOYER_SETTINGS_ONLY";
const NAME: &str = "SESAM_DEPLOYER_DISTRIBUTION";

/// The crates through which a program speaks to others. What it has begun there, such as a login or a temporary key, is given back
/// while a panic unwinds.
const NETWORKED: [&str; 3] = ["deployer-http", "deployer-git", "sesam-node"];

/// A package that becomes the program.
#[derive(Debug)]
pub(crate) struct Project {
    /// What tells cargo which package, with which features, and whether its lock file may change.
    selection: Vec<OsString>,
    /// Its lock file.
    pub(super) lock: PathBuf,
    /// The settings file that the build is handed.
    settings: Option<String>,
    /// The name that it is handed.
    name: Option<String>,
    /// Where cargo builds.
    target: PathBuf,
}

impl Project {
    /// Writes the program where one has to be generated.
    pub(crate) fn new(shell: &Shell, order: &Order) -> Result<Self> {
        let target = target_folder(shell)?;
        if order.foreign.is_empty() {
            let features: Vec<&str> = order.features.iter().map(String::as_str).collect();
            let features = features.join(",");
            let selection =
                ["--locked", "--package", PROGRAM, "--no-default-features", "--features", &features];
            return Ok(Self {
                selection: selection.map(OsString::from).to_vec(),
                lock: shell.root().join("Cargo.lock"),
                settings: order.settings.clone(),
                name: order.given_name().map(str::to_owned),
                target,
            });
        }
        let folder = target.join("distributions").join(&order.name);
        let pinned = generated::write(shell.root(), &folder, order)?;
        let manifest = folder.join("Cargo.toml").into_os_string();
        let mut selection = vec!["--manifest-path".into(), manifest];
        selection.extend(pinned.then(|| "--locked".into()));
        Ok(Self { selection, lock: folder.join("Cargo.lock"), settings: None, name: None, target })
    }

    /// The same, built in another folder than the workspace's.
    pub(crate) fn built_in(self, target: PathBuf) -> Self {
        Self { target, ..self }
    }

    /// Downloads what the build needs.
    pub(super) fn fetch(&self, shell: &Shell) -> Result {
        let is_generated = self.selection.first().is_some_and(|first| first == "--manifest-path");
        let selection = if is_generated { &self.selection[..] } else { &self.selection[..1] };
        run(shell.cargo(&["fetch"]).args(selection))
    }

    /// Waits until no other task builds into the same folder; ends when it is dropped.
    pub(super) fn turn(&self) -> Result<File> {
        let path = self.target.join(".build-turn");
        let file = fs::create_dir_all(&self.target).and_then(|()| File::create(&path));
        file.and_then(|file| file.lock().map(|()| file))
            .map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Builds the program, and says where it is.
    pub(crate) fn build(&self, shell: &Shell, order: &Order) -> Result<PathBuf> {
        let mut command = shell.cargo(&["build", "--bin", PROGRAM, "--profile", order.profile.of_cargo()]);
        command = command.args(&self.selection).arg("--target-dir").arg(&self.target);
        let mut folder = self.target.clone();
        if order.is_static {
            // With a target, procedural macros and build scripts are left as they are; they cannot be static.
            let host = host(shell)?;
            command = command.args(["--target", &host]);
            folder.push(host);
        }
        if order.profile == Profile::Small && order.foreign.is_empty() && self.is_local(shell)? {
            command = command.args(["--config", "profile.small.panic=\"abort\""]);
        }
        let flags = flags(shell.root(), order);
        if !flags.is_empty() {
            // The one form that takes paths with blanks.
            command = command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
        }
        // A generated program holds both by itself.
        let only = (self.settings.is_some() && order.settings_only).then_some("true");
        for (variable, value) in
            [(SETTINGS, self.settings.as_deref()), (SETTINGS_ONLY, only), (NAME, self.name.as_deref())]
        {
            command = match value {
                Some(value) => command.env(variable, value),
                None => command.env_remove(variable),
            };
        }
        run(command)?;
        Ok(folder.join(order.profile.folder()).join(format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX)))
    }

    /// Whether the program keeps to this machine's files, so that it has nothing to give back and need not be able to unwind: that is
    /// a fifth of its size.
    fn is_local(&self, shell: &Shell) -> Result<bool> {
        let tree = self.tree(shell, "normal", "{p}")?;
        Ok(!NETWORKED.iter().any(|name| tree.contains(&format!("{name} v"))))
    }

    /// What `cargo tree` says of the crates in the program that such edges lead to, each behind its depth.
    pub(crate) fn tree(&self, shell: &Shell, edges: &str, format: &str) -> Result<String> {
        let arguments = ["tree", "--edges", edges, "--prefix", "depth", "--format", format];
        read(shell.cargo(&arguments).args(&self.selection))
    }
}

/// The flags of the compiler: those of the environment, and ours.
fn flags(root: &Path, order: &Order) -> Vec<String> {
    let mut ours = Vec::new();
    if order.is_static {
        ours.extend(["-C", "target-feature=+crt-static"].map(str::to_owned));
    }
    // An unoptimised program is for this machine, and shares what tests have built.
    if order.profile != Profile::Dev {
        let plugins = order.foreign.iter().filter_map(|foreign| match &foreign.from {
            CrateSource::Path(path) => Some((path.clone(), "plugins")),
            CrateSource::Version(_) => None,
        });
        let ours_and_cargos =
            [(root.to_owned(), "sesam-deployer")].into_iter().chain(cargo_home().map(|home| (home, "cargo")));
        for (from, to) in ours_and_cargos.chain(plugins) {
            ours.push(format!("--remap-path-prefix={}=/{to}", from.display()));
        }
    }
    if ours.is_empty() {
        return ours;
    }
    let own = |name: &str, separator: char| {
        let value = std::env::var(name).ok().filter(|value| !value.is_empty())?;
        Some(value.split(separator).filter(|flag| !flag.is_empty()).map(str::to_owned).collect::<Vec<_>>())
    };
    let mut flags =
        own("CARGO_ENCODED_RUSTFLAGS", '\u{1f}').or_else(|| own("RUSTFLAGS", ' ')).unwrap_or_default();
    flags.append(&mut ours);
    flags
}

/// Where cargo keeps the sources of crates.
fn cargo_home() -> Option<PathBuf> {
    let named = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    named.or_else(|| Some(std::env::home_dir()?.join(".cargo")))
}

/// The machine that rustc runs on: `x86_64-unknown-linux-gnu`.
pub(super) fn host(shell: &Shell) -> Result<String> {
    let text = read(shell.program("rustc".as_ref()).args(["--version", "--verbose"]))?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc does not tell its host".to_owned())
}
