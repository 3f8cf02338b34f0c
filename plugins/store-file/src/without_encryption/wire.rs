//! The key of a program that decrypts nothing. There is none: to read one fails.

use std::path::Path;

use deployer_core::plugin::Credential;
use deployer_core::{Error, Kind, Result, SecretValue};
use zeroize::Zeroizing;

use crate::errors::FEATURE;

/// A key that cannot be.
#[derive(Debug)]
pub(crate) enum Key {}

impl Key {
    /// # Errors
    /// Always `Settings`.
    pub(crate) fn identities(_: &SecretValue, _: &Credential) -> Result<Self> {
        Err(missing())
    }

    /// # Errors
    /// Always `Settings`.
    pub(crate) fn passphrase(_: &SecretValue) -> Result<Self> {
        Err(missing())
    }

    pub(crate) fn decrypt(&self, _: &Path, _: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        match *self {}
    }
}

fn missing() -> Error {
    Error::new(Kind::Settings, "`age` cannot be used").without_feature(FEATURE)
}
