//! `cargo xtask new-plugin`

mod edits;
mod names;
mod templates;

use std::fs;
use std::path::Path;

use lexopt::prelude::*;

use crate::build::Catalog;
use crate::shell::{Result, Shell, run as run_command};
use names::Names;

pub(crate) const HELP: &str = "\
Usage: cargo xtask new-plugin FAMILY NAME

Makes a plugin that compiles, is tidy, and keeps the contract of its family against a service in memory. FAMILY is source, store,
target or notify; NAME is the word for `kind` in the settings: small letters and digits, parted by single dashes.

Writes the folder plugins/FAMILY-NAME, and enters the plugin in Cargo.toml, crates/deployer/Cargo.toml and
crates/deployer/src/plugins.rs. What it makes speaks a small protocol of JSON over HTTPS: put the calls of your service in its place,
in the plugin first, then in tests/NAME/service.rs. The traits in crates/core/src/traits say what is asked of you.

Example:
  cargo xtask new-plugin store keepass";

pub(crate) fn run(shell: &Shell, mut parser: lexopt::Parser) -> Result {
    let mut words = Vec::new();
    while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        match argument {
            Value(word) => words.push(word.to_string_lossy().into_owned()),
            other => return Err(other.unexpected().to_string()),
        }
    }
    let [family, name] = words.as_slice() else {
        return Err("say FAMILY and NAME, such as `cargo xtask new-plugin store keepass`".to_owned());
    };
    let names = Names::new(family, name)?;
    make(shell, &names)?;
    let Names { feature, package, .. } = &names;
    println!(
        "made plugins/{feature}, and entered it in Cargo.toml, Cargo.lock, crates/deployer/Cargo.toml and crates/deployer/src/plugins.rs\n\
         next:\n  \
         cargo test -p {package}\n      it keeps the contract of its family already: put the calls of your service in place of those that are there\n  \
         cargo xtask docs\n      writes its row into README.md\n  \
         cargo xtask matrix --plugin {feature}\n      shows that it works without what other plugins bring"
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
