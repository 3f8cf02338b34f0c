//! The settings, and the place that they describe.

use std::sync::Arc;

use deployer_core::plugin::Context;
use deployer_core::{Error, Result};
use deployer_gcp::LoginSettings;
use deployer_http::{Client, Endpoint, HttpSettings};
use deployer_object_store::{Gcs, ObjectPlace, Storage, checked_container, checked_prefix};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::login::Account;

/// The table as people write it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The bucket.
    bucket: String,
    /// The folder in the bucket.
    #[serde(default)]
    prefix: String,
    /// The address of the service.
    #[serde(default = "google")]
    endpoint: String,
    /// The login, as for Secret Manager.
    login: LoginSettings,
    /// Certificates and time limits.
    #[serde(default)]
    http: HttpSettings,
}

fn google() -> String {
    "https://storage.googleapis.com".to_owned()
}

impl Settings {
    /// Finds credentials and certificates and checks every value. `name` is how messages call the table. Opens no connection.
    pub(crate) fn place(self, name: &str, context: &Context) -> Result<ObjectPlace> {
        let mut problems = Vec::new();
        let mut note = |error: Error| problems.push(error);
        checked_container("bucket", &self.bucket).unwrap_or_else(&mut note);
        let prefix = checked_prefix(&self.prefix).map_err(&mut note).ok();
        let endpoint = Endpoint::parse(&self.endpoint, self.http.allow_http)
            .map_err(|error| note(error.context("`endpoint`")))
            .ok();
        let client = Client::new(context, &self.http).map_err(&mut note).ok();
        let login = self.login.resolve(context, &self.http, client.as_ref()).map_err(&mut note).ok();
        match (prefix, endpoint, client, login) {
            (Some(prefix), Some(endpoint), Some(client), Some(login)) if problems.is_empty() => {
                let (login, redactor) = (Arc::new(Account::new(login)), context.redactor.clone());
                Gcs.place(Storage { client, endpoint, container: self.bucket, prefix, login, redactor })
            }
            _ => Err(Error::unusable(name, problems)),
        }
    }
}

#[cfg(test)]
mod tests {
    use deployer_core::document::SourceText;
    use deployer_core::plugin::Section;
    use deployer_core::traits::LeasePlace;

    use super::*;

    fn built(text: &str) -> Result<ObjectPlace> {
        let source = SourceText::new("deployer.toml", text);
        let context =
            Context::new("test").with_variables([("TOKEN", "hunter2hunter2")].into_iter().collect());
        Section::parse("state", &source)?.read::<Settings>()?.place("state", &context)
    }

    #[test]
    fn the_example_is_what_the_settings_take() {
        let source = SourceText::new("deployer.toml", crate::GCS.example);
        crate::GCS.settings.check(Section::parse("state", &source).unwrap()).unwrap();
        let shown = format!("{:?}", built(crate::GCS.example).unwrap_err());
        assert!(shown.contains("GCP_SERVICE_ACCOUNT_KEY"), "only the key is missing: {shown}");
    }

    #[test]
    fn a_place_shows_its_bucket_and_no_credential() {
        let place =
            built("bucket = 'team-state'\nprefix = '/a/'\nlogin.access_token = { env = 'TOKEN' }\n").unwrap();
        assert_eq!(place.location(), "gs://team-state/a");
        assert!(!format!("{place:?}").contains("hunter2"), "{place:?}");
    }

    #[test]
    fn all_problems_are_reported_at_once() {
        let text = "bucket = 'gs://team'\nprefix = 'a b'\nendpoint = 'http://other'\nlogin.access_token = { env = 'ABSENT' }\n";
        let shown = format!("{:?}", built(text).unwrap_err());
        for expected in ["`bucket`", "`prefix`", "`endpoint`", "ABSENT"] {
            assert!(shown.contains(expected), "{expected}: {shown}");
        }
    }
}
