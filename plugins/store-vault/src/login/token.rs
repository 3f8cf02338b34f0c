//! A token's own life: how long it lasts, how it is renewed and given back.

use std::time::{Duration, Instant};

use deployer_core::{Error, Kind, Result, SecretValue};
use deployer_http::Response;
use vaultrs::api::token::requests::{LookupTokenSelfRequest, RenewTokenSelfRequest, RevokeTokenSelfRequest};

use crate::errors::{self, Said};
use crate::wire::{LoginAnswer, TokenAnswer, Wire};

/// How long a run is taken to last at most. A token that ends earlier is renewed for this long.
const RUN: Duration = Duration::from_secs(15 * 60);

/// A token in use.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) value: SecretValue,
    /// Batch tokens cannot be revoked; they end by themselves.
    pub(crate) revocable: bool,
    lease: Option<Lease>,
}

/// How long a token lives.
#[derive(Debug, Clone, Copy)]
struct Lease {
    lifetime: Duration,
    since: Instant,
    renewable: bool,
}

impl Lease {
    /// None for a token without an end, whose lifetime is written as zero.
    fn new(seconds: Option<u64>, renewable: Option<bool>) -> Option<Self> {
        let lifetime = Duration::from_secs(seconds.filter(|seconds| *seconds > 0)?);
        Some(Self { lifetime, since: Instant::now(), renewable: renewable.unwrap_or(false) })
    }

    /// Whether it must be renewed before the next request: when half of it has passed, and less is left than a run may take.
    fn is_due(&self, passed: Duration) -> bool {
        let left = self.lifetime.saturating_sub(passed);
        self.renewable && left < RUN && passed >= self.lifetime / 2
    }
}

impl Token {
    /// The token of an answer to a login.
    pub(super) fn of_login(wire: &Wire, attempted: &str, answer: &Response) -> Result<Self> {
        let auth = answer.json::<LoginAnswer>("the token").map_err(|error| error.context(attempted))?.auth;
        let no_token = || Error::new(Kind::Unexpected, attempted).with_cause("the answer holds no token");
        let auth = auth.ok_or_else(no_token)?;
        if auth.mfa_requirement.is_some() {
            return Err(errors::second_factor(attempted));
        }
        let value = auth.client_token.ok_or_else(no_token)?;
        wire.redactor().add("the token of the Vault login", &value);
        let revocable = auth.token_type.as_deref() != Some("batch");
        Ok(Self { value, revocable, lease: Lease::new(auth.lease_duration, auth.renewable) })
    }

    /// Whether it ends before a run may.
    pub(crate) fn is_short(&self) -> bool {
        self.lease.is_some_and(|lease| lease.renewable && lease.lifetime < RUN)
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&self) -> bool {
        self.lease.is_some_and(|lease| lease.since.elapsed() >= lease.lifetime)
    }

    /// It is not to be renewed again.
    pub(crate) fn keep(&mut self) {
        if let Some(lease) = &mut self.lease {
            lease.renewable = false;
        }
    }

    /// Whether it must be renewed before the next request.
    pub(crate) fn is_due(&self) -> bool {
        self.lease.is_some_and(|lease| lease.is_due(lease.since.elapsed()))
    }
}

/// What Vault knows of a given token. A token that may not ask about itself is taken as it is.
pub(crate) async fn look_up(wire: &Wire, value: &SecretValue) -> Result<Token> {
    let attempted = format!("check the token for {}", wire.location());
    let answer = wire.call(&attempted, &LookupTokenSelfRequest {}, Some(value)).await?;
    let token = |lease| Token { value: value.clone(), revocable: false, lease };
    match answer.status {
        200 => {
            let facts = answer.json::<TokenAnswer>("the token").map_err(|error| error.context(&attempted))?;
            Ok(token(facts.data.and_then(|facts| Lease::new(facts.ttl, facts.renewable))))
        }
        403 | 404 if !Said::read(&answer, wire.redactor()).is_invalid_token() => Ok(token(None)),
        _ => {
            let said = Said::read(&answer, wire.redactor());
            Err(errors::harmless(&attempted, &answer, &said))
        }
    }
}

/// Renews a token for the length of a run, as far as its role permits.
pub(crate) async fn renew(wire: &Wire, token: &mut Token) -> Result<()> {
    let attempted = format!("renew the token of this run at {}", wire.location());
    let request = RenewTokenSelfRequest { increment: Some(format!("{}s", RUN.as_secs())) };
    let answer = wire.call(&attempted, &request, Some(&token.value)).await?;
    if !answer.is_success() {
        let said = Said::read(&answer, wire.redactor());
        return Err(errors::access("update", &attempted, "auth/token/renew-self", &answer, &said));
    }
    let auth = answer.json::<LoginAnswer>("the token").map_err(|error| error.context(&attempted))?.auth;
    token.lease = auth.and_then(|auth| Lease::new(auth.lease_duration, auth.renewable));
    Ok(())
}

/// Revokes the token of a login.
pub(crate) async fn revoke(wire: &Wire, token: &Token) -> Result<()> {
    let attempted = format!("revoke the token of this run at {}", wire.location());
    let answer = wire.call(&attempted, &RevokeTokenSelfRequest {}, Some(&token.value)).await?;
    let said = Said::read(&answer, wire.redactor());
    // A token that is no longer valid is as good as revoked.
    if answer.is_success() || (answer.status == 403 && said.is_invalid_token()) {
        return Ok(());
    }
    let error = errors::access("update", &attempted, "auth/token/revoke-self", &answer, &said);
    Err(match &token.lease {
        Some(lease) => {
            error.with_hint(format!("the token ends by itself after {} seconds", lease.lifetime.as_secs()))
        }
        None => error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(lifetime: u64, passed: u64) -> bool {
        let lease = Lease::new(Some(lifetime), Some(true)).expect("a lease");
        lease.is_due(Duration::from_secs(passed))
    }

    #[test]
    fn a_lease_is_due_when_half_of_it_has_passed_and_a_run_might_outlast_it() {
        assert!(!due(60, 0) && !due(60, 29) && due(60, 30) && due(60, 100));
        assert!(!due(3600, 1800) && !due(3600, 2700) && due(3600, 2701));
        let lease = Lease::new(Some(60), Some(false)).expect("a lease");
        assert!(!lease.is_due(Duration::from_secs(59)), "it cannot be renewed");
        assert!(Lease::new(Some(0), Some(true)).is_none(), "it has no end");
    }
}
