//! The one call.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use deployer_core::plugin::Context;
use deployer_core::{Error, Kind, Result, SecretValue};
use deployer_http::{Client, Request, SecretUrl};

use crate::payload::Payload;
use crate::settings::Settings;
use crate::{errors, signature};

/// The clock; a fake one in tests.
pub(crate) type Clock = fn() -> SystemTime;

/// The header with the kind of the body.
const EVENT: &str = "X-Deployer-Event";

/// Headers that this plugin sets, so the settings must not. So it is for headers that start with `x-deployer-`.
const OWN_HEADERS: [&str; 5] = ["connection", "content-length", "content-type", "host", "transfer-encoding"];

/// The receiver and the credentials for it.
pub(crate) struct Wire {
    client: Client,
    url: SecretUrl,
    key: SecretValue,
    headers: Vec<(String, SecretValue)>,
    clock: Clock,
}

impl Wire {
    /// Takes the settings; opens no connection.
    pub(crate) fn new(settings: &Settings, context: &Context, clock: Clock) -> Result<Self> {
        let mut headers = Vec::new();
        for (name, reference) in &settings.headers {
            let lower = name.to_ascii_lowercase();
            if OWN_HEADERS.contains(&lower.as_str()) || lower.starts_with("x-deployer-") {
                return Err(Error::new(Kind::Settings, format!("the header {name} cannot be set"))
                    .with_cause("the notifier sets it itself")
                    .with_hint("remove it from `headers`"));
            }
            headers.push((name.clone(), reference.resolve(context)?));
        }
        let wire = Self {
            client: Client::new(context, &settings.http)?,
            url: settings.url.resolve(context, settings.http.allow_http)?,
            key: settings.secret.resolve(context)?,
            headers,
            clock,
        };
        // An invalid header is an error now, not when the first report is sent.
        wire.with_headers(wire.url.post())?;
        Ok(wire)
    }

    /// The name of the receiver in messages.
    pub(crate) fn name(&self) -> &SecretUrl {
        &self.url
    }

    /// Sends a body, signed.
    pub(crate) async fn post(&self, payload: &Payload<'_>) -> Result<()> {
        const ATTEMPTED: &str = "send the report";
        let body = serde_json::to_vec(payload)
            .map_err(|_| Error::new(Kind::Bug, format!("{ATTEMPTED}: it cannot be written as JSON")))?;
        let seconds = (self.clock)().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let request = self
            .with_headers(self.url.post())?
            .header(signature::HEADER, &signature::value(&self.key, seconds, &body))?
            .header(EVENT, payload.event())?
            .body(body, "application/json")?;
        let response = self.client.send(request).await.map_err(|error| error.context(ATTEMPTED))?;
        errors::check(ATTEMPTED, &response)
    }

    fn with_headers(&self, request: Request) -> Result<Request> {
        self.headers.iter().try_fold(request, |request, (name, value)| request.header_secret(name, value))
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wire({})", self.url)
    }
}
