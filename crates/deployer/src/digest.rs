//! Short names for long contents.

use sha2::{Digest, Sha256};

/// The first twelve hexadecimal digits of the SHA-256 of parts in a row.
pub(crate) fn digest<T: AsRef<[u8]>>(parts: impl IntoIterator<Item = T>) -> String {
    let mut digest = Sha256::new();
    parts.into_iter().for_each(|part| digest.update(part));
    digest.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}
