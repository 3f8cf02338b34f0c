//! The benchmark: prints a table of what a run costs, and fails when a target is missed.
//!
//! The program under test and the plain reading of the same files run as processes of their own, so that start and memory count. This
//! executable is both of them: `DEPLOYER_BENCH` says which.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark is there to be read")]

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use deployer_tests::generate::{self, Size};
use deployer_tests::load::Load;

/// What this process is to be, if not the benchmark itself.
const ROLE: &str = "DEPLOYER_BENCH";
/// The program under test.
const PROGRAM: &str = "program";
/// Reading and parsing the files with `serde_json`, and nothing else.
const PARSE: &str = "parse";

/// What precedes the peak memory of a process on its standard error, in KiB.
const PEAK: &str = "peak memory: ";

/// Longer than any deploy takes.
const LIMIT: Duration = Duration::from_secs(300);

fn main() -> ExitCode {
    match std::env::var(ROLE).as_deref() {
        Ok(PROGRAM) => {
            let code = sesam_deployer::Program::default().run();
            tell_peak();
            code
        }
        Ok(PARSE) => match std::env::args_os().nth(1) {
            Some(root) => {
                parse(Path::new(&root));
                tell_peak();
                ExitCode::SUCCESS
            }
            None => ExitCode::FAILURE,
        },
        _ => bench(),
    }
}

/// Reads and parses every file of the whitelist, one after the other, and keeps the values, as a check does.
fn parse(root: &Path) {
    let node = root.join("node");
    let list = format!("deployment/whitelist-{}.txt", generate::ENVIRONMENT);
    let list = std::fs::read_to_string(node.join(list)).expect("the whitelist was generated");
    let values: Vec<serde_json::Value> = list
        .lines()
        .map(|path| {
            let bytes = std::fs::read(node.join(path)).expect("the file was generated");
            serde_json::from_slice(&bytes).expect("the file is JSON")
        })
        .collect();
    std::hint::black_box(values);
}

/// Tells the most memory that this process ever held, where the system says so.
fn tell_peak() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    if let Some(peak) = peak {
        eprintln!("{PEAK}{peak}");
    }
}

/// The rows of the table.
#[derive(Debug, Default)]
struct Table {
    rows: Vec<[String; 3]>,
    missed: usize,
}

impl Table {
    fn row(&mut self, what: impl Into<String>, measured: impl Into<String>) {
        self.rows.push([what.into(), measured.into(), String::new()]);
    }

    /// A row whose value may be at most so much.
    fn at_most(&mut self, what: impl Into<String>, value: f64, most: f64) {
        let met = value <= most;
        self.missed += usize::from(!met);
        let verdict = if met { "met" } else { "**missed**" };
        self.rows.push([what.into(), number(value), format!("at most {}: {verdict}", number(most))]);
    }

    fn print(&self) {
        println!("| what | measured | target |\n|---|---:|---|");
        for [what, measured, target] in &self.rows {
            println!("| {what} | {measured} | {target} |");
        }
    }
}

fn number(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

fn bench() -> ExitCode {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let (small, large, runs) = if quick { (100, 2_000, 3) } else { (1_000, 20_000, 7) };
    let mut table = Table::default();
    deploys(&mut table, small, if quick { 1 } else { 5 });
    checks(&mut table, small, large, runs);
    table.print();
    if table.missed == 0 {
        ExitCode::SUCCESS
    } else {
        eprintln!("{} targets were missed", table.missed);
        ExitCode::FAILURE
    }
}

/// Whole deploys, each to empty nodes of its own, at 20 ms a request.
fn deploys(table: &mut Table, pipes: usize, runs: usize) {
    const ROUND_TRIP: Duration = Duration::from_millis(20);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be started");
    let executable = std::env::current_exe().expect("a process knows its executable");
    let (mut times, mut chains, mut requests, mut peaks) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        runtime.block_on(async {
            let load = Load::start(Size { pipes, secrets: 100 });
            load.world.faults().round_trip(ROUND_TRIP);
            let began = Instant::now();
            let outcome = load.program(&executable).env(ROLE, PROGRAM).arg("deploy").run(LIMIT).await;
            times.push(began.elapsed().as_secs_f64());
            assert_eq!(outcome.code(), Some(0), "{}", outcome.stderr());
            chains.push(load.longest_chain().len() as f64);
            requests.push(load.world.log().entries().len() as f64);
            peaks.extend(peak(&outcome.stderr()));
        });
    }
    let label = format!("deploy of {pipes} pipes and 100 secrets to 3 nodes, 20 ms a request");
    table.row(format!("{label}: time"), format!("{:.2} s", median(times)));
    table.at_most(format!("{label}: round trips in the longest chain"), median(chains), 18.0);
    table.row(format!("{label}: requests"), number(median(requests)));
    table.row(format!("{label}: peak memory"), mebibytes(peaks));
}

/// Offline checks of two sizes, beside the plain reading of the same files.
fn checks(table: &mut Table, small: usize, large: usize, runs: usize) {
    let mut per_pipe = Vec::new();
    for pipes in [small, large] {
        let folder = tempfile::tempdir().expect("the temporary folder is writable");
        generate::write(folder.path(), Size { pipes, secrets: 100 });
        let settings = folder.path().join("deployer.toml");
        let (mut checks, mut parses, mut peaks) = (Vec::new(), Vec::new(), Vec::new());
        // The first of each warms the page cache and does not count.
        for run in 0..=runs {
            let parsed = child(PARSE, &[folder.path().as_os_str()]);
            let checked = child(PROGRAM, &["check".as_ref(), "--settings".as_ref(), settings.as_os_str()]);
            if run > 0 {
                parses.push(parsed.seconds);
                checks.push(checked.seconds);
                peaks.extend(checked.peak);
            }
        }
        let (check, parse) = (median(checks), median(parses));
        per_pipe.push(check / pipes as f64);
        table.row(format!("check of {pipes} pipes"), format!("{:.0} ms", check * 1e3));
        table.row(
            format!("the same files with serde_json alone, {pipes} pipes"),
            format!("{:.0} ms", parse * 1e3),
        );
        let label = format!("check against serde_json alone, {pipes} pipes");
        if pipes == large {
            table.at_most(label, check / parse, 2.5);
        } else {
            table.row(label, number(check / parse));
        }
        table.row(format!("check of {pipes} pipes: peak memory"), mebibytes(peaks));
    }
    table.at_most(format!("time a pipe, {large} pipes against {small}"), per_pipe[1] / per_pipe[0], 1.3);
}

/// What a process took.
struct Took {
    seconds: f64,
    peak: Option<f64>,
}

/// Runs this executable in another role.
fn child(role: &str, arguments: &[&std::ffi::OsStr]) -> Took {
    let executable = std::env::current_exe().expect("a process knows its executable");
    let mut command = Command::new(executable);
    command.args(arguments).env_clear().env(ROLE, role).stdin(Stdio::null());
    let began = Instant::now();
    let output = command.output().expect("this executable can be started");
    let seconds = began.elapsed().as_secs_f64();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{role}: {said}");
    Took { seconds, peak: peak(&said) }
}

fn peak(said: &str) -> Option<f64> {
    said.lines().find_map(|line| line.strip_prefix(PEAK)?.parse().ok())
}

fn mebibytes(kibibytes: Vec<f64>) -> String {
    if kibibytes.is_empty() { "unknown".to_owned() } else { format!("{:.0} MiB", median(kibibytes) / 1024.0) }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
