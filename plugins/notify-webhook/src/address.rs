//! The address of the receiver: a text, or a reference if the address itself is a credential.

use std::borrow::Cow;
use std::fmt;

use deployer_core::plugin::{Context, Credential, rejected};
use deployer_core::{Error, Kind, Result, SecretValue};
use deployer_http::SecretUrl;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// The address in the settings.
#[derive(Debug)]
pub(crate) enum Address {
    /// A text that can be shown.
    Shown(String),
    /// A reference: the whole address is a credential.
    Secret(Credential),
}

impl Address {
    /// The address to send to.
    ///
    /// # Errors
    /// `Settings` as for [`SecretUrl::parse`], and for a query in an address that the settings contain: it might be a credential.
    pub(crate) fn resolve(&self, context: &Context, allow_http: bool) -> Result<SecretUrl> {
        let text = match self {
            Self::Secret(reference) => {
                let name = format!("webhook in {reference}");
                return SecretUrl::parse(&reference.resolve(context)?, name, allow_http);
            }
            Self::Shown(text) => text,
        };
        let url = SecretUrl::parse(&SecretValue::new(text), "webhook in `url`", allow_http)?;
        if url.has_query() {
            return Err(Error::new(Kind::Settings, format!("the {url} cannot be used"))
                .with_cause("it has a part after `?`, which might be a credential")
                .with_hint("give the address as a reference: `url = { env = \"NAME\" }`"));
        }
        let host = url.host().to_owned();
        Ok(url.renamed(format!("webhook at {host}")))
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AddressVisitor)
    }
}

impl JsonSchema for Address {
    fn schema_name() -> Cow<'static, str> {
        "Address".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string" }, generator.subschema_for::<Credential>()] })
    }
}

struct AddressVisitor;

impl<'de> Visitor<'de> for AddressVisitor {
    type Value = Address;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an address, or a reference to one: { env = \"NAME\" }, { file = \"path\" } or { command = [\"program\"] }")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Address, E> {
        if text.trim().is_empty() {
            return Err(rejected("the address is empty"));
        }
        Ok(Address::Shown(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Address, A::Error> {
        Credential::deserialize(MapAccessDeserializer::new(map)).map(Address::Secret)
    }
}
