//! The signs of encrypted files.

/// What a binary file of age and an armoured one begin with.
const BEGINNINGS: [&[u8]; 2] = [b"age-encryption.org/", b"-----BEGIN AGE ENCRYPTED FILE-----"];

/// Whether a file is one of age.
pub(crate) fn is_age(bytes: &[u8]) -> bool {
    let bytes = bytes.trim_ascii_start();
    BEGINNINGS.iter().any(|beginning| bytes.starts_with(beginning))
}

/// Whether SOPS encrypted a text of the format `dotenv`: its metadata is among the values.
pub(crate) fn is_dotenv_of_sops(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("sops_mac="))
}
