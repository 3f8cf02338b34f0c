//! This executable as a process of its own, in another role.

use std::process::{Command, Stdio};
use std::time::Instant;

/// The variable that names the role of this process. Without it, the process is the benchmark itself.
pub(crate) const ROLE: &str = "DEPLOYER_BENCH";
/// The program under test.
pub(crate) const PROGRAM: &str = "program";
/// Reading and parsing the files with `serde_json`, and nothing else.
pub(crate) const PARSE: &str = "parse";

/// What precedes the cost of a process on its standard error: its time and that of the processors, in seconds, and its peak memory, in KiB.
const COST: &str = "cost: ";

/// The ticks of a second in `/proc`, on every Linux.
const TICKS: f64 = 100.0;

/// What a process cost itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// The time from the start of `main`, in seconds.
    pub(crate) wall: f64,
    /// The time of all processors together, in seconds. Not a number where the system does not say.
    pub(crate) processors: f64,
    /// The peak memory in KiB. Not a number where the system does not say.
    pub(crate) peak: f64,
}

impl Cost {
    /// The cost that a process told.
    pub(crate) fn of(said: &str) -> Self {
        let told = said.lines().find_map(|line| line.strip_prefix(COST)).unwrap_or_default();
        let mut figures = told.split(' ').map(|figure| figure.parse().unwrap_or(f64::NAN));
        let mut next = || figures.next().unwrap_or(f64::NAN);
        Self { wall: next(), processors: next(), peak: next() }
    }

    fn of_this_process(began: Instant) -> Self {
        let wall = began.elapsed().as_secs_f64();
        let read = |name: &str| std::fs::read_to_string(format!("/proc/self/{name}")).unwrap_or_default();
        let status = read("status");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        // After the name of the program, which is in brackets, `utime` and `stime` are the 12th and 13th fields.
        let stat = read("stat");
        let fields = stat.rsplit_once(')').map(|(_, fields)| fields).unwrap_or_default();
        let ticks: Vec<f64> =
            fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
        let processors = if ticks.len() == 2 { ticks.iter().sum::<f64>() / TICKS } else { f64::NAN };
        Self { wall, processors, peak: peak.and_then(|peak| peak.parse().ok()).unwrap_or(f64::NAN) }
    }
}

/// Tells what this process cost so far. Its `main` began at a time.
pub(crate) fn tell_cost(began: Instant) {
    let Cost { wall, processors, peak } = Cost::of_this_process(began);
    eprintln!("{COST}{wall} {processors} {peak}");
}

/// What a process took.
pub(crate) struct Took {
    pub(crate) seconds: f64,
    pub(crate) cost: Cost,
}

/// Runs this executable in another role.
pub(crate) fn child(role: &str, arguments: &[&std::ffi::OsStr]) -> Took {
    let executable = std::env::current_exe().expect("a process knows its executable");
    let mut command = Command::new(executable);
    command.args(arguments).env_clear().env(ROLE, role).stdin(Stdio::null());
    let began = Instant::now();
    let output = command.output().expect("this executable can be started");
    let seconds = began.elapsed().as_secs_f64();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{role}: {said}");
    Took { seconds, cost: Cost::of(&said) }
}
