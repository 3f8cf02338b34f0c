//! What whole programs cost: their size, their build, and how fast they start.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::cost::{Cost, crates, remove, size, timed};
use crate::build::{Order, Project};
use crate::shell::{Result, Shell};

/// The sets, from the smallest to the largest.
pub(super) const SETS: [&str; 4] = [
    "source-folder,store-file,target-folder",
    "source-folder,store-vault,target-node,target-git,notify-slack",
    "source-folder,store-aws,target-node,notify-teams",
    "all",
];

/// How often a program is started, for the median.
const STARTS: usize = 21;

/// What `check` reads: a small configuration of three nodes, whose targets do not matter.
const SETTINGS: &str = r#"
environment = "test"
[source]
kind = "folder"
path = "{demo}"
[nodes.master]
target = false
[nodes.nett]
templates = "extra_nodes/nett"
target = false
[nodes.marked]
templates = "extra_nodes/marked"
proxy = true
target = false
"#;

/// Builds a program with each set and prints a row for it. The last build of a folder that exists is not used.
pub(super) fn measure(shell: &Shell, work: &Path, sets: &[&str]) -> Result {
    remove(work)?;
    fs::create_dir_all(work).map_err(|error| format!("{}: {error}", work.display()))?;
    println!(
        "| Plugins | Crates | Build, s | Processors, s | Program, MB | `--version`, ms | `check`, ms |\n\
         |---|---:|---:|---:|---:|---:|---:|"
    );
    for set in sets {
        println!("{}", one(shell, work, set)?);
    }
    Ok(())
}

fn one(shell: &Shell, work: &Path, set: &str) -> Result<String> {
    let order = Order::of(shell, set)?;
    let project = Project::new(shell, &order)?.built_in(work.to_owned());
    let crates = crates(&project.tree(shell, "normal,build", "{p}")?);
    let mut program = PathBuf::new();
    let (seconds, processors) = timed(|| {
        program = project.build(shell, &order)?;
        Ok(())
    })?;
    let cost = Cost { crates, seconds, processors, bytes: size(&program)? };
    let demo = shell.root().join("fixtures/demo").display().to_string();
    let settings = work.join("deployer.toml");
    fs::write(&settings, SETTINGS.replace("{demo}", &demo))
        .map_err(|error| format!("{}: {error}", settings.display()))?;
    let settings = settings.display().to_string();
    let version = start(&program, &["--version"])?;
    let check = start(&program, &["check", "--settings", &settings])?;
    Ok(row(set, cost, version, check))
}

/// The median time from starting a program to its end.
fn start(program: &Path, arguments: &[&str]) -> Result<Duration> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let began = Instant::now();
        let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
        times.push(began.elapsed());
        let output = output.map_err(|error| format!("{}: {error}", program.display()))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{} {} failed: {said}", program.display(), arguments.join(" ")));
        }
    }
    times.sort_unstable();
    Ok(times[STARTS / 2])
}

fn row(set: &str, cost: Cost, version: Duration, check: Duration) -> String {
    let names = set.replace(',', "`, `");
    let megabytes = cost.bytes as f64 / 1e6;
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    format!(
        "| `{names}` | {} | {} | {megabytes:.1} | {:.1} | {:.1} |",
        cost.crates,
        cost.times(""),
        milliseconds(version),
        milliseconds(check)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_a_row() {
        let cost = Cost { crates: 150, seconds: 90.4, processors: Some(160.0), bytes: 3_850_000 };
        let shown = row("a,b", cost, Duration::from_micros(3940), Duration::from_millis(5));
        assert_eq!(shown, "| `a`, `b` | 150 | 90 | 160 | 3.9 | 3.9 | 5.0 |");
    }

    #[test]
    fn a_start_is_timed_and_one_that_fails_is_told() {
        let program = std::env::current_exe().unwrap();
        assert!(start(&program, &["--list"]).unwrap() > Duration::ZERO);
        assert!(start(&program, &["--no-such-option"]).unwrap_err().contains("--no-such-option failed"));
    }
}
