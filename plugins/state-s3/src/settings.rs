//! The settings, and the place that they describe.

use std::sync::Arc;

use deployer_aws::Access;
use deployer_core::plugin::Context;
use deployer_core::{Error, Kind, Result};
use deployer_http::{Endpoint, HttpSettings};
use deployer_object_store::{ObjectPlace, S3, Storage, StorageLogin, checked_container, checked_prefix};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::login::{Chain, LoginSettings};

/// The table as people write it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The bucket.
    bucket: String,
    /// The folder in the bucket.
    #[serde(default)]
    prefix: String,
    /// The region of the bucket [default: `AWS_REGION`, then `AWS_DEFAULT_REGION`; `us-east-1` with `endpoint`].
    region: Option<String>,
    /// The address of a compatible service, or of a VPC endpoint [default: the region's].
    endpoint: Option<String>,
    /// Whether the bucket is in the path of addresses, and not in the name of the host [default: `true` with `endpoint`, otherwise
    /// `false`].
    path_style: Option<bool>,
    /// The profile of the AWS configuration files [default: `AWS_PROFILE`].
    profile: Option<String>,
    /// The login [default: the default chain of the AWS SDKs].
    login: Option<LoginSettings>,
    /// Certificates and time limits.
    #[serde(default)]
    http: HttpSettings,
}

impl Settings {
    /// Finds credentials and certificates and checks every value. `name` is how messages call the table. Opens no connection.
    pub(crate) fn place(self, name: &str, context: &Context) -> Result<ObjectPlace> {
        let mut problems = Vec::new();
        let mut note = |error: Error| problems.push(error);
        checked_container("bucket", &self.bucket).unwrap_or_else(&mut note);
        let prefix = checked_prefix(&self.prefix).map_err(&mut note);
        let region = self.region(context).map_err(&mut note);
        if self.profile.is_some() && self.login.is_some() {
            note(Error::new(Kind::Settings, "`profile` and `login` are set").with_hint("remove one of them"));
        }
        // A bucket with dots in its name has no certificate of its own.
        let virtual_host = !self.path_style.unwrap_or(self.endpoint.is_some() || self.bucket.contains('.'));
        let endpoint =
            self.address(region.as_deref().unwrap_or("us-east-1"), virtual_host).map_err(&mut note);
        let client = deployer_aws::client(context, &self.http).map_err(&mut note);
        let login = match (self.login, &client) {
            (Some(login), _) => login.resolve(context).map_err(&mut note).ok(),
            (None, Ok(client)) => {
                let access = Access {
                    region: region.as_ref().ok().cloned(),
                    profile: self.profile,
                    endpoint: None,
                    client: client.clone(),
                    allow_http: self.http.allow_http,
                    variables: context.variables.clone(),
                    redactor: context.redactor.clone(),
                };
                Some(Arc::new(Chain::new(access)) as Arc<dyn StorageLogin>)
            }
            (None, Err(())) => None,
        };
        match (prefix, region, endpoint, client, login) {
            (Ok(prefix), Ok(region), Ok(endpoint), Ok(client), Some(login)) if problems.is_empty() => {
                let redactor = context.redactor.clone();
                let storage = Storage { client, endpoint, container: self.bucket, prefix, login, redactor };
                S3 { region, virtual_host }.place(storage)
            }
            _ => Err(Error::unusable(name, problems)),
        }
    }

    fn region(&self, context: &Context) -> Result<String> {
        let given =
            self.region.as_deref().or_else(|| context.variables.first(&["AWS_REGION", "AWS_DEFAULT_REGION"]));
        let default = || self.endpoint.is_some().then_some("us-east-1");
        let region = given.or_else(default).ok_or_else(|| {
            Error::new(Kind::Settings, "no region")
                .with_cause("neither `region` nor AWS_REGION nor AWS_DEFAULT_REGION is set")
                .with_hint("set `region = \"eu-north-1\"`: the region of the bucket")
        })?;
        let is_region = !region.is_empty() && region.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        match is_region {
            true => Ok(region.to_owned()),
            false => Err(Error::new(Kind::Settings, "`region` cannot be used")
                .with_cause("a region has letters, digits and `-`, such as `eu-north-1`")),
        }
    }

    /// The address of the service; that of the bucket with `virtual_host`.
    fn address(&self, region: &str, virtual_host: bool) -> Result<Endpoint> {
        let bucket = &self.bucket;
        let Some(given) = &self.endpoint else {
            let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
            let host = format!("s3.{region}.{domain}");
            let host = if virtual_host { format!("{bucket}.{host}") } else { host };
            return Endpoint::parse(&host, false).map_err(|error| error.context("`bucket`"));
        };
        let endpoint =
            Endpoint::parse(given, self.http.allow_http).map_err(|error| error.context("`endpoint`"))?;
        if !virtual_host {
            return Ok(endpoint);
        }
        let text = endpoint.to_string().replacen("://", &format!("://{bucket}."), 1);
        Endpoint::parse(&text, self.http.allow_http).map_err(|error| error.context("`endpoint`"))
    }
}

#[cfg(test)]
mod tests {
    use deployer_core::document::SourceText;
    use deployer_core::plugin::Section;
    use deployer_core::traits::LeasePlace;

    use super::*;

    fn built(text: &str) -> Result<(String, String)> {
        let source = SourceText::new("deployer.toml", text);
        let variables = [("KEY", "AKIAKIAKIA"), ("SECRET", "hunter2hunter2")].into_iter().collect();
        let context = Context::new("test").with_variables(variables);
        let settings: Settings = Section::parse("state", &source)?.read()?;
        let virtual_host = !settings.path_style.unwrap_or(settings.endpoint.is_some());
        let address = settings.address("eu-north-1", virtual_host)?.to_string();
        let place = settings.place("state", &context)?;
        assert!(!format!("{place:?}").contains("hunter2"), "{place:?}");
        Ok((place.location(), address))
    }

    #[test]
    fn the_example_builds() {
        let (location, address) = built(crate::S3.example).unwrap();
        assert_eq!(location, "s3://team-sesam-state/prod");
        assert_eq!(address, "https://team-sesam-state.s3.eu-north-1.amazonaws.com");
    }

    #[test]
    fn a_compatible_service_has_an_address_and_a_key() {
        let text = "bucket = 'state'\nendpoint = 'https://s3.example:9000'\n\
                    login.access_key = { id = { env = 'KEY' }, secret = { env = 'SECRET' } }\n";
        let (location, address) = built(text).unwrap();
        assert_eq!(
            (location.as_str(), address.as_str()),
            ("s3://state at https://s3.example:9000", "https://s3.example:9000")
        );
        let (_, address) = built(&format!("path_style = false\n{text}")).unwrap();
        assert_eq!(address, "https://state.s3.example:9000");
    }

    #[test]
    fn all_problems_are_reported_at_once() {
        let text = "bucket = 's3://state'\nprefix = 'a b'\nhttp = { timeout_seconds = 0 }\n\
                    login.access_key = { id = { env = 'ABSENT' }, secret = { env = 'SECRET' } }\n";
        let source = SourceText::new("deployer.toml", text);
        let settings: Settings = Section::parse("state", &source).unwrap().read().unwrap();
        let shown = format!("{:?}", settings.place("state", &Context::new("test")).unwrap_err());
        for expected in ["`bucket`", "`prefix`", "no region", "timeout_seconds", "ABSENT"] {
            assert!(shown.contains(expected), "{expected}: {shown}");
        }
    }

    #[test]
    fn a_literal_key_is_refused_and_not_repeated() {
        let text = "bucket = 'state'\nlogin.access_key = { id = 'a', secret = 'hunter2hunter2' }\n";
        let shown = format!("{:?}", built(text).unwrap_err());
        assert!(shown.contains("must not contain a credential") && !shown.contains("hunter2"), "{shown}");
    }
}
