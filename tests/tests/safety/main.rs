//! What must hold before, while and after something is written: the program as its own process, against a world over HTTPS.

mod again;
mod asked;
mod consent;
mod direct;
mod groups;
mod refusals;
mod scope;
mod systems;
mod verification;

use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
/// Longer than any run takes.
const LIMIT: Duration = Duration::from_secs(60);
