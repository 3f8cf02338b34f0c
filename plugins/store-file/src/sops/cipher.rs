//! One encrypted value: `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]`.

use aes_gcm::aead::consts::U32;
use aes_gcm::aead::{Aead, Payload};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, KeyInit, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// AES-256 in Galois/Counter Mode, with the initialization vectors of 32 bytes that SOPS makes.
pub(super) struct Cipher(AesGcm<Aes256, U32>);

/// A value cannot be decrypted.
#[derive(Debug)]
pub(super) struct Failure;

const START: &str = "ENC[AES256_GCM,data:";

/// Whether a text is an encrypted value.
pub(super) fn encrypted(text: &str) -> bool {
    text.starts_with(START)
}

/// The type of an encrypted value: `str`, `int`, `float`, `bool` and others.
pub(super) fn kind(text: &str) -> &str {
    text.rsplit_once(",type:").map_or("", |(_, kind)| kind.trim_end_matches(']'))
}

impl Cipher {
    /// A cipher with the key of a file; none for a key of another length.
    pub(super) fn new(key: &[u8]) -> Option<Self> {
        AesGcm::new_from_slice(key).ok().map(Self)
    }

    /// Decrypts a value that was encrypted with this additional data.
    pub(super) fn decrypt(&self, text: &str, additional: &str) -> Result<Zeroizing<String>, Failure> {
        let parts = text.strip_prefix(START).and_then(|rest| {
            let (data, rest) = rest.split_once(",iv:")?;
            let (iv, rest) = rest.split_once(",tag:")?;
            let (tag, _) = rest.split_once(",type:")?;
            Some([data, iv, tag])
        });
        let [data, iv, tag] = parts.ok_or(Failure)?.map(|part| STANDARD.decode(part).map_err(|_| Failure));
        let (mut message, iv) = (data?, iv?);
        message.extend(tag?);
        if iv.len() != 32 {
            return Err(Failure);
        }
        let payload = Payload { msg: &message, aad: additional.as_bytes() };
        let plain = self.0.decrypt(Nonce::from_slice(&iv), payload).map_err(|_| Failure)?;
        String::from_utf8(plain).map(Zeroizing::new).map_err(|_| Failure)
    }
}
