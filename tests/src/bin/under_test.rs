//! The program as the tests run it: the same few lines as its own `main`, and on demand a place for shared state.

use deployer_tests::place::{SERVED, SERVED_LEASES, VARIABLE};
use sesam_deployer::Program;

fn main() -> std::process::ExitCode {
    let program = Program::default();
    match std::env::var_os(VARIABLE) {
        Some(_) => program.with(&SERVED).with(&SERVED_LEASES).run(),
        None => program.run(),
    }
}
