//! Keyed fingerprints of secrets: they tell whether a value is the one that was sent last, and not what it is.

use std::collections::BTreeMap;
use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use deployer_core::error::{Error, Kind, Result};
use deployer_core::model::{NodeName, SecretName, SecretState};
use deployer_core::secret::SecretValue;
use deployer_core::traits::Secrets;

/// Fingerprints by the name of the secret.
pub type KeyedFingerprints = BTreeMap<SecretName, String>;

/// What a run is told of the secrets that earlier ones sent.
#[derive(Debug, Clone)]
pub struct Remembered {
    /// The key of the fingerprints.
    pub key: FingerprintKey,
    /// The fingerprints of what was sent last, by node.
    pub nodes: BTreeMap<NodeName, KeyedFingerprints>,
}

impl Remembered {
    /// Which of a node's secrets are the same as those that were sent last, and which are not. Nothing is told of others.
    pub fn states(
        &self,
        node: &NodeName,
        target: &str,
        secrets: &Secrets,
    ) -> BTreeMap<SecretName, SecretState> {
        let Some(sent) = self.nodes.get(node) else { return BTreeMap::new() };
        let state = |(name, now): (SecretName, String)| {
            let same = sent.get(&name)? == &now;
            Some((name, if same { SecretState::Unchanged } else { SecretState::Changed }))
        };
        self.key.fingerprints(target, secrets).into_iter().filter_map(state).collect()
    }
}

/// The key of fingerprints. Without it, nobody can try out values against them.
#[derive(Debug, Clone)]
pub struct FingerprintKey(SecretValue);

impl FingerprintKey {
    /// The least number of characters: a shorter key could be tried out too.
    pub const SHORTEST: usize = 16;

    /// Takes a key.
    ///
    /// # Errors
    /// `Settings` when it is too short.
    #[expect(clippy::disallowed_methods, reason = "the length is counted")]
    pub fn new(key: SecretValue) -> Result<Self> {
        if key.expose().chars().count() < Self::SHORTEST {
            let message = format!("the key of fingerprints is shorter than {} characters", Self::SHORTEST);
            return Err(Error::new(Kind::Settings, message)
                .with_hint("make one, for example: openssl rand -base64 32"));
        }
        Ok(Self(key))
    }

    /// The fingerprint of the key itself, which tells whether others were made with it.
    pub fn own(&self) -> String {
        self.digest(&["key"])
    }

    /// The fingerprints of a target's secrets. The same value has another one on another target and under another name.
    #[expect(clippy::disallowed_methods, reason = "the values are hashed")]
    pub fn fingerprints(&self, target: &str, secrets: &Secrets) -> KeyedFingerprints {
        let fingerprint = |(name, value): (&SecretName, &SecretValue)| {
            (name.clone(), self.digest(&["secret", target, name.as_str(), value.expose()]))
        };
        secrets.iter().map(fingerprint).collect()
    }

    /// HMAC-SHA256 of some texts, each after its length so that no two lists give the same bytes.
    #[expect(clippy::disallowed_methods, reason = "the key is what is hashed with")]
    fn digest(&self, parts: &[&str]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose().as_bytes())
            .expect("HMAC takes keys of every length");
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        let mut text = String::with_capacity(64);
        for byte in mac.finalize().into_bytes() {
            write!(text, "{byte:02x}").expect("a String takes everything");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> FingerprintKey {
        FingerprintKey::new(SecretValue::new(text)).expect("it is long enough")
    }

    fn secrets(values: &[(&str, &str)]) -> Secrets {
        values.iter().map(|(name, value)| (SecretName::new(*name), SecretValue::new(*value))).collect()
    }

    #[test]
    fn the_same_value_has_one_fingerprint_for_each_key_target_and_name() {
        let key_one = key("0123456789abcdef");
        let values = secrets(&[("a", "value"), ("b", "value")]);
        let here = key_one.fingerprints("here", &values);
        assert_eq!(here, key_one.fingerprints("here", &values));
        assert_ne!(here[&SecretName::new("a")], here[&SecretName::new("b")]);
        assert_ne!(here, key_one.fingerprints("there", &values));
        assert_ne!(here, key("fedcba9876543210").fingerprints("here", &values));
        assert_ne!(
            key_one.fingerprints("ab", &secrets(&[("c", "d")])).into_values().next(),
            key_one.fingerprints("a", &secrets(&[("bc", "d")])).into_values().next()
        );
        let short = FingerprintKey::new(SecretValue::new("fifteen letters")).expect_err("too short");
        assert!(!format!("{short:?}").contains("fifteen letters"));
    }

    #[test]
    fn secrets_are_unchanged_or_changed_where_something_is_remembered() {
        let key = key("0123456789abcdef");
        let sent = key.fingerprints("here", &secrets(&[("same", "1"), ("other", "1")]));
        let remembered = Remembered { key, nodes: [(NodeName::master(), sent)].into() };
        let now = secrets(&[("same", "1"), ("other", "2"), ("new", "1")]);
        let states = remembered.states(&NodeName::master(), "here", &now);
        let expected = [("other", SecretState::Changed), ("same", SecretState::Unchanged)];
        assert_eq!(states, expected.map(|(name, state)| (SecretName::new(name), state)).into());
        assert!(remembered.states(&NodeName::new("extra"), "here", &now).is_empty());
    }
}
