//! This executable as a process of its own, in another role.

use std::process::{Command, Stdio};
use std::time::Instant;

/// The variable that names the role of this process. Without it, the process is the benchmark itself.
pub(crate) const ROLE: &str = "DEPLOYER_BENCH";
/// The program under test.
pub(crate) const PROGRAM: &str = "program";
/// Reading and parsing the files with `serde_json`, and nothing else.
pub(crate) const PARSE: &str = "parse";

/// What precedes the peak memory of a process on its standard error, in KiB.
const PEAK: &str = "peak memory: ";

/// Tells the most memory that this process ever held, where the system says so.
pub(crate) fn tell_peak() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    if let Some(peak) = peak {
        eprintln!("{PEAK}{peak}");
    }
}

/// What a process took.
pub(crate) struct Took {
    pub(crate) seconds: f64,
    /// In KiB, where the system tells.
    pub(crate) peak: Option<f64>,
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
    Took { seconds, peak: peak(&said) }
}

/// The peak memory that a process told, in KiB.
pub(crate) fn peak(said: &str) -> Option<f64> {
    said.lines().find_map(|line| line.strip_prefix(PEAK)?.parse().ok())
}
