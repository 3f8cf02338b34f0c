//! The signature: who sent a body, when, and that nobody changed it.

use deployer_core::SecretValue;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The header that carries the signature.
pub(crate) const HEADER: &str = "X-Deployer-Signature";

/// The value of the header, `t=<seconds since 1970>,v1=<hexadecimal>`: the HMAC-SHA256 (RFC 2104) of the seconds, a dot, and the
/// body as it is sent.
pub(crate) fn value(key: &SecretValue, seconds: u64, body: &[u8]) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(exposed(key).as_bytes()).expect("HMAC takes keys of any length");
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    let digest: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={digest}")
}

#[expect(clippy::disallowed_methods, reason = "the key goes into the digest and nowhere else")]
fn exposed(key: &SecretValue) -> &str {
    key.expose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_known_digest_of_time_and_body() {
        // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac key
        let expected = "a438e398bfafc57e4396bb7fc2304422f0f768e965d073ca313cb52e22e6ad03";
        let key = SecretValue::new("key");
        assert_eq!(value(&key, 1_700_000_000, b"{\"a\":1}"), format!("t=1700000000,v1={expected}"));
        for other in [
            value(&key, 1_700_000_001, b"{\"a\":1}"),
            value(&key, 1_700_000_000, b"{\"a\":2}"),
            value(&SecretValue::new("yek"), 1_700_000_000, b"{\"a\":1}"),
        ] {
            assert!(!other.ends_with(expected), "time, body and key all count");
        }
    }
}
