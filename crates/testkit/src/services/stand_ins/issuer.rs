//! An issuer of identity tokens with its public keys (RFC 7517, RFC 7518, RFC 7519).

use std::time::{SystemTime, UNIX_EPOCH};

use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData, SigningKey};
use serde_json::{Value, json};

use crate::server::Server;

/// The length of a number of the curve, in bytes.
const HALF: usize = 32;

/// Issues tokens signed with a key of its own, and serves the key.
#[derive(Debug)]
pub struct Issuer {
    key: KeyPair,
    server: Server,
}

impl Issuer {
    /// Makes the key and serves it.
    pub fn start() -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("the provider makes keys");
        // An uncompressed point: a byte that says so, and two numbers of 32 bytes.
        let (x, y) = key.der_bytes()[1..].split_at(HALF);
        let keys = json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "testkit",
            "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
        }] });
        let router = Router::new().route("/keys", get(move || async move { Json(keys) }));
        Self { key, server: Server::http(router) }
    }

    /// Where its public keys are.
    pub fn keys_url(&self) -> String {
        self.server.url("/keys")
    }

    /// A token with these claims, issued now and valid for an hour unless they say otherwise.
    ///
    /// # Panics
    /// When the claims are no object.
    pub fn token(&self, claims: Value) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        let mut all = json!({ "iat": now, "nbf": now, "exp": now + 3600 });
        let Value::Object(claims) = claims else { panic!("claims are an object: {claims}") };
        all.as_object_mut().expect("an object").extend(claims);
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": "testkit" });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&all));
        let signature = self.key.sign(signed.as_bytes()).expect("the key signs");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(halves(&signature)))
    }
}

/// The two numbers of a signature in DER, each in 32 bytes, as tokens carry them (RFC 7518, section 3.4).
fn halves(signature: &[u8]) -> Vec<u8> {
    let mut rest = &signature[2..];
    let mut both = Vec::with_capacity(2 * HALF);
    for _ in 0..2 {
        let (number, behind) = rest[2..].split_at(usize::from(rest[1]));
        // A number is written without leading zeros, and with one where it would be negative otherwise.
        let number = &number[number.len().saturating_sub(HALF)..];
        both.resize(both.len() + HALF - number.len(), 0);
        both.extend_from_slice(number);
        rest = behind;
    }
    both
}
