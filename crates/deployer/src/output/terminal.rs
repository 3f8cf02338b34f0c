//! The terminal of a person: its size, its pager, and questions.

use std::io::{BufRead, IsTerminal, Write};
use std::process::{Command, Stdio};

use deployer_core::plugin::ProcessVariables;
use tokio_util::sync::CancellationToken;

/// The width of the terminal of standard error. `None` if it is not a terminal.
pub(super) fn width() -> Option<usize> {
    terminal_size::terminal_size_of(std::io::stderr()).map(|(width, _)| usize::from(width.0))
}

/// Whether a person can be asked: standard input and standard error are a terminal.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Waits for an answer from the terminal. Anything but `yes`, an interruption, or no terminal is a no.
pub(crate) async fn is_approved(cancel: &CancellationToken) -> bool {
    if !can_ask() {
        return false;
    }
    let answer = tokio::task::spawn_blocking(is_yes);
    tokio::select! {
        answer = answer => answer.unwrap_or(false),
        () = cancel.cancelled() => false,
    }
}

fn is_yes() -> bool {
    let _ = write!(std::io::stderr(), "Type `yes` to go on: ");
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).is_ok_and(|_| answer.trim() == "yes")
}

/// The program that shows long output: `$PAGER`, else `less`. `None` if output is not for a person at a terminal, or `$PAGER` is empty.
#[derive(Debug, Clone)]
pub(super) struct Pager(Vec<String>);

impl Pager {
    pub(super) fn found(variables: &ProcessVariables) -> Option<Self> {
        if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
            return None;
        }
        let command = match variables.get("PAGER") {
            Some(command) => command,
            None if variables.names().any(|name| name == "PAGER") => return None,
            None => "less -FRX",
        };
        let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        (!words.is_empty()).then_some(Self(words))
    }

    /// Shows a text if it is longer than the terminal. False if it was not shown.
    pub(super) fn show(&self, text: &str) -> bool {
        let height =
            terminal_size::terminal_size_of(std::io::stdout()).map(|(_, height)| usize::from(height.0));
        if height.is_none_or(|height| text.lines().count() < height) {
            return false;
        }
        let [program, arguments @ ..] = self.0.as_slice() else { return false };
        let Ok(mut child) = Command::new(program).args(arguments).stdin(Stdio::piped()).spawn() else {
            return false;
        };
        if let Some(mut input) = child.stdin.take() {
            // A pager that is left early does not read the rest.
            let _ = input.write_all(text.as_bytes());
        }
        child.wait().is_ok()
    }
}
