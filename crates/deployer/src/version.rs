//! What the program is built from, as its build script found it.

/// The version with the commit, in one line: `0.1.0 (0123456789ab)`.
pub const LINE: &str = env!("SESAM_DEPLOYER_VERSION");
/// The version: `0.1.0`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The whole id of the commit that was checked out; none for a build from an archive of the sources.
pub const COMMIT: Option<&str> = option_env!("SESAM_DEPLOYER_COMMIT");
/// The target: `x86_64-unknown-linux-gnu`.
pub const TARGET: &str = env!("SESAM_DEPLOYER_TARGET");
/// What the compiler says of itself: `rustc 1.95.0 (…)`.
pub const RUSTC: &str = env!("SESAM_DEPLOYER_RUSTC");
