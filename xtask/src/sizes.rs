//! `cargo xtask sizes`

mod sets;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use lexopt::prelude::*;

use crate::Result;
use crate::shell::{Shell, read, run as run_command};
use crate::workspace::{PROGRAM, packages, target_folder};

pub(crate) const HELP: &str = "\
Usage: cargo xtask sizes [--stores | --features A,B]

Measures what programs with four sets of plugins cost: the crates that are compiled, the seconds of a build that is optimised for size,
the size of the program, and how long it takes to start, for `--version` and for `check` on fixtures/demo. Builds in a folder of its own,
which starts empty; a set does not compile again what the sets above it have compiled. The seconds of the processors, all cores added,
are told on Linux alone; they depend less on what else the machine does. Prints a table in Markdown. Takes long.

Options:
  --features A,B  measures a program with these plugins alone
  --stores        measures what each store adds to a program that is optimised for speed and has none";

/// The program that stores are added to: it reads a configuration and deploys it.
const BASE: &str = "source-folder,target-node";

/// What a build costs.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cost {
    crates: usize,
    seconds: f64,
    /// Seconds of the processors, all cores added; `None` where the system does not tell.
    processors: Option<f64>,
    bytes: u64,
}

pub(crate) fn run(shell: &Shell, mut parser: lexopt::Parser) -> Result {
    let argument = parser.next().map_err(|error| error.to_string())?;
    let work = target_folder(shell)?.join("sizes");
    match argument {
        None => sets::measure(shell, &work, &sets::SETS),
        Some(Long("stores")) => measure_stores(shell, work),
        Some(Long("features")) => {
            let set = parser.value().and_then(|value| value.string()).map_err(|error| error.to_string())?;
            sets::measure(shell, &work, &[&set])
        }
        Some(argument) => Err(argument.unexpected().to_string()),
    }
}

fn measure_stores(shell: &Shell, work: PathBuf) -> Result {
    let folders = Folders::new(work)?;
    let base_cost = measure(shell, &folders, BASE)?;
    let mut rows = vec![row(BASE, base_cost)];
    folders.keep(shell)?;
    for store in stores(shell)? {
        folders.restore(shell)?;
        let cost = measure(shell, &folders, &format!("{BASE},{store}"))?;
        rows.push(added(&store, cost, base_cost));
    }
    println!("| Plugins | Crates | Build, s | Processors, s | Program, MiB |\n|---|---:|---:|---:|---:|");
    rows.iter().for_each(|row| println!("{row}"));
    Ok(())
}

/// The features of the program that are stores.
fn stores(shell: &Shell) -> Result<Vec<String>> {
    let packages = packages(shell)?;
    let program = packages.iter().find(|package| package.name == PROGRAM);
    let features = program.into_iter().flat_map(|program| program.features.keys());
    Ok(features.filter(|feature| feature.starts_with("store-")).cloned().collect())
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

fn remove(folder: &Path) -> Result {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{}: {error}", folder.display()))
        }
        _ => Ok(()),
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

/// The seconds that something takes, by the clock and of the processors.
fn timed(action: impl FnOnce() -> Result) -> Result<(f64, Option<f64>)> {
    let (began, busy) = (Instant::now(), processors());
    action()?;
    let seconds = began.elapsed().as_secs_f64();
    Ok((seconds, busy.zip(processors()).map(|(before, after)| after - before)))
}

fn size(program: &Path) -> Result<u64> {
    fs::metadata(program).map(|data| data.len()).map_err(|error| format!("{}: {error}", program.display()))
}

/// How many crates are in what `cargo tree` prints, each version counted.
fn crates(tree: &str) -> usize {
    let name_and_version = |line: &str| {
        let mut words = line.trim_start_matches(|c: char| c.is_ascii_digit()).split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.to_owned()))
    };
    tree.lines().filter_map(name_and_version).collect::<BTreeSet<_>>().len()
}

/// The processor seconds of all commands that have run so far, with all that they started.
fn processors() -> Option<f64> {
    children(&fs::read_to_string("/proc/self/stat").ok()?)
}

/// What `/proc/self/stat` says of ended children, in seconds: the fields `cutime` and `cstime` of proc_pid_stat(5).
fn children(stat: &str) -> Option<f64> {
    /// `USER_HZ`, which is the same on all machines but Alpha and Itanium.
    const TICKS: f64 = 100.0;
    // The name of the program may hold blanks and brackets; behind its last bracket stands the third field.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(13);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS)
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

impl Cost {
    /// The two columns of time.
    fn times(&self, sign: &str) -> String {
        let processors = self.processors.map_or("unknown".to_owned(), |value| format!("{sign}{value:.0}"));
        format!("{sign}{:.0} | {processors}", self.seconds)
    }
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_counts_once_for_each_version() {
        let tree = "a v1.0.0\nb v1.0.0 (proc-macro)\nb v1.0.0 (proc-macro) (*)\nb v2.0.0\n\n3a v1.0.0 (*)\n";
        assert_eq!(crates(tree), 3);
    }

    #[test]
    fn a_store_is_shown_by_what_it_adds() {
        let base = Cost { crates: 100, seconds: 60.0, processors: Some(110.2), bytes: 8 << 20 };
        let with = Cost { crates: 112, seconds: 9.6, processors: None, bytes: 9 << 20 };
        assert_eq!(row("a,b", base), "| `a`, `b` | 100 | 60 | 110 | 8.0 |");
        assert_eq!(added("store-x", with, base), "| and `store-x` | +12 | +10 | unknown | +1.0 |");
    }

    #[test]
    fn the_time_of_children_stands_behind_the_name_of_the_program() {
        let stat = "7 (x) task) S 1 7 7 0 -1 4194304 5 6 0 0 11 12 250 50 20 0 1 0 99";
        assert_eq!(children(stat), Some(3.0));
        assert_eq!(children("7 (task) S 1"), None);
    }
}
