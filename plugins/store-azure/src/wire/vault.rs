//! The vault as the server that gets requests.

use azure_core::http::request::Request as SdkRequest;
use deployer_azure::{Peer, check_object, foreign};
use deployer_core::{Error, Kind, Redactor, Result};
use deployer_http::{Response, Url};

use super::refusal::Refusal;

/// The vault at an origin: the only one that gets a token for it.
#[derive(Debug)]
pub(super) struct Vault(pub(super) String);

impl Peer for Vault {
    /// A list may go on at any address that the vault names; a token does not follow it to another host.
    fn check(&self, url: &Url) -> Result<()> {
        let origin = url.origin().ascii_serialization();
        if origin == self.0 {
            return Ok(());
        }
        Err(Error::new(Kind::Unexpected, "list secrets")
            .with_cause(format!("the list goes on at another host, {origin}"))
            .with_hint("set `address` to the vault's own name"))
    }

    fn judge(&self, request: &SdkRequest, answer: &Response, redactor: &Redactor) -> azure_core::Result<()> {
        if answer.is_success() {
            return check_object(answer, "a secret").map_err(foreign);
        }
        match is_challenge(request, answer) {
            true => Ok(()),
            false => Err(foreign(Refusal::read(answer, redactor))),
        }
    }
}

/// Whether the vault only wants to know who asks. After a login the same answer is a refusal.
fn is_challenge(request: &SdkRequest, answer: &Response) -> bool {
    answer.status == 401
        && answer.headers.contains_key("www-authenticate")
        && !request.headers().iter().any(|(name, _)| name.as_str() == "authorization")
}
