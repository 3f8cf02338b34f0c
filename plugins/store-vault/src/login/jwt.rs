//! Identity tokens: given, or fetched from the pipeline that the run is part of.

use deployer_core::plugin::{Context, Credential};
use deployer_core::{Error, Kind, Redactor, Result, SecretValue};
use deployer_http::{Client, Effect, HttpSettings, Request, Url};
use schemars::JsonSchema;
use serde::Deserialize;

use super::elsewhere;

/// An identity token, with exactly one origin.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JwtSettings {
    /// The mount path of the method, below `auth/` [default: the name of this table].
    pub(crate) mount: Option<String>,
    /// The role of Vault [default: the default role of the mount].
    role: Option<String>,
    /// The identity token itself.
    token: Option<Credential>,
    /// The token of a job of GitHub Actions.
    github_actions: Option<GithubActions>,
    /// The token of a job of GitLab.
    gitlab: Option<Gitlab>,
    /// The token of a job of Azure Pipelines.
    azure_pipelines: Option<AzurePipelines>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GithubActions {
    /// The audience of the token [default: the owner of the repository].
    audience: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Gitlab {
    /// The variable that holds the token, as `id_tokens` of the job names it.
    #[schemars(extend("default" = "VAULT_ID_TOKEN"))]
    variable: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AzurePipelines {
    /// The id of the service connection.
    service_connection: String,
}

/// An identity token and the role to log in to.
#[derive(Debug, Clone)]
pub(crate) struct IdentityToken {
    role: Option<String>,
    origin: Origin,
}

#[derive(Debug, Clone)]
enum Origin {
    Given(SecretValue),
    Service(Box<Service>),
}

/// A service of a pipeline that gives out tokens to it.
#[derive(Debug, Clone)]
struct Service {
    kind: ServiceKind,
    client: Client,
    url: Url,
    bearer: SecretValue,
    redactor: Redactor,
}

#[derive(Debug, Clone, Copy)]
enum ServiceKind {
    GithubActions,
    AzurePipelines,
}

impl JwtSettings {
    pub(crate) fn resolve(self, context: &Context, http: &HttpSettings) -> Result<IdentityToken> {
        let origin = match (self.token, self.github_actions, self.gitlab, self.azure_pipelines) {
            (Some(token), None, None, None) => Origin::Given(token.resolve(context)?),
            (None, Some(github), None, None) => github.origin(context, http)?,
            (None, None, Some(gitlab), None) => gitlab.origin(context)?,
            (None, None, None, Some(azure)) => azure.origin(context, http)?,
            _ => {
                return Err(Error::new(Kind::Settings, "the origin of the identity token is not clear")
                    .with_hint(
                        "give exactly one of `token`, `github_actions`, `gitlab` and `azure_pipelines`",
                    ));
            }
        };
        Ok(IdentityToken { role: self.role, origin })
    }
}

impl GithubActions {
    /// <https://docs.github.com/en/actions/reference/security/oidc#methods-for-requesting-the-oidc-token>
    fn origin(self, context: &Context, http: &HttpSettings) -> Result<Origin> {
        const HINT: &str =
            "GitHub sets it in jobs with `permissions: id-token: write`; elsewhere use another login";
        let mut url = elsewhere::address(context, "ACTIONS_ID_TOKEN_REQUEST_URL", HINT, false)?;
        if let Some(audience) = &self.audience {
            url.query_pairs_mut().append_pair("audience", audience);
        }
        let bearer = variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN", context, HINT)?;
        service(ServiceKind::GithubActions, url, bearer, context, http)
    }
}

impl Gitlab {
    /// <https://docs.gitlab.com/ci/secrets/id_token_authentication/>
    fn origin(self, context: &Context) -> Result<Origin> {
        let name = self.variable.as_deref().unwrap_or("VAULT_ID_TOKEN");
        let hint = format!(
            "let the job make it: `id_tokens: {{ {name}: {{ aud: <address of Vault> }} }}` in .gitlab-ci.yml"
        );
        Ok(Origin::Given(variable(name, context, &hint)?))
    }
}

impl AzurePipelines {
    /// <https://learn.microsoft.com/en-us/rest/api/azure/devops/distributedtask/oidctoken/create>
    fn origin(self, context: &Context, http: &HttpSettings) -> Result<Origin> {
        let mut url = elsewhere::address(
            context,
            "SYSTEM_OIDCREQUESTURI",
            "Azure Pipelines sets it in jobs that name a service connection; elsewhere use another login",
            false,
        )?;
        url.query_pairs_mut()
            .append_pair("api-version", "7.1")
            .append_pair("serviceConnectionId", &self.service_connection);
        let bearer = variable(
            "SYSTEM_ACCESSTOKEN",
            context,
            "hand it to the step: `env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)`",
        )?;
        service(ServiceKind::AzurePipelines, url, bearer, context, http)
    }
}

fn variable(name: &str, context: &Context, hint: &str) -> Result<SecretValue> {
    let credential = Credential::Env { name: name.to_owned(), field: Vec::new() };
    credential.resolve(context).map_err(|error| error.with_hint(hint))
}

fn service(
    kind: ServiceKind,
    url: Url,
    bearer: SecretValue,
    context: &Context,
    http: &HttpSettings,
) -> Result<Origin> {
    let client = elsewhere::client(context, http)?;
    let redactor = context.redactor.clone();
    Ok(Origin::Service(Box::new(Service { kind, client, url, bearer, redactor })))
}

impl IdentityToken {
    pub(super) fn role(&self) -> Option<&str> {
        self.role.as_deref()
    }

    /// The token: the given one, or a fresh one of the service.
    pub(super) async fn token(&self, attempted: &str) -> Result<SecretValue> {
        match &self.origin {
            Origin::Given(token) => Ok(token.clone()),
            Origin::Service(service) => service.token(attempted).await,
        }
    }
}

#[derive(Deserialize)]
struct GithubAnswer {
    value: Option<String>,
}

#[derive(Deserialize)]
struct AzureAnswer {
    #[serde(rename = "oidcToken")]
    token: Option<String>,
}

impl Service {
    async fn token(&self, attempted: &str) -> Result<SecretValue> {
        let token = match self.kind {
            ServiceKind::GithubActions => {
                let request = Request::get(self.url.clone()).bearer(&self.bearer)?;
                let read = |answer: GithubAnswer| answer.value;
                elsewhere::identity_token(&self.client, attempted, "GitHub", request, read).await
            }
            ServiceKind::AzurePipelines => {
                // It makes a token and changes nothing.
                let request = Request::post(self.url.clone()).effect(Effect::Read).bearer(&self.bearer)?;
                let request = request.body("", "application/json")?;
                let read = |answer: AzureAnswer| answer.token;
                elsewhere::identity_token(&self.client, attempted, "Azure Pipelines", request, read).await
            }
        }?;
        self.redactor.add("the identity token", &token);
        Ok(token)
    }
}
