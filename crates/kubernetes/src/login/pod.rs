//! The service account of a pod
//! (<https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/#directly-accessing-the-rest-api>).

use std::path::PathBuf;

use deployer_core::plugin::{Context, Credential};
use deployer_core::schemars::{self, JsonSchema};
use deployer_core::{Error, Kind, Result};
use deployer_http::{Client, Endpoint, HttpSettings};
use serde::Deserialize;

use crate::access::{Access, Token};

/// The service account of the pod.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PodSettings {
    /// The folder with `token`, `ca.crt` and `namespace`.
    #[serde(default = "mounted")]
    folder: PathBuf,
}

fn mounted() -> PathBuf {
    PathBuf::from("/var/run/secrets/kubernetes.io/serviceaccount")
}

const HINT: &str = "Kubernetes sets it in pods; elsewhere use another `login`";

impl PodSettings {
    pub(super) fn resolve(self, context: &Context, http: &HttpSettings) -> Result<Access> {
        let variable = |name: &str| {
            context.variables.get(name).ok_or_else(|| {
                Error::new(Kind::Settings, format!("the variable {name} is not set")).with_hint(HINT)
            })
        };
        let host = variable("KUBERNETES_SERVICE_HOST")?;
        let port = variable("KUBERNETES_SERVICE_PORT")?;
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let endpoint = Endpoint::parse(&format!("https://{host}:{port}"), false)
            .map_err(|error| error.context("$KUBERNETES_SERVICE_HOST and $KUBERNETES_SERVICE_PORT"))?;
        let token =
            Token::resolve(Credential::File(self.folder.join("token")), context).map_err(|error| {
                error.with_hint("only pods with a service account have it; elsewhere use another `login`")
            })?;
        let mut http = http.clone();
        http.ca_file.get_or_insert_with(|| self.folder.join("ca.crt"));
        let namespace = std::fs::read_to_string(context.path(self.folder.join("namespace"))).ok();
        let namespace = namespace.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        Ok(Access { client: Client::new(context, &http)?, endpoint, token: Some(token), namespace })
    }
}
