//! What cargo builds: the program of the workspace, or one that is generated for plugins of other makers.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::PathBuf;

use super::generated::{self, Generated};
use super::linker;
use super::order::Order;
use super::profile::Profile;
use super::resolved::Resolved;
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
    /// What cargo calls the program.
    program: String,
    /// What plugins of other makers bring along.
    pub(super) resolved: Resolved,
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
                program: PROGRAM.to_owned(),
                resolved: Resolved::default(),
            });
        }
        let folder = target.join("distributions").join(&order.name);
        let Generated { pinned, resolved } = generated::write(shell, &folder, order)?;
        let manifest = folder.join("Cargo.toml").into_os_string();
        let mut selection = vec!["--manifest-path".into(), manifest];
        selection.extend(pinned.then(|| "--locked".into()));
        Ok(Self {
            selection,
            lock: folder.join("Cargo.lock"),
            settings: None,
            name: None,
            target,
            program: generated::package_name(&order.name),
            resolved,
        })
    }

    /// The same, built in another folder than the workspace's.
    pub(crate) fn built_in(self, target: PathBuf) -> Self {
        Self { target, ..self }
    }

    /// Downloads what the build needs.
    pub(super) fn fetch(&self, shell: &Shell) -> Result {
        run(shell.cargo(&["fetch"]).args(self.workspace()))
    }

    /// The options that select the workspace of the program, without its features.
    fn workspace(&self) -> &[OsString] {
        let is_generated = self.selection.first().is_some_and(|first| first == "--manifest-path");
        if is_generated { &self.selection } else { &self.selection[..1] }
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
        let mut command =
            shell.cargo(&["rustc", "--bin", &self.program, "--profile", order.profile.of_cargo()]);
        command = command.args(&self.selection).arg("--target-dir").arg(&self.target);
        let mut folder = self.target.clone();
        if order.is_static {
            // With a target, procedural macros and build scripts are left as they are; they cannot be static.
            let host = host(shell)?;
            command = command.args(["--target", &host]);
            folder.push(host);
        }
        let aborts = order.profile == Profile::Small && order.foreign.is_empty() && self.is_local(shell)?;
        if aborts {
            command = command.args(["--config", "profile.small.panic=\"abort\""]);
        }
        // The one form that takes paths with blanks.
        let flags = flags(shell, order, &self.resolved).join("\u{1f}");
        if !flags.is_empty() {
            command = command.env("CARGO_ENCODED_RUSTFLAGS", &flags);
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
        if order.profile != Profile::Dev {
            let options = linker::options(shell, &self.target, &flags, order.is_static, aborts)?;
            command = command.arg("--").args(options);
        }
        run(command)?;
        Ok(folder.join(order.profile.folder()).join(format!(
            "{}{}",
            self.program,
            std::env::consts::EXE_SUFFIX
        )))
    }

    /// Whether the program keeps to this machine's files, so that it has nothing to give back and need not be able to unwind: that is
    /// a third of its size.
    fn is_local(&self, shell: &Shell) -> Result<bool> {
        let tree = self.tree(shell, "normal", "{p}")?;
        Ok(!NETWORKED.iter().any(|name| tree.contains(&format!("{name} v"))))
    }

    /// What `cargo metadata` says of the workspace of the program.
    pub(super) fn metadata(&self, shell: &Shell) -> Result<serde_json::Value> {
        let command = shell.cargo(&["metadata", "--quiet", "--format-version", "1", "--all-features"]);
        serde_json::from_str(&read(command.args(self.workspace()))?)
            .map_err(|error| format!("cargo metadata: {error}"))
    }

    /// What `cargo tree` says of the crates in the program that such edges lead to, each behind its depth.
    pub(crate) fn tree(&self, shell: &Shell, edges: &str, format: &str) -> Result<String> {
        let arguments = ["tree", "--edges", edges, "--prefix", "depth", "--format", format];
        read(shell.cargo(&arguments).args(&self.selection))
    }
}

/// The flags of the compiler: those of the environment, and ours.
fn flags(shell: &Shell, order: &Order, resolved: &Resolved) -> Vec<String> {
    let mut ours = Vec::new();
    if order.is_static {
        ours.extend(["-C", "target-feature=+crt-static"].map(str::to_owned));
    }
    // An unoptimised program is for this machine, and shares what tests have built.
    if order.profile != Profile::Dev {
        let own = [(shell.root().to_owned(), "sesam-deployer".to_owned())];
        let of_cargo = cargo_home(shell).map(|home| (home, "cargo".to_owned()));
        let plugins =
            resolved.folders.iter().map(|(folder, name)| (folder.clone(), format!("plugins/{name}")));
        for (from, to) in own.into_iter().chain(of_cargo).chain(plugins) {
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
fn cargo_home(shell: &Shell) -> Option<PathBuf> {
    let named = shell.variable("CARGO_HOME").map(PathBuf::from);
    named.or_else(|| Some(std::env::home_dir()?.join(".cargo")))
}

/// The machine that rustc runs on: `x86_64-unknown-linux-gnu`.
pub(super) fn host(shell: &Shell) -> Result<String> {
    let text = read(shell.program("rustc".as_ref()).args(["--version", "--verbose"]))?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc does not tell its host".to_owned())
}

#[cfg(test)]
mod tests;
