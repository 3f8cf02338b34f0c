//! `cargo xtask new-plugin`

mod edits;
mod names;
mod outside;
mod templates;

use std::fs;
use std::path::{Path, PathBuf};

use lexopt::prelude::*;

use crate::build::Catalog;
use crate::shell::{Result, Shell, run as run_command};
use names::Names;

pub(crate) const HELP: &str = "\
Usage: cargo xtask new-plugin FAMILY NAME [--outside FOLDER]

Creates a plugin that compiles, is tidy, and passes the contract suite of its family against a service in memory. FAMILY is source,
store, target, notify or state. NAME is the value of `kind` in the settings: lower-case letters and digits, separated by single dashes.

Writes the folder plugins/FAMILY-NAME, and adds the plugin to Cargo.toml, crates/deployer/Cargo.toml and
crates/deployer/src/plugins.rs. The plugin speaks a small protocol of JSON over HTTPS: replace its calls with those of your service,
first in the plugin, then in tests/NAME/service.rs. The traits in crates/core/src/traits are the contract.

Options:
  --outside FOLDER  creates a crate of its own in an empty or new folder instead, and changes nothing here. Beside the crate are a
                    lock file with the versions of this source tree, and NAME.toml, which describes a program with the plugin for
                    `cargo xtask build --distribution`

Examples:
  cargo xtask new-plugin store keepass
  cargo xtask new-plugin store keepass --outside ../store-keepass";

pub(crate) fn run(shell: &Shell, mut parser: lexopt::Parser) -> Result {
    let (mut words, mut outside) = (Vec::new(), None);
    while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        match argument {
            Long("outside") => {
                outside = Some(PathBuf::from(parser.value().map_err(|error| error.to_string())?));
            }
            Value(word) => words.push(word.to_string_lossy().into_owned()),
            other => return Err(other.unexpected().to_string()),
        }
    }
    let [family, name] = words.as_slice() else {
        return Err("say FAMILY and NAME, such as `cargo xtask new-plugin store keepass`".to_owned());
    };
    let names = Names::new(family, name)?;
    if let Some(folder) = outside {
        return make_outside(shell, &names, &folder);
    }
    make(shell, &names)?;
    let Names { feature, package, .. } = &names;
    println!(
        "made plugins/{feature}, and entered it in Cargo.toml, Cargo.lock, crates/deployer/Cargo.toml and crates/deployer/src/plugins.rs\n\
         next:\n  \
         cargo test -p {package}\n      it keeps the contract of its family already: put the calls of your service in place of those that are there\n  \
         cargo xtask docs\n      writes its row into docs/plugins.md\n  \
         cargo xtask matrix --plugin {feature}\n      shows that it works without what other plugins bring"
    );
    Ok(())
}

/// Makes the plugin as a crate of its own, and says how to go on.
fn make_outside(shell: &Shell, names: &Names, folder: &Path) -> Result {
    outside::make(shell, names, folder)?;
    let (folder, kind) = (folder.display(), &names.kind);
    println!(
        "created {folder}\n\
         next:\n  \
         cd {folder} && cargo test\n      the contract suite passes: replace the calls with those of your service\n  \
         cargo xtask build --distribution {folder}/{kind}.toml\n      builds a program with the plugin"
    );
    Ok(())
}

/// Makes the plugin in the repository of a shell. Nothing is written unless everything can be.
fn make(shell: &Shell, names: &Names) -> Result {
    let folder = format!("plugins/{}", names.feature);
    if shell.root().join(&folder).exists() {
        return Err(format!("{folder} exists already: remove it, or choose another name"));
    }
    let mut rows = Catalog::read(shell)?.rows.into_iter();
    if let Some(row) = rows.find(|row| row.family == names.family && row.kind == names.kind) {
        let place = format!("plugins/{}", row.feature);
        return Err(format!("{} {:?} exists already, in {place}: choose another name", row.family, row.kind));
    }
    let mut files = Vec::new();
    for edit in edits::EDITS {
        let text =
            fs::read_to_string(shell.root().join(edit.path)).map_err(|e| format!("{}: {e}", edit.path))?;
        files.push((
            edit.path.to_owned(),
            (edit.apply)(&text, names).map_err(|e| format!("{}: {e}", edit.path))?,
        ));
    }
    files.extend(templates::files(names).map(|(path, text)| (format!("{folder}/{path}"), text)));
    for (path, text) in &files {
        write(&shell.root().join(path), text).map_err(|error| format!("{path}: {error}"))?;
    }
    run_command(shell.cargo(&["update", "--quiet", "--workspace", "--offline"]))?;
    // Lines are broken where the names make them long.
    run_command(shell.cargo(&["fmt", "--package", &names.package]))
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, text)
}

#[cfg(test)]
mod tests;
