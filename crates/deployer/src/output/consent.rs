//! Asking for consent.

use std::io::{BufRead, IsTerminal, Write};

/// Asks a person on the terminal whether to go on. Without a terminal the answer is no.
pub fn consent(question: &str) -> bool {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return false;
    }
    let _ = write!(std::io::stderr(), "{question} Type `yes` to go on: ");
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).is_ok_and(|_| answer.trim() == "yes")
}
