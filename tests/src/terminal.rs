//! Programs on a pseudo-terminal.

use deployer_testkit::skip_or_fail;
use deployer_testkit::world::Program;

/// Runs a program on a pseudo-terminal and copies its output. Types the first argument when the program waits for an answer.
const ON_A_TERMINAL: &str = r#"
import fcntl, os, pty, struct, sys, termios
answer, asked = sys.argv[1], False
process, terminal = pty.fork()
if process == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))
    os.execv(sys.argv[2], sys.argv[2:])
seen = b""
while True:
    try:
        part = os.read(terminal, 65536)
    except OSError:
        break
    if not part:
        break
    seen += part
    os.write(1, part)
    if not asked and b"Type `yes` to go on: " in seen:
        asked = True
        os.write(terminal, answer.encode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
"#;

/// Whether there is a Python to make pseudo-terminals. Reports a skipped case otherwise.
pub fn has_terminals(case: &str) -> bool {
    let can = std::process::Command::new("python3").args(["-c", "import pty"]).status();
    let can = can.is_ok_and(|status| status.success());
    if !can {
        skip_or_fail(case, "python3 with the module pty is needed to make one");
    }
    can
}

/// An executable on a terminal of 120 columns. If it asks for approval, it gets an answer.
pub fn on_a_terminal<'w>(
    start: impl FnOnce(&str) -> Program<'w>,
    answer: &str,
    executable: &str,
) -> Program<'w> {
    let program = start("python3").args(["-c", ON_A_TERMINAL, answer, executable]);
    program.env("TERM", "xterm-256color").env("PAGER", "")
}
