//! The benchmark: prints tables of what a run costs, and fails when a target is missed.
//!
//! The program under test and the plain reading of the same files run as processes of their own, so that start and memory count. This
//! executable is both of them: `DEPLOYER_BENCH` says which.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark is there to be read")]

mod checks;
mod deploys;
mod figures;
mod process;
mod stores;
mod table;

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use process::{PARSE, PROGRAM, ROLE, tell_cost};
use table::Table;

/// Longer than any run takes.
const LIMIT: Duration = Duration::from_secs(300);

/// What each request takes that is measured with a network.
const ROUND_TRIP: Duration = Duration::from_millis(20);

fn main() -> ExitCode {
    let began = Instant::now();
    match std::env::var(ROLE).as_deref() {
        Ok(PROGRAM) => {
            let code = sesam_deployer::Program::default().run();
            tell_cost(began);
            code
        }
        Ok(PARSE) => match std::env::args_os().nth(1) {
            Some(root) => {
                checks::parse(Path::new(&root));
                tell_cost(began);
                ExitCode::SUCCESS
            }
            None => ExitCode::FAILURE,
        },
        _ => bench(),
    }
}

fn bench() -> ExitCode {
    let asks_for = |option: &str| std::env::args().any(|argument| argument == option);
    let (quick, keep) = (asks_for("--quick"), asks_for("--keep"));
    let (small, large, runs) = if quick { (100, 2_000, 3) } else { (1_000, 20_000, 7) };
    let mut table = Table::default();
    let figures = deploys::measure(&mut table, quick);
    figures.print();
    if keep && let Err(error) = figures.keep() {
        eprintln!("the figures cannot be kept: {error}");
        return ExitCode::FAILURE;
    }
    checks::measure(&mut table, small, large, runs);
    table.print();
    stores::measure(if quick { 1 } else { 5 });
    if table.missed == 0 {
        ExitCode::SUCCESS
    } else {
        eprintln!("{} targets were missed", table.missed);
        ExitCode::FAILURE
    }
}
