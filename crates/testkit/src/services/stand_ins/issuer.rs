//! An issuer of identity tokens with its public keys (RFC 7517, RFC 7519, RFC 8037).

use std::time::{SystemTime, UNIX_EPOCH};

use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{KeyPair, PKCS_ED25519, PublicKeyData, SigningKey};
use serde_json::{Value, json};

use crate::server::Server;

/// Issues tokens signed with a key of its own, and serves the key.
#[derive(Debug)]
pub struct Issuer {
    key: KeyPair,
    server: Server,
}

impl Issuer {
    /// Makes the key and serves it.
    pub fn start() -> Self {
        let key = KeyPair::generate_for(&PKCS_ED25519).expect("the provider makes keys");
        let public = URL_SAFE_NO_PAD.encode(key.der_bytes());
        let keys = json!({ "keys": [{
            "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": "testkit", "x": public,
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
        let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": "testkit" });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&all));
        let signature = self.key.sign(signed.as_bytes()).expect("the key signs");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
