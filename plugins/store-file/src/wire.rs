//! Decryption with age (<https://age-encryption.org/v1>). The one place where a key is used.

use std::fmt;
use std::io::Read;
use std::path::Path;

use age::armor::ArmoredReader;
use age::{DecryptError, Decryptor, Identity, scrypt, x25519};
use deployer_core::plugin::Credential;
use deployer_core::{Error, Kind, Result, SecretValue};
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::signs::is_age;

/// What decrypts a file. `Debug` shows its kind alone.
pub(crate) enum Key {
    Identities(Vec<x25519::Identity>),
    Passphrase(SecretString),
}

impl Key {
    /// Reads identities as `age-keygen` writes them: one a line, comments begin with `#`. `from` is named in errors.
    ///
    /// # Errors
    /// `Settings` for a line that is no identity, which is not repeated, and where there is none.
    pub(crate) fn identities(text: &SecretValue, from: &Credential) -> Result<Self> {
        let refused = |cause: &str| {
            Error::new(Kind::Settings, format!("no age identity in {from}"))
                .with_cause(cause)
                .with_hint("give a line that begins with AGE-SECRET-KEY-1, as `age-keygen` writes it")
        };
        let lines = exposed(text).lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let identities: Result<Vec<x25519::Identity>> = lines
            .map(|line| {
                if line.starts_with("AGE-PLUGIN-") || line.starts_with("-----BEGIN") {
                    return Err(refused("identities of plugins and of SSH are not supported"));
                }
                line.parse().map_err(|_| refused("a line is no identity"))
            })
            .collect();
        match identities? {
            none if none.is_empty() => Err(refused("there is no line with one")),
            identities => Ok(Self::Identities(identities)),
        }
    }

    /// Takes a passphrase. It fails only in the other implementation of this module.
    pub(crate) fn passphrase(text: &SecretValue) -> Result<Self> {
        Ok(Self::Passphrase(SecretString::from(exposed(text).to_owned())))
    }

    /// Decrypts a file, binary or armoured. A passphrase takes about a second of work.
    ///
    /// # Errors
    /// `Unauthenticated` for the wrong key, `Verification` for a file that is damaged or not encrypted.
    pub(crate) fn decrypt(&self, path: &Path, encrypted: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        if !is_age(encrypted) {
            return Err(not_encrypted(path));
        }
        let refused = |cause| self.refused(path, cause);
        let decryptor = Decryptor::new_buffered(ArmoredReader::new(encrypted)).map_err(refused)?;
        let passphrase;
        let identities: Vec<&dyn Identity> = match self {
            Self::Identities(identities) => identities.iter().map(|identity| identity as _).collect(),
            Self::Passphrase(text) => {
                passphrase = scrypt::Identity::new(text.clone());
                vec![&passphrase]
            }
        };
        let mut reader = decryptor.decrypt(identities.into_iter()).map_err(refused)?;
        // As large as the encrypted file, which is larger: never grown, so that no copy stays behind.
        let mut plain = Zeroizing::new(Vec::with_capacity(encrypted.len()));
        reader.read_to_end(&mut plain).map_err(|_| damaged(path))?;
        Ok(plain)
    }

    fn refused(&self, path: &Path, cause: DecryptError) -> Error {
        let shown = path.display();
        let wrong = |cause: &str| {
            Error::new(Kind::Unauthenticated, format!("the file {shown} cannot be decrypted"))
                .with_cause(cause)
        };
        match (cause, self) {
            (DecryptError::NoMatchingKeys, Self::Identities(_)) => {
                wrong("it is encrypted for other recipients than the identities of the settings")
                    .with_hint("give the identity whose recipient it was encrypted for, or encrypt it anew; a file with a passphrase needs `age = { passphrase = … }`")
            }
            (DecryptError::NoMatchingKeys, Self::Passphrase(_)) => {
                wrong("it is encrypted for recipients and not with a passphrase")
                    .with_hint("set `age = { identity = … }`")
            }
            (DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed, Self::Passphrase(_)) => {
                wrong("the passphrase is not the one it was encrypted with").with_hint("check the passphrase")
            }
            (DecryptError::ExcessiveWork { .. }, _) => {
                Error::new(Kind::Rejected, format!("the file {shown} cannot be decrypted"))
                    .with_cause("its passphrase asks for more work than is reasonable on this machine")
                    .with_hint("encrypt it anew, or for a recipient")
            }
            (DecryptError::UnknownFormat, _) => {
                Error::new(Kind::Verification, format!("the file {shown} cannot be decrypted"))
                    .with_cause("it is of a newer version of age")
            }
            _ => damaged(path),
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identities(identities) => write!(f, "{} identities", identities.len()),
            Self::Passphrase(_) => f.write_str("a passphrase"),
        }
    }
}

/// The settings have a key, and the file is not encrypted.
fn not_encrypted(path: &Path) -> Error {
    Error::new(Kind::Verification, format!("the file {} is not encrypted with age", path.display()))
        .with_hint("encrypt it (`age --encrypt --recipient age1… …`), or take `age` out of the settings")
}

fn damaged(path: &Path) -> Error {
    Error::new(Kind::Verification, format!("the file {} cannot be decrypted", path.display()))
        .with_cause("it is damaged or cut off")
        .with_hint("encrypt the secrets anew, or take the file from its last good version")
}

#[expect(clippy::disallowed_methods, reason = "a key is handed to the age library here, and nowhere else")]
fn exposed(value: &SecretValue) -> &str {
    value.expose()
}
