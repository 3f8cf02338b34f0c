//! `cargo xtask sizes`

mod cost;
mod sets;

use std::fs;
use std::path::{Path, PathBuf};

use lexopt::prelude::*;

use crate::shell::{Result, Shell, read, run as run_command};
use crate::workspace::{PROGRAM, packages, target_folder};
use cost::{Cost, crates, remove, size, timed};

pub(crate) const HELP: &str = "\
Usage: cargo xtask sizes [--stores | --states | --features A,B]

Measures what programs with four sets of plugins cost: the crates that are compiled, the seconds of a build that is optimised for size,
the size of the program, and how long it takes to start, for `--version` and for `check` on fixtures/demo. Builds in a folder of its own,
which starts empty; a set does not compile again what the sets above it have compiled. The seconds of the processors, all cores added,
are told on Linux alone; they depend less on what else the machine does. Prints a table in Markdown. Takes long.

Options:
  --features A,B  measures a program with these plugins alone
  --stores        measures what each store adds to a program that is optimised for speed and has none
  --states        the same for each plugin for state";

/// The program that plugins are added to: it reads a configuration and deploys it.
const BASE: &str = "source-folder,target-node";

pub(crate) fn run(shell: &Shell, mut parser: lexopt::Parser) -> Result {
    let argument = parser.next().map_err(|error| error.to_string())?;
    let work = target_folder(shell)?.join("sizes");
    match argument {
        None => sets::measure(shell, &work, &sets::SETS),
        Some(Long("stores")) => measure_added(shell, work, "store-"),
        Some(Long("states")) => measure_added(shell, work, "state-"),
        Some(Long("features")) => {
            let set = parser.value().and_then(|value| value.string()).map_err(|error| error.to_string())?;
            sets::measure(shell, &work, &[&set])
        }
        Some(argument) => Err(argument.unexpected().to_string()),
    }
}

/// Measures what each plugin adds whose name starts with `prefix`.
fn measure_added(shell: &Shell, work: PathBuf, prefix: &str) -> Result {
    let folders = Folders::new(work)?;
    let base_cost = measure(shell, &folders, BASE)?;
    let mut rows = vec![row(BASE, base_cost)];
    folders.keep(shell)?;
    for plugin in plugins(shell, prefix)? {
        folders.restore(shell)?;
        let cost = measure(shell, &folders, &format!("{BASE},{plugin}"))?;
        rows.push(added(&plugin, cost, base_cost));
    }
    println!("| Plugins | Crates | Build, s | Processors, s | Program, MiB |\n|---|---:|---:|---:|---:|");
    rows.iter().for_each(|row| println!("{row}"));
    Ok(())
}

/// The features of the program that start with `prefix`.
fn plugins(shell: &Shell, prefix: &str) -> Result<Vec<String>> {
    let packages = packages(shell)?;
    let program = packages.iter().find(|package| package.name == PROGRAM);
    let features = program.into_iter().flat_map(|program| program.features.keys());
    Ok(features.filter(|feature| feature.starts_with(prefix)).cloned().collect())
}

/// Where it is built. Every build has the same path: to cargo a folder that was moved is not the same.
struct Folders {
    work: PathBuf,
    /// The finished build of the base.
    base: PathBuf,
}

impl Folders {
    /// Two folders that do not exist yet.
    fn new(parent: PathBuf) -> Result<Self> {
        let folders = Self { work: parent.join("work"), base: parent.join("base") };
        for folder in [&folders.work, &folders.base] {
            remove(folder)?;
        }
        fs::create_dir_all(&parent).map_err(|error| format!("{}: {error}", parent.display()))?;
        Ok(folders)
    }

    fn keep(&self, shell: &Shell) -> Result {
        copy(shell, &self.work, &self.base)
    }

    fn restore(&self, shell: &Shell) -> Result {
        remove(&self.work)?;
        copy(shell, &self.base, &self.work)
    }
}

/// Copies a folder with the times of its files, which tell cargo what is done.
fn copy(shell: &Shell, from: &Path, to: &Path) -> Result {
    run_command(shell.program("cp".as_ref()).arg("-a").args([from, to]))
}

fn measure(shell: &Shell, folders: &Folders, features: &str) -> Result<Cost> {
    let program = ["--locked", "--package", PROGRAM, "--no-default-features", "--features", features];
    let tree = shell.cargo(&["tree"]).args(program).args(["--edges", "normal,build", "--prefix", "none"]);
    let crates = crates(&read(tree)?);
    let build = shell.cargo(&["build", "--release"]).args(program).env("CARGO_TARGET_DIR", &folders.work);
    let (seconds, processors) = timed(|| run_command(build))?;
    let bytes = size(&folders.work.join("release").join(PROGRAM))?;
    Ok(Cost { crates, seconds, processors, bytes })
}

/// A row of the table.
fn row(features: &str, cost: Cost) -> String {
    let names = features.replace(',', "`, `");
    let size = mebibytes(cost.bytes);
    format!("| `{names}` | {} | {} | {size:.1} |", cost.crates, cost.times(""))
}

/// The row of a store: what it adds to the base. Its build started from the base's.
fn added(store: &str, cost: Cost, base: Cost) -> String {
    let crates = cost.crates.saturating_sub(base.crates);
    let more = mebibytes(cost.bytes) - mebibytes(base.bytes);
    format!("| and `{store}` | +{crates} | {} | {more:+.1} |", cost.times("+"))
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_shown_by_what_it_adds() {
        let base = Cost { crates: 100, seconds: 60.0, processors: Some(110.2), bytes: 8 << 20 };
        let with = Cost { crates: 112, seconds: 9.6, processors: None, bytes: 9 << 20 };
        assert_eq!(row("a,b", base), "| `a`, `b` | 100 | 60 | 110 | 8.0 |");
        assert_eq!(added("store-x", with, base), "| and `store-x` | +12 | +10 | unknown | +1.0 |");
    }
}
