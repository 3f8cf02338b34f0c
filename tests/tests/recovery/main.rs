//! What can be done about a deploy that went wrong, was killed, met another, or was a mistake.

mod fingerprints;
mod kills;
mod places;
mod saved;
mod state;

use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
const LIMIT: Duration = Duration::from_secs(60);
