//! Real servers of other makers, as ordinary processes on free ports of loopback, and stand-ins for what those servers ask in
//! turn. None needs a container engine; where one cannot be had, the error says why.

pub mod azurite;
mod forward;
pub mod gcs;
pub mod kubernetes;
pub mod ldap;
pub mod moto;
pub mod radius;
pub mod running;
pub mod s3;
pub mod stand_ins;
pub mod vault;

pub use forward::{forward, over_tls, same_host};
pub use vault::RealVault;

use crate::skip_or_fail;

/// The server, or none when it cannot be had here; then says so for the test case of this name.
///
/// # Panics
/// When `DEPLOYER_REQUIRE_SERVERS=1` says that every case has to run.
pub fn or_skip<T>(case: &str, server: Result<T, String>) -> Option<T> {
    server.map_err(|reason| skip_or_fail(case, &reason)).ok()
}

/// A program of a Debian package, in its usual places.
fn program(name: &str, package: &str) -> Result<std::path::PathBuf, String> {
    let places = ["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin", "/usr/libexec"];
    let found = places.iter().map(|place| std::path::Path::new(place).join(name)).find(|path| path.is_file());
    found.ok_or_else(|| format!("{name} is not installed (Debian's package {package})"))
}
