//! Files of SOPS, encrypted for recipients of age (<https://getsops.io/docs/>): values are encrypted, names are readable.

mod cipher;
mod tree;

use std::path::Path;

use deployer_core::{Error, SecretValue};
use serde::Deserialize;
use sha2::{Digest, Sha512};
use zeroize::Zeroizing;

use self::cipher::{Cipher, Failure, encrypted};
use self::tree::Tree;
use crate::errors;
use crate::formats::Secrets;
use crate::settings::Format;
use crate::wire::Key;

/// What a checksum of encrypted values alone begins with, so that it is never one of all values.
const ONLY_ENCRYPTED: [u8; 32] = [
    0x8a, 0x3f, 0xd2, 0xad, 0x54, 0xce, 0x66, 0x52, 0x7b, 0x10, 0x34, 0xf3, 0xd1, 0x47, 0xbe, 0xb, 0xb, 0x97,
    0x5b, 0x3b, 0xf4, 0x4f, 0x72, 0xc6, 0xfd, 0xad, 0xec, 0x81, 0x76, 0xf2, 0x7d, 0x69,
];

/// The metadata of a file, under the name `sops`. Members of other key services are ignored.
#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    age: Vec<Recipient>,
    #[serde(default)]
    shamir_threshold: u32,
    #[serde(default)]
    mac_only_encrypted: bool,
    lastmodified: String,
    mac: String,
}

#[derive(Deserialize)]
struct Recipient {
    enc: String,
}

#[derive(Deserialize)]
struct Envelope {
    sops: Metadata,
}

/// The content of a file of SOPS.
pub(crate) struct Sops<'a> {
    path: &'a Path,
    metadata: Metadata,
    format: Format,
    text: &'a str,
}

impl<'a> Sops<'a> {
    /// Reads the metadata; `None` for a file that has none.
    pub(crate) fn read(path: &'a Path, format: Format, text: &'a str) -> Option<Self> {
        let envelope: Envelope = match format {
            Format::Json => serde_json::from_str(text).ok()?,
            Format::Yaml => serde_saphyr::from_str(text).ok()?,
            Format::Toml | Format::Dotenv => return None,
        };
        Some(Self { path, metadata: envelope.sops, format, text })
    }

    /// Decrypts the values, and compares them with the checksum.
    ///
    /// # Errors
    /// `Unauthenticated` for the wrong identity, `Verification` for a file that was changed or uses another key service.
    pub(crate) fn secrets(&self, key: &Key) -> Result<Secrets, Error> {
        let refused = |cause: &str, hint: &str| errors::sops(self.path, cause, hint);
        if self.metadata.shamir_threshold > 1 {
            return Err(refused(
                "its key is split into parts (`shamir_threshold`)",
                "encrypt it with one group of keys",
            ));
        }
        let damaged = || refused("it was changed after it was encrypted, or is damaged", CHANGE);
        let cipher = Cipher::new(&self.data_key(key)?).ok_or_else(damaged)?;
        let root = match self.format {
            Format::Yaml => serde_saphyr::from_str::<Tree>(self.text).ok(),
            _ => serde_json::from_str(self.text).ok(),
        };
        let Some(Tree::Object(members)) = root else {
            return Err(refused("a name is repeated, or it is not an object of names and values", CHANGE));
        };
        let mut walk =
            Walk { cipher, checksum: Sha512::new(), only_encrypted: self.metadata.mac_only_encrypted };
        if walk.only_encrypted {
            walk.checksum.update(ONLY_ENCRYPTED);
        }
        let mut secrets = Secrets::new();
        for (name, value) in members.into_iter().filter(|(name, _)| name != "sops") {
            let value = walk.decrypted(value, &format!("{name}:")).map_err(|_| damaged())?;
            secrets.insert(name, value.text().map(SecretValue::new));
        }
        let mac =
            walk.cipher.decrypt(&self.metadata.mac, &self.metadata.lastmodified).map_err(|_| damaged())?;
        let found: String = walk.checksum.finalize().iter().map(|byte| format!("{byte:02X}")).collect();
        if *mac == found { Ok(secrets) } else { Err(damaged()) }
    }

    /// The key of the values: of all recipients, one must be an identity of ours.
    fn data_key(&self, key: &Key) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut failure = errors::sops(
            self.path,
            "none of its keys is one of age",
            "encrypt it for a recipient of age: sops updatekeys, with `age` in .sops.yaml",
        );
        for recipient in &self.metadata.age {
            match key.decrypt(self.path, recipient.enc.as_bytes()) {
                Ok(data_key) => return Ok(data_key),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }
}

/// What to do with a file whose checksum is wrong.
const CHANGE: &str = "change it with `sops edit`, or take it from its last good version";

/// The way through all values, in their order.
struct Walk {
    cipher: Cipher,
    checksum: Sha512,
    only_encrypted: bool,
}

impl Walk {
    /// A value with all values in it decrypted. `path` is what each was encrypted with as additional data.
    fn decrypted(&mut self, value: Tree, path: &str) -> Result<Tree, Failure> {
        Ok(match value {
            Tree::Object(members) => {
                let member = |(name, value): (String, Tree)| {
                    let value = self.decrypted(value, &format!("{path}{name}:"))?;
                    Ok((name, value))
                };
                Tree::Object(members.into_iter().map(member).collect::<Result<_, Failure>>()?)
            }
            Tree::List(items) => Tree::List(
                items.into_iter().map(|item| self.decrypted(item, path)).collect::<Result<_, _>>()?,
            ),
            Tree::Text(text) if encrypted(&text) => {
                let plain = self.cipher.decrypt(&text, path)?;
                self.checksum.update(plain.as_bytes());
                Tree::typed(plain.to_string(), cipher::kind(&text))
            }
            plain => {
                if !self.only_encrypted {
                    self.checksum.update(plain.bytes());
                }
                plain
            }
        })
    }
}

#[cfg(test)]
mod tests;
