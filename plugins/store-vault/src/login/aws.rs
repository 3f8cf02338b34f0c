//! An AWS identity: a signed question to AWS who we are, which Vault asks in our place
//! (<https://developer.hashicorp.com/vault/docs/auth/aws#iam-auth-method>).

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use deployer_core::plugin::{Context, Credential};
use deployer_core::{Error, Kind, Result, SecretValue};
use deployer_http::{Endpoint, Url};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::wire::SignedIdentity;

const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
const SERVER_ID: &str = "x-vault-aws-iam-server-id";

/// An identity of AWS, by the keys of an IAM role or user.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AwsSettings {
    /// The mount path of the method, below `auth/` [default: the name of this table].
    pub(crate) mount: Option<String>,
    /// The role of Vault [default: the role with the name of the AWS identity].
    role: Option<String>,
    /// The region of AWS's token service [default: its global address, which is signed for `us-east-1`].
    region: Option<String>,
    /// The address of AWS's token service where it is not that of the region.
    sts_endpoint: Option<String>,
    /// What Vault asks for in `X-Vault-AWS-IAM-Server-ID`.
    server_id: Option<String>,
    /// The ID of the access key [default: the variable `AWS_ACCESS_KEY_ID`].
    access_key_id: Option<Credential>,
    /// The access key [default: the variable `AWS_SECRET_ACCESS_KEY`].
    secret_access_key: Option<Credential>,
    /// The token of a temporary key; the variable `AWS_SESSION_TOKEN` when no key is given.
    session_token: Option<Credential>,
}

/// An AWS identity and the role to log in to.
#[derive(Debug, Clone)]
pub(crate) struct AwsIdentity {
    role: Option<String>,
    url: Url,
    region: String,
    server_id: Option<String>,
    access_key_id: SecretValue,
    secret_access_key: SecretValue,
    session_token: Option<SecretValue>,
}

impl AwsSettings {
    pub(crate) fn resolve(self, context: &Context) -> Result<AwsIdentity> {
        let own_keys = self.access_key_id.is_some() || self.secret_access_key.is_some();
        let found = |given: Option<Credential>, name: &str| {
            let credential =
                given.unwrap_or_else(|| Credential::Env { name: name.to_owned(), field: Vec::new() });
            credential.resolve(context).map_err(|error| {
                error.with_hint(
                    "AWS credentials are taken from the settings or from the environment variables of AWS",
                )
            })
        };
        let address = match (self.sts_endpoint, &self.region) {
            (Some(given), _) => given,
            (None, Some(region)) => format!("https://sts.{region}.amazonaws.com"),
            (None, None) => "https://sts.amazonaws.com".to_owned(),
        };
        let endpoint = Endpoint::parse(&address, false)
            .map_err(|error| error.context("the address of AWS's token service"))?;
        // A session token of the environment belongs to the keys of the environment.
        let session = match self.session_token {
            None if own_keys || context.variables.get("AWS_SESSION_TOKEN").is_none() => None,
            given => Some(found(given, "AWS_SESSION_TOKEN")?),
        };
        Ok(AwsIdentity {
            role: self.role,
            url: endpoint.url(&[""]),
            region: self.region.unwrap_or_else(|| "us-east-1".to_owned()),
            server_id: self.server_id,
            access_key_id: found(self.access_key_id, "AWS_ACCESS_KEY_ID")?,
            secret_access_key: found(self.secret_access_key, "AWS_SECRET_ACCESS_KEY")?,
            session_token: session,
        })
    }
}

impl AwsIdentity {
    pub(super) fn role(&self) -> Option<&str> {
        self.role.as_deref()
    }

    /// Signs the question for now; AWS takes it for a quarter of an hour.
    pub(super) fn sign(&self, attempted: &str) -> Result<SignedIdentity> {
        self.signed_at(SystemTime::now()).ok_or_else(|| {
            Error::new(Kind::Settings, attempted)
                .with_cause("the question to AWS cannot be signed")
                .with_hint("look for line ends and blanks in the AWS credentials, `region` and `server_id`")
        })
    }

    fn signed_at(&self, time: SystemTime) -> Option<SignedIdentity> {
        let host = match self.url.port() {
            Some(port) => format!("{}:{port}", self.url.host_str()?),
            None => self.url.host_str()?.to_owned(),
        };
        let mut headers = vec![("host", host.as_str()), ("content-type", FORM)];
        headers.extend(self.server_id.as_deref().map(|id| (SERVER_ID, id)));
        let session = self.session_token.as_ref().map(|token| exposed(token).to_owned());
        let credentials = Credentials::new(
            exposed(&self.access_key_id),
            exposed(&self.secret_access_key),
            session,
            None,
            "settings",
        );
        let identity = credentials.into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("sts")
            .time(time)
            .settings(SigningSettings::default())
            .build()
            .ok()?;
        let body = SignableBody::Bytes(BODY.as_bytes());
        let request = SignableRequest::new("POST", self.url.as_str(), headers.iter().copied(), body).ok()?;
        let (instructions, _signature) = sign(request, &parameters.into()).ok()?.into_parts();
        // Names as Vault's examples write them: lists of values by name.
        let written = headers.iter().copied().chain(instructions.headers());
        let written: Map<String, Value> =
            written.map(|(name, value)| (name.to_owned(), Value::from(vec![value]))).collect();
        Some(SignedIdentity {
            url: STANDARD.encode(self.url.as_str()),
            body: STANDARD.encode(BODY),
            headers: SecretValue::new(STANDARD.encode(Value::Object(written).to_string())),
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "the keys enter the signer here and nowhere else")]
fn exposed(value: &SecretValue) -> &str {
    value.expose()
}
