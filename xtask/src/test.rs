//! `cargo xtask test`

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::cases;
use crate::shell::{Result, Shell, shown};

pub(crate) const HELP: &str = "\
Usage: cargo xtask test [ARGUMENTS OF CARGO TEST]

Runs the unit tests, the tests against fakes and real clients, the end-to-end tests and the examples in the documentation. Without
arguments, `cargo xtask cases` follows if its folder exists. A case is skipped if a program or the network is missing. The end of the
output lists skipped cases with their reasons.

Variables:
  DEPLOYER_REQUIRE_SERVERS=1  a skipped case fails
  DEPLOYER_SHARED=FOLDER      recorded runs of the original, and recorded cases [default: `shared` beside the repository]

Examples:
  cargo xtask test
  cargo xtask test -p deployer-core
  cargo xtask test -p deployer-testkit --test git";

pub(crate) fn run(shell: &Shell, mut parser: lexopt::Parser) -> Result {
    let arguments: Vec<_> = parser.raw_args().map_err(|error| error.to_string())?.collect();
    let is_whole = arguments.is_empty();
    let mut command = shell.cargo(&["test", "--locked", "--no-fail-fast"]);
    command = if is_whole { command.arg("--workspace") } else { command.args(arguments) };
    // Shown output is how a test that passed tells what it skipped.
    let command = command.args(["--", "--show-output"]);
    eprintln!("$ {}", shown(&command));

    let mut child =
        Command::from(command).stdout(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
    let mut report = Report::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line.map_err(|error| format!("the output of the tests: {error}"))?;
            if report.takes(&line) {
                println!("{line}");
            }
        }
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    let cases = if is_whole { recorded_cases(shell, &mut report) } else { Ok(()) };
    println!("{}", report.summary());
    let tests = if status.success() { Ok(()) } else { Err("tests failed; they are listed above".to_owned()) };
    let failed: Vec<String> = [tests, cases].into_iter().filter_map(Result::err).collect();
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n       ")) }
}

/// Runs the recorded cases if their folder exists.
fn recorded_cases(shell: &Shell, report: &mut Report) -> Result {
    let Some(folder) = cases::shared(shell) else {
        report
            .skipped
            .push("recorded cases: their folder does not exist; DEPLOYER_SHARED can name it".to_owned());
        return Ok(());
    };
    let outcome = cases::run_all(shell, &folder, &cases::names(&folder)?)?;
    println!("{}", outcome.summary());
    report.skipped.extend(outcome.skipped.iter().cloned());
    outcome.verdict(cases::is_required())
}

/// What the tests printed: the output of tests that passed is left out, and what they skipped is kept for the end.
#[derive(Debug, Default)]
struct Report {
    in_successes: bool,
    skipped: Vec<String>,
}

impl Report {
    /// Whether a line is shown.
    fn takes(&mut self, line: &str) -> bool {
        match line {
            "successes:" => self.in_successes = true,
            "failures:" => self.in_successes = false,
            _ if line.starts_with("test result:") => self.in_successes = false,
            _ => {}
        }
        if self.in_successes
            && let Some(skipped) = line.strip_prefix("skipped: ")
        {
            self.skipped.push(skipped.to_owned());
        }
        !self.in_successes
    }

    fn summary(&self) -> String {
        if self.skipped.is_empty() {
            return "No case was skipped.".to_owned();
        }
        let rows: String = self.skipped.iter().map(|skipped| format!("\n  {skipped}")).collect();
        format!("Skipped cases: {}{rows}", self.skipped.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_of_passed_tests_is_left_out_but_for_what_they_skipped() {
        let output = "\nrunning 2 tests\ntest a ... ok\ntest b ... FAILED\n\nsuccesses:\n\n---- a stdout ----\nchatter\n\
                      skipped: recorded runs: there are none\n\nsuccesses:\n    a\n\nfailures:\n\n---- b stdout ----\nwhy\n\n\
                      failures:\n    b\n\ntest result: FAILED. 1 passed; 1 failed";
        let mut report = Report::default();
        let shown: Vec<&str> = output.lines().filter(|line| report.takes(line)).collect();
        let expected = [
            "",
            "running 2 tests",
            "test a ... ok",
            "test b ... FAILED",
            "",
            "failures:",
            "",
            "---- b stdout ----",
            "why",
            "",
            "failures:",
            "    b",
            "",
            "test result: FAILED. 1 passed; 1 failed",
        ];
        assert_eq!(shown, expected);
        assert_eq!(report.summary(), "Skipped cases: 1\n  recorded runs: there are none");
    }
}
