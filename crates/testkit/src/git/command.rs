//! Running the `git` program apart from the user's own settings.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A git command in a folder, without the settings of the user or the machine.
pub(super) fn command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .stdin(Stdio::null());
    command
}

/// Runs git and returns what it printed; the error is what it complained about.
pub(super) fn try_run(folder: &Path, arguments: &[&str], input: Option<Vec<u8>>) -> Result<Vec<u8>, String> {
    let output =
        execute(folder, arguments, input).map_err(|error| format!("git cannot be started: {error}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!("git {} in {}: {}", arguments.join(" "), folder.display(), complaint.trim()))
}

/// Runs git where it cannot fail.
///
/// # Panics
/// When it does.
pub(super) fn run(folder: &Path, arguments: &[&str], input: Option<Vec<u8>>) -> Vec<u8> {
    try_run(folder, arguments, input).unwrap_or_else(|complaint| panic!("{complaint}"))
}

/// The same, for output that is text; without its last line end.
pub(super) fn run_text(folder: &Path, arguments: &[&str]) -> String {
    String::from_utf8_lossy(&run(folder, arguments, None)).trim_end_matches('\n').to_owned()
}

fn execute(folder: &Path, arguments: &[&str], input: Option<Vec<u8>>) -> std::io::Result<Output> {
    let mut command = command(folder);
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Some(input) = input else { return command.output() };
    let mut child = command.stdin(Stdio::piped()).spawn()?;
    let stdin = child.stdin.take();
    // On a thread of its own: git may print more than a pipe holds before it has read all of its input.
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // A git that ends early closes the pipe; its exit code tells why.
            let _ = stdin.map(|mut stdin| stdin.write_all(&input));
        });
        child.wait_with_output()
    })
}
