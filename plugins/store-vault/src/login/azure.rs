//! An Azure managed identity: its token, and which machine it is of
//! (<https://developer.hashicorp.com/vault/api-docs/auth/azure#login>).

use deployer_core::plugin::{Context, Credential};
use deployer_core::{Redactor, Result, SecretValue};
use deployer_http::{Client, Endpoint, HttpSettings, Request, Url};
use schemars::JsonSchema;
use serde::Deserialize;

use super::elsewhere;
use crate::wire::{AzureLogin, login_with_azure};

/// Where every machine of Azure finds its metadata.
const METADATA: &str = "http://169.254.169.254";
const APP_HINT: &str = "Azure sets it for apps with an identity";
const RESOURCE: &str = "https://management.azure.com/";

/// The managed identity of a machine or an app of Azure.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AzureSettings {
    /// The mount path of the method, below `auth/` [default: the name of this table].
    pub(crate) mount: Option<String>,
    /// The role of Vault.
    role: String,
    /// What the token is for, as Vault's configuration says.
    #[schemars(extend("default" = RESOURCE))]
    resource: Option<String>,
    /// Which identity, where a machine has several.
    client_id: Option<String>,
    /// The metadata service in place of Azure's.
    metadata_address: Option<String>,
    /// The subscription of the machine; the machine is asked when none of the following is given.
    subscription_id: Option<String>,
    /// The resource group of the machine.
    resource_group_name: Option<String>,
    /// The name of the virtual machine.
    vm_name: Option<String>,
    /// The name of the scale set that the machine is part of.
    vmss_name: Option<String>,
    /// The whole id of the resource, for what is no virtual machine.
    resource_id: Option<String>,
}

/// A managed identity and the role to log in to.
#[derive(Debug, Clone)]
pub(crate) struct AzureIdentity {
    client: Client,
    role: String,
    service: Service,
    resource: String,
    client_id: Option<String>,
    given: Machine,
    redactor: Redactor,
}

/// The service that gives out the token.
#[derive(Debug, Clone)]
enum Service {
    /// Of a virtual machine
    /// (<https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>).
    Machine(Endpoint),
    /// Of App Service, Functions and Container Apps
    /// (<https://learn.microsoft.com/en-us/azure/app-service/overview-managed-identity#rest-endpoint-reference>).
    App { url: Url, header: SecretValue },
}

/// Which machine it is. Vault asks Azure whether the identity belongs to it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Machine {
    subscription_id: Option<String>,
    resource_group_name: Option<String>,
    name: Option<String>,
    vm_scale_set_name: Option<String>,
    #[serde(skip)]
    resource_id: Option<String>,
}

impl AzureSettings {
    pub(crate) fn resolve(self, context: &Context, http: &HttpSettings) -> Result<AzureIdentity> {
        let header = context.variables.get("IDENTITY_HEADER");
        let service = match (&self.metadata_address, header) {
            (None, Some(_)) => Service::App {
                // A plain address of the app's own host.
                url: elsewhere::address(context, "IDENTITY_ENDPOINT", APP_HINT, true)?,
                header: Credential::Env { name: "IDENTITY_HEADER".to_owned(), field: Vec::new() }
                    .resolve(context)?,
            },
            (given, _) => {
                // Azure's own address is plain HTTP and never leaves the machine's host.
                let address = given.as_deref().unwrap_or(METADATA);
                Service::Machine(
                    Endpoint::parse(address, true).map_err(|error| error.context("`metadata_address`"))?,
                )
            }
        };
        Ok(AzureIdentity {
            client: elsewhere::local_client(http)?,
            role: self.role,
            service,
            resource: self.resource.unwrap_or_else(|| RESOURCE.to_owned()),
            client_id: self.client_id,
            given: Machine {
                subscription_id: self.subscription_id,
                resource_group_name: self.resource_group_name,
                name: self.vm_name,
                vm_scale_set_name: self.vmss_name,
                resource_id: self.resource_id,
            },
            redactor: context.redactor.clone(),
        })
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Option<String>,
}

#[derive(Deserialize)]
struct InstanceAnswer {
    compute: Option<Machine>,
}

impl Machine {
    fn is_given(&self) -> bool {
        self.name.is_some() || self.vm_scale_set_name.is_some() || self.resource_id.is_some()
    }
}

impl AzureIdentity {
    /// The login, with a fresh token.
    pub(super) async fn request(&self, attempted: &str, mount: &str) -> Result<AzureLogin> {
        let token = self.token(attempted).await?;
        let machine = match &self.service {
            Service::Machine(metadata) if !self.given.is_given() => self.machine(attempted, metadata).await?,
            _ => self.given.clone(),
        };
        // An empty name is how the metadata of a machine outside of a scale set says that there is none.
        let named = |name: &Option<String>| name.clone().filter(|name| !name.is_empty());
        let scale_set = named(&machine.vm_scale_set_name);
        let mut request = login_with_azure(mount, &self.role, &token);
        request.subscription_id = named(&machine.subscription_id);
        request.resource_group_name = named(&machine.resource_group_name);
        request.vm_name = named(&machine.name).filter(|_| scale_set.is_none());
        request.vmss_name = scale_set;
        request.resource_id = machine.resource_id;
        Ok(request)
    }

    async fn token(&self, attempted: &str) -> Result<SecretValue> {
        let mut members = vec![("resource", self.resource.as_str())];
        members.extend(self.client_id.as_deref().map(|id| ("client_id", id)));
        let request = match &self.service {
            Service::Machine(metadata) => {
                let url = metadata.url(&["metadata", "identity", "oauth2", "token"]);
                let request = Request::get(url).query([("api-version", "2018-02-01")]);
                request.header("metadata", "true")?
            }
            Service::App { url, header } => {
                let request = Request::get(url.clone()).query([("api-version", "2019-08-01")]);
                request.header_secret("x-identity-header", header)?
            }
        };
        let read = |answer: TokenAnswer| answer.access_token;
        let token =
            elsewhere::identity_token(&self.client, attempted, "Azure", request.query(members), read).await?;
        self.redactor.add("the token of the managed identity", &token);
        Ok(token)
    }

    /// Asks the machine which one it is
    /// (<https://learn.microsoft.com/en-us/azure/virtual-machines/instance-metadata-service>).
    async fn machine(&self, attempted: &str, metadata: &Endpoint) -> Result<Machine> {
        let attempted = format!("{attempted}: ask Azure which machine this is");
        let request = Request::get(metadata.url(&["metadata", "instance"]));
        let request = request.query([("api-version", "2021-02-01")]).header("metadata", "true")?;
        let answer = elsewhere::send(&self.client, &attempted, request).await?;
        let instance: InstanceAnswer =
            answer.json("the machine").map_err(|error| error.context(&attempted))?;
        Ok(instance.compute.unwrap_or_default())
    }
}
