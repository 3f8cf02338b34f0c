//! Whether a webhook comes from a sender that has the secret. All comparisons take constant time.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Who sends a webhook. Each sender has its own scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Sender {
    /// GitHub signs the body.
    GitHub,
    /// GitLab sends the secret token.
    GitLab,
    /// Azure DevOps sends basic authentication. The secret is `USER:PASSWORD`.
    #[serde(rename = "azure")]
    AzureDevOps,
    /// Bitbucket signs the body.
    Bitbucket,
    /// Any other sender sends the secret as a bearer token.
    Plain,
}

impl Sender {
    /// The header that proves the sender.
    #[must_use]
    pub const fn header(self) -> &'static str {
        match self {
            Self::GitHub => "X-Hub-Signature-256",
            Self::GitLab => "X-Gitlab-Token",
            Self::AzureDevOps | Self::Plain => "Authorization",
            Self::Bitbucket => "X-Hub-Signature",
        }
    }

    /// Whether the value of [`Sender::header`] proves that the sender has the secret. An empty secret proves nothing.
    #[must_use]
    pub fn is_genuine(self, secret: &[u8], header: &[u8], body: &[u8]) -> bool {
        if secret.is_empty() {
            return false;
        }
        match self {
            Self::GitHub | Self::Bitbucket => is_same(signature(secret, body).as_bytes(), header),
            Self::GitLab => is_same(secret, header),
            Self::AzureDevOps => credentials(header, b"basic ")
                .and_then(|encoded| STANDARD.decode(encoded).ok())
                .is_some_and(|decoded| is_same(secret, &decoded)),
            Self::Plain => credentials(header, b"bearer ").is_some_and(|token| is_same(secret, token)),
        }
    }
}

/// `sha256=` and the HMAC of the body in hexadecimal digits.
fn signature(secret: &[u8], body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(body);
    let digits = mac.finalize().into_bytes();
    digits.iter().fold("sha256=".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

/// The credentials after a scheme. The case of the scheme is ignored.
fn credentials<'a>(header: &'a [u8], scheme: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = header.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// Compares digests, so that the time does not depend on the length of the secret.
fn is_same(expected: &[u8], given: &[u8]) -> bool {
    Sha256::digest(expected).as_slice().ct_eq(Sha256::digest(given).as_slice()).into()
}
