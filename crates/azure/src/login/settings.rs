//! The ways to log in, as people write them, and with their credentials found.

use azure_identity::UserAssignedId;
use deployer_core::plugin::{Context, Credential};
use deployer_core::{Error, Kind, Result, SecretValue};
use schemars::JsonSchema;
use serde::Deserialize;

/// One way to log in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum LoginSettings {
    /// An application with a secret.
    ClientSecret(ClientSecretSettings),
    /// An application that trusts the tokens of another issuer: Kubernetes, GitHub, GitLab.
    WorkloadIdentity(WorkloadIdentitySettings),
    /// The identity of the machine or the app.
    ManagedIdentity(ManagedIdentitySettings),
    /// The account of the Azure CLI.
    Cli(CliSettings),
    /// A service connection of Azure Pipelines.
    Pipelines(PipelinesSettings),
    /// The variables `AZURE_…`: a client secret if there is one, otherwise a workload identity.
    Environment(EnvironmentSettings),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientSecretSettings {
    /// The tenant, by its id or domain.
    tenant: String,
    /// The id of the application.
    client_id: String,
    /// The secret of the application.
    secret: Credential,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkloadIdentitySettings {
    /// The tenant, by its ID or domain [default: `AZURE_TENANT_ID`].
    tenant: Option<String>,
    /// The ID of the application [default: `AZURE_CLIENT_ID`].
    client_id: Option<String>,
    /// The token of the other issuer [default: the file that `AZURE_FEDERATED_TOKEN_FILE` names].
    token: Option<Credential>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManagedIdentitySettings {
    /// An assigned identity, by the id of its application.
    client_id: Option<String>,
    /// An assigned identity, by the id of its principal.
    object_id: Option<String>,
    /// An assigned identity, by the id of its resource.
    resource_id: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CliSettings {
    /// Another tenant than the one that the tool uses.
    tenant: Option<String>,
    /// Another subscription than the one that the tool uses, by its id or name.
    subscription: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PipelinesSettings {
    /// The tenant, by its id or domain.
    tenant: String,
    /// The id of the application of the service connection.
    client_id: String,
    /// The id of the service connection.
    service_connection: String,
    /// The token of the job.
    #[schemars(extend("default" = { "env": "SYSTEM_ACCESSTOKEN" }))]
    token: Option<Credential>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentSettings {}

/// Who we are, with all that is needed to prove it.
#[derive(Debug)]
pub(super) enum Identity {
    ClientSecret { tenant: String, client_id: String, secret: SecretValue },
    Federated { tenant: String, client_id: String, token: Credential },
    Managed { assigned: Option<UserAssignedId> },
    Cli { tenant: Option<String>, subscription: Option<String> },
    Pipelines { tenant: String, client_id: String, service_connection: String, token: SecretValue },
}

impl LoginSettings {
    pub(super) fn resolve(self, context: &Context) -> Result<Identity> {
        match self {
            LoginSettings::ClientSecret(given) => client_secret(
                "client_secret",
                checked("client_secret.tenant", given.tenant, is_tenant),
                checked("client_secret.client_id", given.client_id, is_id),
                given.secret.resolve(context),
            ),
            LoginSettings::WorkloadIdentity(given) => federated("workload_identity", given, context),
            LoginSettings::ManagedIdentity(given) => managed(given),
            LoginSettings::Cli(given) => cli(given),
            LoginSettings::Pipelines(given) => pipelines(given, context),
            LoginSettings::Environment(EnvironmentSettings {}) => environment(context),
        }
    }
}

fn client_secret(
    login: &str,
    tenant: Result<String>,
    client_id: Result<String>,
    secret: Result<SecretValue>,
) -> Result<Identity> {
    match (tenant, client_id, secret) {
        (Ok(tenant), Ok(client_id), Ok(secret)) => Ok(Identity::ClientSecret { tenant, client_id, secret }),
        (tenant, client_id, secret) => Err(together(login, [tenant.err(), client_id.err(), secret.err()])),
    }
}

/// The variables are those that Azure's webhook sets in a pod
/// (<https://azure.github.io/azure-workload-identity/docs/quick-start.html>).
fn federated(login: &str, given: WorkloadIdentitySettings, context: &Context) -> Result<Identity> {
    let part = |name: &str, given: Option<String>, variable: &str, fits: fn(&str) -> bool| {
        let given = given.or_else(|| context.variables.get(variable).map(str::to_owned));
        let setting = format!("{login}.{name}");
        given.ok_or_else(|| absent(&setting, variable)).and_then(|value| checked(&setting, value, fits))
    };
    let tenant = part("tenant", given.tenant, "AZURE_TENANT_ID", is_tenant);
    let client_id = part("client_id", given.client_id, "AZURE_CLIENT_ID", is_id);
    let variable = "AZURE_FEDERATED_TOKEN_FILE";
    let token = given
        .token
        .or_else(|| context.variables.get(variable).map(|path| Credential::File(path.into())))
        .ok_or_else(|| absent(&format!("{login}.token"), variable))
        // Read again for each login: it is renewed while we run. Here it only has to be there.
        .and_then(|token| token.resolve(context).map(|_| token));
    match (tenant, client_id, token) {
        (Ok(tenant), Ok(client_id), Ok(token)) => Ok(Identity::Federated { tenant, client_id, token }),
        (tenant, client_id, token) => Err(together(login, [tenant.err(), client_id.err(), token.err()])),
    }
}

fn managed(given: ManagedIdentitySettings) -> Result<Identity> {
    let assigned = [
        given.client_id.map(UserAssignedId::ClientId),
        given.object_id.map(UserAssignedId::ObjectId),
        given.resource_id.map(UserAssignedId::ResourceId),
    ];
    let mut assigned = assigned.into_iter().flatten();
    match (assigned.next(), assigned.next()) {
        (assigned, None) => Ok(Identity::Managed { assigned }),
        _ => Err(Error::new(Kind::Settings, "`login.managed_identity` cannot be used")
            .with_cause("it names the identity more than once")
            .with_hint("keep one of `client_id`, `object_id` and `resource_id`, or none for the machine's own identity")),
    }
}

/// Both go into a command line, where other characters could mean something else.
fn cli(given: CliSettings) -> Result<Identity> {
    let tenant = given.tenant.map(|tenant| checked("cli.tenant", tenant, is_tenant)).transpose();
    let subscription =
        given.subscription.map(|name| checked("cli.subscription", name, is_subscription)).transpose();
    match (tenant, subscription) {
        (Ok(tenant), Ok(subscription)) => Ok(Identity::Cli { tenant, subscription }),
        (tenant, subscription) => Err(together("cli", [tenant.err(), subscription.err()])),
    }
}

fn pipelines(given: PipelinesSettings, context: &Context) -> Result<Identity> {
    let token =
        given.token.unwrap_or(Credential::Env { name: "SYSTEM_ACCESSTOKEN".to_owned(), field: Vec::new() });
    let token = token.resolve(context).map_err(|error| {
        error.with_hint("map it in the step: env: { SYSTEM_ACCESSTOKEN: $(System.AccessToken) }")
    });
    let endpoint = match context.variables.get("SYSTEM_OIDCREQUESTURI") {
        Some(_) => Ok(()),
        None => Err(Error::new(Kind::Settings, "the variable SYSTEM_OIDCREQUESTURI is not set")
            .with_hint("this login works in a job of Azure Pipelines alone")),
    };
    let tenant = checked("pipelines.tenant", given.tenant, is_tenant);
    let client_id = checked("pipelines.client_id", given.client_id, is_id);
    let connection = checked("pipelines.service_connection", given.service_connection, is_id);
    match (tenant, client_id, connection, token, endpoint) {
        (Ok(tenant), Ok(client_id), Ok(service_connection), Ok(token), Ok(())) => {
            Ok(Identity::Pipelines { tenant, client_id, service_connection, token })
        }
        (tenant, client_id, connection, token, endpoint) => Err(together(
            "pipelines",
            [tenant.err(), client_id.err(), connection.err(), token.err(), endpoint.err()],
        )),
    }
}

fn environment(context: &Context) -> Result<Identity> {
    let login = "environment";
    if context.variables.get("AZURE_CLIENT_SECRET").is_none() {
        return federated(login, WorkloadIdentitySettings::default(), context).map_err(|error| {
            error.with_hint("AZURE_CLIENT_SECRET is not set, so a workload identity is looked for")
        });
    }
    let variable = |name: &str, fits: fn(&str) -> bool| {
        let value = context.variables.get(name).ok_or_else(|| {
            Error::new(Kind::Settings, format!("the variable {name} is not set"))
                .with_hint(format!("set {name}"))
        });
        value.and_then(|value| checked(&format!("environment: {name}"), value.to_owned(), fits))
    };
    let secret = Credential::Env { name: "AZURE_CLIENT_SECRET".to_owned(), field: Vec::new() };
    client_secret(
        login,
        variable("AZURE_TENANT_ID", is_tenant),
        variable("AZURE_CLIENT_ID", is_id),
        secret.resolve(context),
    )
}

fn absent(setting: &str, variable: &str) -> Error {
    Error::new(Kind::Settings, format!("`login.{setting}` is not given"))
        .with_hint(format!("set it, or the variable {variable}"))
}

fn checked(setting: &str, value: String, fits: fn(&str) -> bool) -> Result<String> {
    if fits(&value) {
        return Ok(value);
    }
    Err(Error::new(Kind::Settings, format!("`login.{setting}` cannot be used"))
        .with_cause("it is empty or holds a character that no such id has")
        .with_hint("ids look like 00000000-0000-0000-0000-000000000000; a tenant may also be a domain name"))
}

fn is_tenant(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
}

fn is_subscription(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' '))
}

/// One problem as it is, several under one heading.
fn together(login: &str, problems: impl IntoIterator<Item = Option<Error>>) -> Error {
    let problems = problems.into_iter().flatten().collect();
    Error::together(Kind::Settings, format!("`login.{login}` cannot be used"), problems)
}
