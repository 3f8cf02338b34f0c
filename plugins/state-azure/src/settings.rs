//! The settings, and the place that they describe.

use std::sync::Arc;

use deployer_azure::{Cloud, LoginSettings, Means, login_service};
use deployer_core::plugin::{Context, Credential};
use deployer_core::{Error, Kind, Result};
use deployer_http::{Client, Endpoint, HttpSettings};
use deployer_object_store::{Azure, ObjectPlace, Storage, StorageLogin, checked_container, checked_prefix};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::login::{AccountKey, Entra};

/// The table as people write it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The storage account.
    account: String,
    /// The container.
    container: String,
    /// The folder in the container.
    #[serde(default)]
    prefix: String,
    /// The address of the account [default: `https://<account>.blob.core.windows.net`].
    endpoint: Option<String>,
    /// The key of the account, instead of `login`.
    account_key: Option<Credential>,
    /// The login, as for Key Vault.
    login: Option<LoginSettings>,
    /// The cloud of the tenant [default: from the address].
    cloud: Option<Cloud>,
    /// The login service [default: the cloud's, or `AZURE_AUTHORITY_HOST` if `cloud` is not set].
    authority: Option<String>,
    /// Certificates and time limits.
    #[serde(default)]
    http: HttpSettings,
}

impl Settings {
    /// Finds credentials and certificates and checks every value. `name` is how messages call the table. Opens no connection.
    pub(crate) fn place(self, name: &str, context: &Context) -> Result<ObjectPlace> {
        let mut problems = Vec::new();
        let mut note = |error: Error| problems.push(error);
        let is_account = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        if !(3..=24).contains(&self.account.len()) || !self.account.chars().all(is_account) {
            note(
                Error::new(Kind::Settings, "`account` cannot be used")
                    .with_cause("the name of a storage account has 3 to 24 lower-case letters and digits"),
            );
        }
        checked_container("container", &self.container).unwrap_or_else(&mut note);
        let prefix = checked_prefix(&self.prefix).map_err(&mut note).ok();
        let own = format!("https://{}.blob.core.windows.net", self.account);
        let endpoint = Endpoint::parse(self.endpoint.as_deref().unwrap_or(&own), self.http.allow_http)
            .map_err(|error| note(error.context("`endpoint`")))
            .ok();
        let client = Client::new(context, &self.http).map_err(&mut note).ok();
        let login = match (self.account_key, self.login, &client, &endpoint) {
            (Some(_), Some(_), ..) | (None, None, ..) => {
                note(
                    Error::new(Kind::Settings, "the login is not clear")
                        .with_hint("set exactly one of `login` and `account_key`"),
                );
                None
            }
            (Some(key), None, ..) => {
                let key = key.resolve(context).map_err(|error| note(error.context("`account_key`")));
                key.ok().map(|key| Arc::new(AccountKey(key)) as Arc<dyn StorageLogin>)
            }
            (None, Some(login), Some(client), Some(endpoint)) => {
                let cloud = login_service(self.authority.as_deref(), self.cloud, endpoint, context);
                let credential = cloud.and_then(|cloud| {
                    login.credential(&Means { context, http: &self.http, client, cloud: &cloud })
                });
                let credential = credential.map_err(&mut note).ok();
                credential.map(|credential| {
                    Arc::new(Entra::new(credential, context.redactor.clone())) as Arc<dyn StorageLogin>
                })
            }
            (None, Some(_), ..) => None,
        };
        match (prefix, endpoint, client, login) {
            (Some(prefix), Some(endpoint), Some(client), Some(login)) if problems.is_empty() => {
                let redactor = context.redactor.clone();
                let storage =
                    Storage { client, endpoint, container: self.container, prefix, login, redactor };
                Azure { account: self.account }.place(storage)
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
        let variables = [("AZURE_FEDERATED_TOKEN", "hunter2hunter2"), ("KEY", "aHVudGVyMg==")];
        let context = Context::new("test").with_variables(variables.into_iter().collect());
        Section::parse("state", &source)?.read::<Settings>()?.place("state", &context)
    }

    #[test]
    fn the_example_builds_and_shows_no_credential() {
        let place = built(crate::AZURE.example).unwrap();
        assert_eq!(place.location(), "azure://teamsesam/sesam-state/prod");
        assert!(!format!("{place:?}").contains("hunter2"), "{place:?}");
    }

    #[test]
    fn all_problems_are_reported_at_once() {
        let text = "account = 'Team'\ncontainer = 'a/b'\nprefix = 'a b'\naccount_key = { env = 'ABSENT' }\n\
                    endpoint = 'http://other'\n";
        let shown = format!("{:?}", built(text).unwrap_err());
        for expected in ["`account`", "`container`", "`prefix`", "`endpoint`", "ABSENT"] {
            assert!(shown.contains(expected), "{expected}: {shown}");
        }
    }

    #[test]
    fn exactly_one_login_is_required() {
        let base = "account = 'team'\ncontainer = 'state'\n";
        built(&format!("{base}account_key = {{ env = 'KEY' }}\n")).unwrap();
        for login in ["", "account_key = { env = 'KEY' }\nlogin.cli = {}\n"] {
            let shown = format!("{:?}", built(&format!("{base}{login}")).unwrap_err());
            assert!(shown.contains("exactly one of `login` and `account_key`"), "{shown}");
        }
    }
}
