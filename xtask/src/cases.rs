//! `cargo xtask cases`

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::shell::{Result, Shell, run as run_command};
use crate::words::unknown;
use crate::workspace::{PROGRAM, target_folder};

pub(crate) const HELP: &str = "\
Usage: cargo xtask cases [NAME...]

Builds the program and runs recorded cases with it: each folder NAME in cases/ of the shared folder has a script run.sh. Its exit code is
0 if the program behaves as expected, 77 if the case cannot run here, and anything else if the program behaves differently. The
script prints the reason. Without NAME, all cases run. NAME can be the beginning of a name, such as its number.

Variables:
  DEPLOYER_REQUIRE_SERVERS=1  a skipped case fails
  DEPLOYER_SHARED=FOLDER      the shared folder [default: `shared` beside the repository]

Examples:
  cargo xtask cases
  cargo xtask cases 45 51";

/// Seconds after which a case is stopped and fails.
const LIMIT: &str = "300";
/// The exit code of a case that cannot run here.
const SKIPPED: i32 = 77;
/// The exit code of `timeout` for a command that it stopped.
const STOPPED: i32 = 124;

pub(crate) fn run(shell: &Shell, mut parser: lexopt::Parser) -> Result {
    let words: Vec<String> = parser
        .raw_args()
        .map_err(|error| error.to_string())?
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let folder = shared(shell).ok_or(
        "no folder of recorded cases exists: set DEPLOYER_SHARED to the folder that contains cases/",
    )?;
    let cases = chosen(&names(&folder)?, &words)?;
    let report = run_all(shell, &folder, &cases)?;
    println!("{}", report.summary());
    report.verdict(is_required())
}

/// The folder of recorded cases, if there is one.
pub(crate) fn shared(shell: &Shell) -> Option<PathBuf> {
    let named = std::env::var_os("DEPLOYER_SHARED").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| shell.root().join("../shared")).join("cases");
    folder.is_dir().then_some(folder)
}

/// Whether a case must not be skipped.
pub(crate) fn is_required() -> bool {
    std::env::var_os("DEPLOYER_REQUIRE_SERVERS").is_some_and(|value| value == "1")
}

/// The names of all cases, in order.
pub(crate) fn names(folder: &Path) -> Result<Vec<String>> {
    let at = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(at)? {
        let path = entry.map_err(at)?.path();
        if path.join("run.sh").is_file() {
            names.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

/// The cases whose names begin with one of some words; all cases without words.
fn chosen(names: &[String], words: &[String]) -> Result<Vec<String>> {
    let is_begun = |name: &str, word: &str| name.starts_with(word);
    if let Some(word) = words.iter().find(|word| !names.iter().any(|name| is_begun(name, word))) {
        return Err(unknown("case", word, &names.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    let is_chosen = |name: &&String| words.is_empty() || words.iter().any(|word| is_begun(name, word));
    Ok(names.iter().filter(is_chosen).cloned().collect())
}

/// Builds the program, and runs cases one after the other.
pub(crate) fn run_all(shell: &Shell, folder: &Path, cases: &[String]) -> Result<Report> {
    run_command(shell.cargo(&["build", "--locked", "--package", PROGRAM, "--bin", PROGRAM]))?;
    let program = target_folder(shell)?.join("debug").join(PROGRAM);
    let task = std::env::current_exe().map_err(|error| format!("this task: {error}"))?;
    let logs = target_folder(shell)?.join("cases");
    fs::create_dir_all(&logs).map_err(|error| format!("{}: {error}", logs.display()))?;
    let mut report = Report::default();
    for case in cases {
        let mut command = Command::new("timeout");
        // As the tests install it; a person can name another one.
        if let Some(moto) = moto().filter(|_| std::env::var_os("MOTO").is_none()) {
            command.env("MOTO", moto);
        }
        command
            .args(["--kill-after=10", LIMIT, "bash"])
            .arg(folder.join(case).join("run.sh"))
            .env("BIN", &program)
            .env("XTASK", &task)
            .env("TREE", shell.root())
            .current_dir(shell.root());
        let (code, said) = run_case(command, &logs.join(format!("{case}.log")))?;
        let outcome = Outcome::of(code, &said);
        println!("{}", outcome.line(case));
        report.add(case, outcome);
    }
    Ok(report)
}

/// Runs a case to its end, and gives its exit code and its output. The output goes through a file, because a server that a case leaves
/// behind would hold a pipe open. Such a server is ended.
fn run_case(mut command: Command, log: &Path) -> Result<(Option<i32>, String)> {
    let at = |error: std::io::Error| format!("{}: {error}", log.display());
    let file = fs::File::create(log).map_err(at)?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(file.try_clone().map_err(at)?)
        .stderr(file)
        .process_group(0)
        .spawn()
        .map_err(|error| format!("`timeout` cannot be started: {error}"))?;
    let status = child.wait().map_err(|error| error.to_string())?;
    // Fails if no process of the group is left.
    let group = format!("-{}", child.id());
    let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
    let said = fs::read(log).map_err(at)?;
    Ok((status.code(), String::from_utf8_lossy(&said).into_owned()))
}

/// The server of AWS services in the cache folder of the tests.
fn moto() -> Option<PathBuf> {
    let named = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = named.or_else(|| Some(std::env::home_dir()?.join(".cache")))?.join("sesam-deployer");
    let installed = fs::read_dir(cache).ok()?.flatten().map(|entry| entry.path().join("bin/moto_server"));
    installed.filter(|program| program.is_file()).max()
}

/// How a case ended.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Right,
    /// The reason.
    Skipped(String),
    /// The output, or why there is none.
    Wrong(String),
}

impl Outcome {
    /// From the exit code and the output of a script.
    fn of(code: Option<i32>, said: &str) -> Self {
        let said = said.trim_end();
        let last = said.lines().last().unwrap_or_default();
        match code {
            Some(0) => Self::Right,
            Some(SKIPPED) if last.is_empty() => Self::Skipped("the case gives no reason".to_owned()),
            Some(SKIPPED) => Self::Skipped(last.trim_start_matches("SKIPPED: ").to_owned()),
            Some(STOPPED) => Self::Wrong(format!("{said}\nstopped after {LIMIT} seconds").trim().to_owned()),
            _ if said.is_empty() => Self::Wrong("the case ended without a word".to_owned()),
            _ => Self::Wrong(said.to_owned()),
        }
    }

    fn line(&self, case: &str) -> String {
        match self {
            Self::Right => format!("case {case} ... ok"),
            Self::Skipped(reason) => format!("case {case} ... skipped: {reason}"),
            Self::Wrong(said) => format!("case {case} ... FAILED\n    {}", said.replace('\n', "\n    ")),
        }
    }
}

/// How all cases ended.
#[derive(Debug, Default)]
pub(crate) struct Report {
    right: usize,
    wrong: Vec<String>,
    /// Cases that could not run here, each with its reason.
    pub(crate) skipped: Vec<String>,
}

impl Report {
    fn add(&mut self, case: &str, outcome: Outcome) {
        match outcome {
            Outcome::Right => self.right += 1,
            Outcome::Wrong(_) => self.wrong.push(case.to_owned()),
            Outcome::Skipped(reason) => self.skipped.push(format!("case {case}: {reason}")),
        }
    }

    pub(crate) fn summary(&self) -> String {
        let (right, wrong, skipped) = (self.right, self.wrong.len(), self.skipped.len());
        format!("Recorded cases: {right} as expected, {wrong} failed, {skipped} skipped")
    }

    /// Fails if a case failed, or if one was skipped that must run.
    pub(crate) fn verdict(&self, required: bool) -> Result {
        if !self.wrong.is_empty() {
            return Err(format!("recorded cases failed: {}", self.wrong.join(", ")));
        }
        if required && !self.skipped.is_empty() {
            let skipped = self.skipped.join("\n       ");
            return Err(format!("skipped although DEPLOYER_REQUIRE_SERVERS=1:\n       {skipped}"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_of_a_script_decides() {
        for (code, said, expected) in [
            (Some(0), "RIGHT: told\n", "case a ... ok"),
            (Some(77), "chatter\nSKIPPED: no Vault\n", "case a ... skipped: no Vault"),
            (Some(77), "", "case a ... skipped: the case gives no reason"),
            (Some(1), "WRONG: x\n  err| y\n", "case a ... FAILED\n    WRONG: x\n      err| y"),
            (Some(124), "", "case a ... FAILED\n    stopped after 300 seconds"),
            (None, "", "case a ... FAILED\n    the case ended without a word"),
        ] {
            assert_eq!(Outcome::of(code, said).line("a"), expected);
        }
    }

    #[test]
    fn a_server_that_a_case_leaves_behind_is_ended_and_does_not_hold_it_up() {
        let log = std::env::temp_dir().join(format!("case-{}.log", std::process::id()));
        let mut command = Command::new("bash");
        command.args(["-c", "sleep 1000 & echo $!; exit 3"]);
        let (code, said) = run_case(command, &log).unwrap();
        fs::remove_file(&log).unwrap();
        assert_eq!(code, Some(3));
        // A process that was ended is there for an instant more.
        let stat = || fs::read_to_string(format!("/proc/{}/stat", said.trim())).unwrap_or_default();
        let is_gone = |stat: &str| stat.is_empty() || stat.contains(") Z ");
        let mut tries = 0..1_000_000;
        assert!(tries.any(|_| is_gone(&stat())), "{}", stat());
    }

    #[test]
    fn cases_are_chosen_by_the_beginning_of_their_names() {
        let names = ["02-a", "20-b", "21-c"].map(str::to_owned);
        let chosen =
            |words: &[&str]| chosen(&names, &words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>());
        assert_eq!(chosen(&[]).unwrap(), names);
        assert_eq!(chosen(&["2"]).unwrap(), ["20-b", "21-c"]);
        assert_eq!(chosen(&["21-c", "02"]).unwrap(), ["02-a", "21-c"]);
        assert_eq!(chosen(&["9"]).unwrap_err(), "there is no case \"9\". There are 02-a, 20-b, 21-c");
    }

    #[test]
    fn a_skipped_case_fails_only_where_it_must_run() {
        let mut report = Report::default();
        report.add("a", Outcome::Right);
        report.add("b", Outcome::Skipped("no moto".to_owned()));
        assert_eq!(report.summary(), "Recorded cases: 1 as expected, 0 failed, 1 skipped");
        assert_eq!(report.verdict(false), Ok(()));
        assert!(report.verdict(true).unwrap_err().ends_with("case b: no moto"));
        report.add("c", Outcome::Wrong("WRONG".to_owned()));
        assert_eq!(report.verdict(false).unwrap_err(), "recorded cases failed: c");
    }
}
