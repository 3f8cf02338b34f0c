//! Redirects of standby servers to the active one
//! (<https://developer.hashicorp.com/vault/docs/concepts/ha#client-redirection>).

use deployer_core::{Error, Kind, Result};
use deployer_http::{Client, Endpoint, Request, Response, Url};

/// How many redirects a request follows: an active server that steps down meanwhile sends on once more.
const MOST: usize = 3;

/// Which servers a request, with its token, may be sent on to.
#[derive(Debug, Clone)]
pub(crate) struct Redirects {
    /// Scheme, host and port of each, the address of the settings among them.
    allowed: Vec<String>,
}

impl Redirects {
    /// To the address itself and to `others`.
    pub(crate) fn new(address: &Endpoint, others: &[Endpoint]) -> Self {
        Self { allowed: std::iter::once(address).chain(others).map(Endpoint::origin).collect() }
    }

    /// Sends a request, and sends it on where a standby server says so and the settings allow it.
    pub(super) async fn follow(&self, client: &Client, request: Request) -> Result<Response> {
        let mut request = request;
        for _ in 0..=MOST {
            let answer = client.send(request.clone()).await?;
            if !matches!(answer.status, 300..=399) {
                return Ok(answer);
            }
            let target = self.target(&request, &answer)?;
            request = request.with_url(target);
        }
        Err(Error::new(Kind::Unavailable, request.name())
            .with_cause(format!("the servers send us on more than {MOST} times"))
            .with_hint("set `address` to the active server"))
    }

    /// Where a redirect leads. Only those that keep method and body are Vault's.
    fn target(&self, request: &Request, answer: &Response) -> Result<Url> {
        let location = answer.headers.get("location").and_then(|value| value.to_str().ok());
        let target = location.and_then(|location| request.url().join(location).ok());
        let origin = target.as_ref().map(|target| target.origin().ascii_serialization());
        match (target, &origin) {
            (Some(target), Some(origin))
                if matches!(answer.status, 307 | 308) && self.allowed.contains(origin) =>
            {
                Ok(target)
            }
            _ => Err(refused(request, answer.status, origin.as_deref())),
        }
    }
}

fn refused(request: &Request, status: u16, origin: Option<&str>) -> Error {
    let to = origin.unwrap_or("an address it does not tell");
    let error = Error::new(Kind::Unexpected, request.name())
        .with_cause(format!("HTTP {status}: the server sends us on to {to}, and a token does not go along"));
    match origin {
        Some(origin) if matches!(status, 307 | 308) => error.with_hint(format!(
            "a standby server redirects to the active one: set `address` to it, or allow it with `allow_redirects_to = [\"{origin}\"]`"
        )),
        _ => error.with_hint("check `address`: a proxy or a sign-in page redirects"),
    }
}
