//! Workload identity federation: an identity token of another issuer becomes an access token
//! (<https://cloud.google.com/iam/docs/workload-identity-federation>).

use deployer_core::plugin::{Context, Credential};
use deployer_core::schemars::{self, JsonSchema};
use deployer_core::{Error, Kind, Redactor, Result, SecretValue};
use deployer_http::{Client, Endpoint, HttpSettings, Request, Url};
use serde::Deserialize;

use super::token::{Token, refused, send};
use crate::wire::{IMPERSONATION, exchange, identity_token, impersonated_token, impersonation, oauth_token};

/// An identity token of another issuer, with exactly one origin.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FederationSettings {
    /// The provider: `projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER`.
    provider: String,
    /// The email address of the service account to become [default: the roles of the identity itself].
    service_account: Option<String>,
    /// The identity token.
    token: Option<Credential>,
    /// The identity token of a job of GitHub Actions.
    github_actions: Option<GithubActions>,
    /// The address of Google's token service.
    #[serde(default = "sts")]
    sts_address: String,
    /// The address of Google's service for the tokens of service accounts.
    #[serde(default = "iam")]
    iam_address: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GithubActions {
    /// The audience of the identity token [default: `https://iam.googleapis.com/` and the provider].
    audience: Option<String>,
}

fn sts() -> String {
    "https://sts.googleapis.com".to_owned()
}

fn iam() -> String {
    "https://iamcredentials.googleapis.com".to_owned()
}

/// The federation with its credentials found.
#[derive(Debug)]
pub(super) struct Federation {
    client: Client,
    provider: String,
    service_account: Option<String>,
    identity: Identity,
    sts: Endpoint,
    iam: Endpoint,
}

/// Where the identity token comes from.
#[derive(Debug)]
enum Identity {
    Given(SecretValue),
    GithubActions { client: Client, url: Url, bearer: SecretValue },
}

impl FederationSettings {
    pub(super) fn resolve(
        self,
        context: &Context,
        http: &HttpSettings,
        client: Client,
    ) -> Result<Federation> {
        let setting = |name: &str| format!("login.workload_identity.{name}");
        let endpoint = |name: &str, address: &str| {
            Endpoint::parse(address, http.allow_http)
                .map_err(|error| error.context(format!("`{}`", setting(name))))
        };
        let provider = self.provider.trim_start_matches('/');
        let provider = provider.strip_prefix("iam.googleapis.com/").unwrap_or(provider).to_owned();
        if !(provider.starts_with("projects/") && provider.contains("/workloadIdentityPools/")) {
            return Err(refused(
                &setting("provider"),
                "it is not projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER",
            ));
        }
        if let Some(account) = &self.service_account
            && (!account.contains('@') || account.contains('/'))
        {
            return Err(refused(
                &setting("service_account"),
                "it is not the email address of a service account",
            ));
        }
        let identity = match (self.token, self.github_actions) {
            (Some(token), None) => Identity::Given(token.resolve(context)?),
            (None, Some(github)) => github.identity(context, http, &provider)?,
            _ => {
                return Err(refused(
                    "login.workload_identity",
                    "the origin of the identity token is not clear",
                )
                .with_hint("give exactly one of `token` and `github_actions`"));
            }
        };
        let (sts, iam) =
            (endpoint("sts_address", &self.sts_address)?, endpoint("iam_address", &self.iam_address)?);
        Ok(Federation { client, provider, service_account: self.service_account, identity, sts, iam })
    }
}

impl GithubActions {
    /// <https://docs.github.com/en/actions/reference/security/oidc#methods-for-requesting-the-oidc-token>
    fn identity(self, context: &Context, http: &HttpSettings, provider: &str) -> Result<Identity> {
        const HINT: &str = "GitHub sets it in jobs with `permissions: id-token: write`; elsewhere give the identity token in `token`";
        let variable = |name: &str| {
            let credential = Credential::Env { name: name.to_owned(), field: Vec::new() };
            credential.resolve(context).map_err(|error| error.with_hint(HINT))
        };
        let refused = |cause: &str| {
            Error::new(Kind::Settings, "the variable ACTIONS_ID_TOKEN_REQUEST_URL cannot be used")
                .with_cause(cause.to_owned())
                .with_hint(HINT)
        };
        let address =
            context.variables.get("ACTIONS_ID_TOKEN_REQUEST_URL").ok_or_else(|| refused("it is not set"))?;
        let mut url = Url::parse(address).map_err(|_| refused("it is not an address"))?;
        // The query is the service's own; everything before it is checked as any address is.
        let mut bare = url.clone();
        bare.set_query(None);
        Endpoint::parse(bare.as_str(), http.allow_http)
            .map_err(|error| refused(error.cause().unwrap_or(error.message())))?;
        let audience = self.audience.unwrap_or_else(|| format!("https://iam.googleapis.com/{provider}"));
        url.query_pairs_mut().append_pair("audience", &audience);
        let bearer = variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN")?;
        // GitHub's certificates are those of the system, whatever those of Google are here.
        let settings = HttpSettings {
            timeout_seconds: http.timeout_seconds,
            connect_timeout_seconds: http.connect_timeout_seconds,
            ..HttpSettings::default()
        };
        Ok(Identity::GithubActions { client: Client::new(context, &settings)?, url, bearer })
    }
}

impl Federation {
    pub(super) async fn token(&self, redactor: &Redactor) -> Result<Token> {
        let attempted = "log in to Google Cloud by workload identity federation";
        let identity = match &self.identity {
            Identity::Given(token) => token.clone(),
            Identity::GithubActions { client, url, bearer } => {
                let attempted = format!("{attempted}: get the identity token of GitHub Actions");
                let response =
                    send(client, redactor, &attempted, Request::get(url.clone()).bearer(bearer)?).await?;
                let token = identity_token(&response).map_err(|error| error.context(&attempted))?;
                redactor.add("the identity token of GitHub Actions", &token);
                token
            }
        };
        let audience = format!("//iam.googleapis.com/{}", self.provider);
        let request = exchange(self.sts.url(&["v1", "token"]), &audience, &identity)?;
        let response = send(&self.client, redactor, attempted, request).await?;
        let (federated, seconds) = oauth_token(&response).map_err(|error| error.context(attempted))?;
        let Some(account) = &self.service_account else { return Ok(Token::new(federated, seconds)) };
        redactor.add("the federated token of Google Cloud", &federated);
        let attempted = format!("{attempted}: become {account}");
        let method = format!("{account}:generateAccessToken");
        let url = self.iam.url(&["v1", "projects", "-", "serviceAccounts", &method]);
        let response = send(&self.client, redactor, &attempted, impersonation(url, &federated)?).await?;
        let token = impersonated_token(&response).map_err(|error| error.context(&attempted))?;
        Ok(Token::new(token, IMPERSONATION))
    }
}
