//! The requests of the service API that a deployment needs (`https://docs.sesam.io`, Service API). Every answer that came is
//! handed on as it is; what its status means is decided in [`crate::errors`].

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use deployer_core::plugin::Context;
use deployer_core::traits::{PipeOutput, Secrets};
use deployer_core::{Error, Kind, Result, SecretValue};
use deployer_http::{Client, Effect, Endpoint, Request, Response, Url};

use crate::settings::{Access, Settings};
use crate::token::Claims;

/// How long an upload can take without `timeout_seconds`: the node checks every entity before it answers.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(300);

/// A node as the wire knows it: where it is, and the token that it asks for.
pub(crate) struct Wire {
    client: Client,
    endpoint: Endpoint,
    token: SecretValue,
    claims: Claims,
    group: Option<String>,
    upload_timeout: Duration,
}

impl Wire {
    /// Takes the settings; opens no connection.
    pub(crate) fn new(settings: &Settings, access: &Access, context: &Context) -> Result<Self> {
        let endpoint = Endpoint::parse(&access.url, settings.http.allow_http)?;
        if let Some(group) = settings.group.as_deref().filter(|group| !is_segment(group)) {
            return Err(Error::new(Kind::Settings, format!("`group` cannot be {group:?}"))
                .with_hint("name a config group, or leave `group` out for the default group"));
        }
        let token = bare(&access.token, context);
        let claims = claims(&token);
        let client = Client::new(context, &settings.http)?;
        let upload_timeout = settings.http.timeout_seconds.map_or(UPLOAD_TIMEOUT, Duration::from_secs);
        Ok(Self { client, endpoint, token, claims, group: settings.group.clone(), upload_timeout })
    }

    /// Where the node is, free of credentials.
    pub(crate) fn location(&self) -> String {
        match &self.group {
            Some(group) => format!("{}, config group {group}", self.endpoint),
            None => self.endpoint.to_string(),
        }
    }

    /// The config group; none for the default group.
    pub(crate) fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// What the token tells about itself.
    pub(crate) fn claims(&self) -> &Claims {
        &self.claims
    }

    /// `GET /config`, `GET /config/{group}`: the entities of the config group.
    pub(crate) async fn configuration(&self) -> Result<Response> {
        self.send(Request::get(self.configuration_url())).await
    }

    /// `GET /config-all`: the entities of all config groups.
    pub(crate) async fn all_configurations(&self) -> Result<Response> {
        self.send(Request::get(self.url(&["config-all"]))).await
    }

    /// `PUT /config`, `PUT /config/{group}`: replaces the content of the config group.
    pub(crate) async fn put_configuration(&self, entities: Vec<u8>, force: bool) -> Result<Response> {
        let request =
            Request::put(self.configuration_url()).query([("force", if force { "true" } else { "false" })]);
        self.send(request.timeout(self.upload_timeout).body(entities, "application/json")?).await
    }

    /// `GET /env`: the variables.
    pub(crate) async fn variables(&self) -> Result<Response> {
        self.send(Request::get(self.url(&["env"]))).await
    }

    /// `PUT /env`: replaces the variables.
    pub(crate) async fn put_variables(&self, variables: Vec<u8>) -> Result<Response> {
        self.send(Request::put(self.url(&["env"])).body(variables, "application/json")?).await
    }

    /// `DELETE /env/{name}`: removes a variable.
    pub(crate) async fn delete_variable(&self, name: &str) -> Result<Response> {
        self.send(Request::delete(self.named(&["env"], name)?)).await
    }

    /// `GET /secrets`, `GET /systems/{id}/secrets`: the names of the global secrets, or of those of a system.
    pub(crate) async fn secret_names(&self, system: Option<&str>) -> Result<Response> {
        self.send(Request::get(self.secrets_url(system)?)).await
    }

    /// `POST /secrets`, `POST /systems/{id}/secrets`: adds or overwrites secrets and keeps all others, unlike `PUT`.
    #[expect(clippy::disallowed_methods, reason = "the values are written into the body of the request")]
    pub(crate) async fn post_secrets(&self, system: Option<&str>, secrets: &Secrets) -> Result<Response> {
        let values: BTreeMap<&str, &str> =
            secrets.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
        let request = Request::post(self.secrets_url(system)?).query([("encrypt", "true")]);
        self.send(request.json(&values)?).await
    }

    /// `DELETE /secrets/{name}`, `DELETE /systems/{id}/secrets/{name}`: removes a secret.
    pub(crate) async fn delete_secret(&self, system: Option<&str>, name: &str) -> Result<Response> {
        let url = match system {
            None => self.named(&["secrets"], name)?,
            Some(system) => self.named(&["systems", segment(system)?, "secrets"], name)?,
        };
        self.send(Request::delete(url)).await
    }

    /// `GET /pipes`, without their configuration: the state and the validity of each.
    pub(crate) async fn pipes(&self) -> Result<Response> {
        self.send(Request::get(self.url(&["pipes"])).query([("fields", "runtime")])).await
    }

    /// `GET /systems`: the validity of each.
    pub(crate) async fn systems(&self) -> Result<Response> {
        self.send(Request::get(self.url(&["systems"]))).await
    }

    /// `GET /`: what kind of node it is.
    pub(crate) async fn root(&self) -> Result<Response> {
        self.send(Request::get(self.url(&[""]))).await
    }

    /// `GET /pipes`: configuration and state of each.
    pub(crate) async fn whole_pipes(&self) -> Result<Response> {
        self.send(Request::get(self.url(&["pipes"]))).await
    }

    /// `POST /pipes/stop-run-all-pipes`: ends a run.
    pub(crate) async fn stop_run(&self) -> Result<Response> {
        let request = Request::post(self.url(&["pipes", "stop-run-all-pipes"])).effect(Effect::Read);
        self.send(request.query([("terminate_timeout", "30")])).await
    }

    /// `POST /pipes/run-all-pipes`: starts a run, and answers with its token.
    pub(crate) async fn start_run(&self, keeps_posted: bool, seconds: u64) -> Result<Response> {
        let seconds = seconds.to_string();
        let mut query = vec![("extra_zero_runs", "2"), ("max_run_time", &*seconds), ("max_runs", "100")];
        if keeps_posted {
            query.push(("delete_input_datasets", "False"));
        }
        query.push(("request_mode", "async"));
        self.send(Request::post(self.url(&["pipes", "run-all-pipes"])).query(query)).await
    }

    /// `GET /pipes/get-pipe-runner-status`: how far a run has come.
    pub(crate) async fn run_status(&self, token: &str) -> Result<Response> {
        let request = Request::get(self.url(&["pipes", "get-pipe-runner-status"]));
        self.send(request.query([("token", token)])).await
    }

    /// `POST /receivers/{id}/entities`: entities for a pipe. A pipe that has one already ignores it.
    pub(crate) async fn post_entities(&self, pipe: &str, entities: Vec<u8>) -> Result<Response> {
        let url = self.url(&["receivers", segment(pipe)?, "entities"]);
        self.send(Request::post(url).effect(Effect::Read).body(entities, "application/json")?).await
    }

    /// `GET /pipes/{id}/entities`, `GET /publishers/{id}/{format}`: what a pipe outputs.
    pub(crate) async fn pipe_output(&self, pipe: &str, output: &PipeOutput) -> Result<Response> {
        let pipe = segment(pipe)?;
        let request = match output {
            PipeOutput::Entities(stage) => {
                let request = Request::get(self.url(&["pipes", pipe, "entities"]));
                let request = request.accept("application/json,*/*")?;
                stage.iter().fold(request, |request, stage| request.query([("stage", stage.as_str())]))
            }
            PipeOutput::Published(format, parameters) => {
                let request =
                    Request::get(self.url(&["publishers", pipe, segment(format)?])).accept("*/*")?;
                let pairs = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                if parameters.is_empty() { request } else { request.query(pairs) }
            }
            _ => {
                return Err(Error::new(Kind::Refused, format!("read an output of pipe {pipe}"))
                    .with_cause("this version of the plugin does not support such an output"));
            }
        };
        self.client.send(request.bearer(&self.token)?).await
    }

    /// `GET /pipes/{id}/log`: the latest events of its execution log, the newest first.
    pub(crate) async fn pipe_log(&self, pipe: &str, limit: usize) -> Result<Response> {
        let limit = limit.to_string();
        let request = Request::get(self.url(&["pipes", segment(pipe)?, "log"]));
        self.send(request.query([("limit", &*limit), ("reverse", "true")])).await
    }

    /// `GET /datasets/{id}`: how many entities a dataset has.
    pub(crate) async fn dataset(&self, id: &str) -> Result<Response> {
        self.send(Request::get(self.named(&["datasets"], id)?)).await
    }

    /// `POST /pipes/{id}/pump`: enables or disables a pipe.
    pub(crate) async fn operate_pump(&self, pipe: &str, operation: &str) -> Result<Response> {
        let request = Request::post(self.url(&["pipes", segment(pipe)?, "pump"])).effect(Effect::Read);
        self.send(request.form([("operation", operation)])?).await
    }

    async fn send(&self, request: Request) -> Result<Response> {
        self.client.send(request.accept("application/json")?.bearer(&self.token)?).await
    }

    fn configuration_url(&self) -> Url {
        match &self.group {
            Some(group) => self.url(&["config", group]),
            None => self.url(&["config"]),
        }
    }

    fn secrets_url(&self, system: Option<&str>) -> Result<Url> {
        match system {
            None => Ok(self.url(&["secrets"])),
            Some(system) => Ok(self.url(&["systems", segment(system)?, "secrets"])),
        }
    }

    fn named(&self, collection: &[&str], name: &str) -> Result<Url> {
        Ok(self.url(&[collection, &[segment(name)?]].concat()))
    }

    /// An address below the API's root, which is `/api` of the given address unless that ends in it already.
    fn url(&self, segments: &[&str]) -> Url {
        let root = self.endpoint.url(&[]);
        if root.path().trim_end_matches('/').ends_with("/api") {
            self.endpoint.url(segments)
        } else {
            self.endpoint.url(&[&["api"], segments].concat())
        }
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wire({})", self.location())
    }
}

/// A name that can be a part of a path.
fn segment(name: &str) -> Result<&str> {
    if is_segment(name) {
        return Ok(name);
    }
    Err(Error::new(Kind::Rejected, format!("{name:?} cannot stand in an address")))
}

/// Whether a name can be a part of a path: an empty one and those with dots alone would lead elsewhere.
pub(crate) fn is_segment(name: &str) -> bool {
    !matches!(name.trim(), "" | "." | "..")
}

/// The token without blanks around it and without the scheme that it is sometimes copied with.
#[expect(clippy::disallowed_methods, reason = "the token is cut to what is sent in the header")]
fn bare(token: &SecretValue, context: &Context) -> SecretValue {
    let text = token.expose().trim();
    let scheme = "bearer ";
    let bare = match text.get(..scheme.len()) {
        Some(start) if start.eq_ignore_ascii_case(scheme) => text[scheme.len()..].trim_start(),
        _ => text,
    };
    context.secret("the token of a node", bare)
}

#[expect(clippy::disallowed_methods, reason = "the claims are read out of the token; none of them is secret")]
fn claims(token: &SecretValue) -> Claims {
    Claims::of(token.expose())
}
