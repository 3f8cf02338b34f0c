//! The key of a service account, and the assertion that it signs
//! (<https://developers.google.com/identity/protocols/oauth2/service-account#httprest>).

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deployer_core::{Error, Kind, Result, SecretValue};
use rustls::SignatureScheme;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::SigningKey;
use serde::Deserialize;
use serde_json::json;

/// What tokens are for. Not every service has a narrower scope; the roles of the account are the limit.
pub(crate) const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// Whom assertions are for, wherever they are sent: Google names no other.
const AUDIENCE: &str = "https://oauth2.googleapis.com/token";

/// The file of a service account's key.
pub(crate) struct KeyFile {
    /// The account.
    pub(crate) email: String,
    /// Where assertions become tokens.
    pub(crate) token_uri: String,
    key_id: String,
    key: Arc<dyn SigningKey>,
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyFile({}, key {})", self.email, self.key_id)
    }
}

/// The members that are read. It has no `Debug`, because that would show the key.
#[derive(Deserialize)]
struct Members {
    r#type: String,
    client_email: String,
    private_key_id: String,
    private_key: String,
    token_uri: String,
}

impl KeyFile {
    /// Reads the JSON text of a key file.
    ///
    /// # Errors
    /// `Settings` for another text, without repeating it: the words of the libraries can quote parts of it.
    #[expect(clippy::disallowed_methods, reason = "the key enters the library of cryptography here")]
    pub(crate) fn read(text: &SecretValue) -> Result<Self> {
        let refused = |cause: &str| {
            Error::new(Kind::Settings, "the key of the service account cannot be used")
                .with_cause(cause.to_owned())
                .with_hint("give the JSON file of `gcloud iam service-accounts keys create`, as it is")
        };
        let members: Members = serde_json::from_str(text.expose()).map_err(|_| {
            refused(
                "it is not JSON with `type`, `client_email`, `private_key_id`, `private_key` and `token_uri`",
            )
        })?;
        if members.r#type != "service_account" {
            return Err(refused("its `type` is not \"service_account\""));
        }
        let key = PrivateKeyDer::from_pem_slice(members.private_key.as_bytes())
            .ok()
            .and_then(|key| any_supported_type(&key).ok())
            .ok_or_else(|| refused("its `private_key` is not an RSA key in PEM"))?;
        if key.choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256]).is_none() {
            return Err(refused("its `private_key` is not an RSA key"));
        }
        let Members { client_email: email, private_key_id: key_id, token_uri, .. } = members;
        Ok(Self { email, token_uri, key_id, key })
    }
}

/// A signed text that says who we are, for one minute less than the longest that Google accepts. `now` is in Unix seconds.
///
/// # Errors
/// `Bug` when the key signs nothing.
pub(crate) fn bearer_assertion(key: &KeyFile, now: u64) -> Result<SecretValue> {
    let header = json!({ "alg": "RS256", "typ": "JWT", "kid": key.key_id });
    let claims = json!({
        "iss": key.email, "scope": SCOPE, "aud": AUDIENCE, "iat": now, "exp": now + 3540,
    });
    let encoded = |part: &serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let message = format!("{}.{}", encoded(&header), encoded(&claims));
    let signer = key.key.choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256]);
    let signature = signer
        .and_then(|signer| signer.sign(message.as_bytes()).ok())
        .ok_or_else(|| Error::new(Kind::Bug, "log in to Google Cloud").with_cause("the key signs nothing"))?;
    Ok(SecretValue::new(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))))
}
