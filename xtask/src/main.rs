//! `cargo xtask`: the tasks of this repository. A task is a module with a `run` and a row in [`TASKS`].
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "tasks talk to the person at the terminal")]

mod bench;
mod build;
mod cases;
mod crates;
mod demo;
mod dist;
mod docs;
mod faults;
mod links;
mod lint;
mod matrix;
mod new_plugin;
mod services;
mod shell;
mod sizes;
mod test;
mod tidy;
mod words;
mod workspace;

use std::process::ExitCode;

use lexopt::prelude::*;
use shell::{Result, Shell};

/// A task of the repository.
struct Task {
    name: &'static str,
    about: &'static str,
    /// What `cargo xtask NAME --help` prints.
    help: &'static str,
    run: fn(&Shell, lexopt::Parser) -> Result,
}

const TASKS: &[Task] = &[
    Task {
        name: "demo",
        about: "See the program deploy, on this machine alone",
        help: demo::HELP,
        run: demo::run,
    },
    Task {
        name: "build",
        about: "Build a program with exactly the plugins that are needed",
        help: build::HELP,
        run: build::run,
    },
    Task {
        name: "test",
        about: "Run every test, and tell what was skipped and why",
        help: test::HELP,
        run: test::run,
    },
    Task {
        name: "cases",
        about: "Run the recorded cases with the program",
        help: cases::HELP,
        run: cases::run,
    },
    Task {
        name: "lint",
        about: "Check format, lints, tidiness and generated pages",
        help: lint::HELP,
        run: lint::run,
    },
    Task { name: "tidy", about: "Check what no compiler sees", help: tidy::HELP, run: tidy::run },
    Task {
        name: "docs",
        about: "Write the generated pages, or check them",
        help: docs::HELP,
        run: docs::run,
    },
    Task { name: "dist", about: "Write a release archive with checksums", help: dist::HELP, run: dist::run },
    Task {
        name: "bench",
        about: "Measure what runs cost, and print a table",
        help: bench::HELP,
        run: bench::run,
    },
    Task {
        name: "faults",
        about: "Break each request of a deploy in each way, and print a table",
        help: faults::HELP,
        run: faults::run,
    },
    Task {
        name: "services",
        about: "Start, end or show the real servers to try things out with",
        help: services::HELP,
        run: services::run,
    },
    Task {
        name: "sizes",
        about: "Measure how large programs are and how fast they start, and print a table",
        help: sizes::HELP,
        run: sizes::run,
    },
    Task {
        name: "new-plugin",
        about: "Make a plugin to start from",
        help: new_plugin::HELP,
        run: new_plugin::run,
    },
    Task {
        name: "matrix",
        about: "Check each plugin alone, none, and all",
        help: matrix::HELP,
        run: matrix::run,
    },
];

fn main() -> ExitCode {
    match dispatch(lexopt::Parser::from_env()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(message)) => {
            eprintln!("error: {message}\n\n{}", overview());
            ExitCode::from(64)
        }
        Err(Failure::Task(message)) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

enum Failure {
    /// The command line makes no sense.
    Usage(String),
    /// The task ran and failed.
    Task(String),
}

fn dispatch(mut parser: lexopt::Parser) -> std::result::Result<(), Failure> {
    let argument = parser.next().map_err(|error| Failure::Usage(error.to_string()))?;
    let name = match argument {
        None | Some(Short('h') | Long("help")) => {
            println!("{}", overview());
            return Ok(());
        }
        Some(Value(name)) => name,
        Some(other) => return Err(Failure::Usage(other.unexpected().to_string())),
    };
    let Some(task) = TASKS.iter().find(|task| name == task.name) else {
        return Err(Failure::Usage(format!("there is no task {name:?}")));
    };
    let help = parser.try_raw_args().is_some_and(|arguments| {
        arguments.peek().is_some_and(|argument| argument == "--help" || argument == "-h")
    });
    if help {
        println!("cargo xtask {}: {}\n\n{}", task.name, task.about, task.help);
        return Ok(());
    }
    (task.run)(&Shell::new().map_err(Failure::Task)?, parser).map_err(Failure::Task)
}

fn overview() -> String {
    let rows: String = TASKS.iter().map(|task| format!("  {:<12}{}\n", task.name, task.about)).collect();
    format!(
        "Usage: cargo xtask TASK [ARGUMENTS]\n\nTasks:\n{rows}\n`cargo xtask TASK --help` tells more about a task."
    )
}
