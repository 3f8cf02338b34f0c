//! What a build costs, and how that is measured.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Instant;

use crate::shell::Result;

/// What a build costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cost {
    pub(super) crates: usize,
    pub(super) seconds: f64,
    /// Seconds of the processors, all cores added; `None` where the system does not tell.
    pub(super) processors: Option<f64>,
    pub(super) bytes: u64,
}

impl Cost {
    /// The two columns of time.
    pub(super) fn times(&self, sign: &str) -> String {
        let processors = self.processors.map_or("unknown".to_owned(), |value| format!("{sign}{value:.0}"));
        format!("{sign}{:.0} | {processors}", self.seconds)
    }
}

/// The seconds that something takes, by the clock and of the processors.
pub(super) fn timed(action: impl FnOnce() -> Result) -> Result<(f64, Option<f64>)> {
    let (began, busy) = (Instant::now(), processors());
    action()?;
    let seconds = began.elapsed().as_secs_f64();
    Ok((seconds, busy.zip(processors()).map(|(before, after)| after - before)))
}

pub(super) fn size(program: &Path) -> Result<u64> {
    fs::metadata(program).map(|data| data.len()).map_err(|error| format!("{}: {error}", program.display()))
}

/// How many crates are in what `cargo tree` prints, each version counted.
pub(super) fn crates(tree: &str) -> usize {
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

pub(super) fn remove(folder: &Path) -> Result {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{}: {error}", folder.display()))
        }
        _ => Ok(()),
    }
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
    fn the_time_of_children_stands_behind_the_name_of_the_program() {
        let stat = "7 (x) task) S 1 7 7 0 -1 4194304 5 6 0 0 11 12 250 50 20 0 1 0 99";
        assert_eq!(children(stat), Some(3.0));
        assert_eq!(children("7 (task) S 1"), None);
    }
}
