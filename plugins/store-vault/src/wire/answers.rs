//! What Vault answers. Every field is optional: servers leave out what is empty, and forks leave out more.

use std::collections::BTreeMap;

use deployer_core::SecretValue;
use deployer_http::Response;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The fields of a secret as they were written, in order of their names.
pub(crate) type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// The answer to reading a secret of a key-value engine of version 1.
#[derive(Deserialize)]
pub(crate) struct PlainAnswer<'a> {
    #[serde(borrow)]
    pub(crate) data: Option<Fields<'a>>,
}

/// The answer to reading a secret of a key-value engine of version 2.
#[derive(Deserialize)]
pub(crate) struct ReadAnswer<'a> {
    #[serde(borrow)]
    pub(crate) data: Option<VersionedSecret<'a>>,
}

/// A version of a secret.
#[derive(Deserialize)]
pub(crate) struct VersionedSecret<'a> {
    #[serde(borrow)]
    pub(crate) data: Option<Fields<'a>>,
    pub(crate) metadata: Option<VersionMetadata>,
}

/// What is known of a version.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct VersionMetadata {
    pub(crate) version: Option<u64>,
    pub(crate) deletion_time: Option<String>,
    pub(crate) destroyed: Option<bool>,
}

/// The answer to a login and to the renewal of a token.
#[derive(Deserialize)]
pub(crate) struct LoginAnswer {
    pub(crate) auth: Option<Auth>,
}

/// A token and what is known of it.
#[derive(Deserialize)]
pub(crate) struct Auth {
    #[serde(default, deserialize_with = "secret")]
    pub(crate) client_token: Option<SecretValue>,
    pub(crate) token_type: Option<String>,
    pub(crate) lease_duration: Option<u64>,
    pub(crate) renewable: Option<bool>,
    pub(crate) mfa_requirement: Option<serde::de::IgnoredAny>,
}

/// The answer to a token's question about itself.
#[derive(Deserialize)]
pub(crate) struct TokenAnswer {
    pub(crate) data: Option<TokenFacts>,
}

/// What a token is told about itself.
#[derive(Deserialize)]
pub(crate) struct TokenFacts {
    pub(crate) ttl: Option<u64>,
    pub(crate) renewable: Option<bool>,
}

/// The answer to unwrapping: a secret id, or the token of a login that was wrapped.
#[derive(Deserialize)]
pub(crate) struct UnwrapAnswer {
    pub(crate) data: Option<Unwrapped>,
}

/// What was wrapped.
#[derive(Deserialize)]
pub(crate) struct Unwrapped {
    #[serde(default, deserialize_with = "secret")]
    pub(crate) secret_id: Option<SecretValue>,
}

fn secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<SecretValue>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty()).map(SecretValue::new))
}

/// The answer to listing a folder.
#[derive(Deserialize)]
pub(crate) struct ListAnswer {
    pub(crate) data: Option<Keys>,
}

/// The names in a folder; those of folders end in a slash.
#[derive(Deserialize)]
pub(crate) struct Keys {
    pub(crate) keys: Option<Vec<String>>,
}

/// The answer to finding a mount.
#[derive(Deserialize)]
pub(crate) struct MountAnswer {
    pub(crate) data: Option<Mount>,
}

/// A mount.
#[derive(Deserialize)]
pub(crate) struct Mount {
    pub(crate) path: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    pub(crate) options: Option<MountOptions>,
}

/// The options of a mount.
#[derive(Deserialize)]
pub(crate) struct MountOptions {
    pub(crate) version: Option<String>,
}

/// The answer to asking what a token may do: the capabilities by path.
#[derive(Deserialize)]
pub(crate) struct Capabilities {
    pub(crate) data: Option<BTreeMap<String, Vec<String>>>,
}

/// What Vault says about a failure.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Complaint {
    pub(crate) errors: Option<Vec<String>>,
    pub(crate) warnings: Option<Vec<String>>,
}

/// Whether Vault itself answered. A proxy or a wrong base path refuses requests too, and proves nothing.
pub(crate) fn is_of_vault(answer: &Response) -> bool {
    let complains = |said: Complaint| said.errors.is_some() || said.warnings.is_some();
    answer.json::<Complaint>("an error").is_ok_and(complains)
        || answer.json::<ReadAnswer<'_>>("the secret").is_ok_and(|answer| answer.data.is_some())
}
