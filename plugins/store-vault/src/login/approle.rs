//! The secret id of an AppRole, plain or wrapped.

use std::sync::Arc;

use deployer_core::{Error, Kind, Result, SecretValue};
use tokio::sync::OnceCell;
use vaultrs::api::sys::requests::UnwrapRequest;

use crate::errors::{self, Said};
use crate::wire::{UnwrapAnswer, Wire};

/// The secret id that goes with a role id.
#[derive(Debug, Clone)]
pub(crate) enum SecretId {
    /// The role asks for none.
    None,
    /// As it is.
    Plain(SecretValue),
    /// In a token that gives it out once.
    Wrapped(Wrapped),
}

/// A wrapping token, and the secret id once it was taken out: a login that is tried again needs it again.
#[derive(Debug, Clone)]
pub(crate) struct Wrapped {
    wrapping: SecretValue,
    taken: Arc<OnceCell<SecretValue>>,
}

impl Wrapped {
    pub(crate) fn new(wrapping: SecretValue) -> Self {
        Self { wrapping, taken: Arc::default() }
    }

    async fn take(&self, wire: &Wire, mount: &str) -> Result<SecretValue> {
        let attempted = format!("unwrap the secret id at {}", wire.location());
        let answer = wire.call_once(&attempted, &UnwrapRequest { token: None }, &self.wrapping).await?;
        if !answer.is_success() {
            return Err(errors::unwrapping(&attempted, &answer, &Said::read(&answer, wire.redactor())));
        }
        let unwrapped =
            answer.json::<UnwrapAnswer>("the secret id").map_err(|error| error.context(&attempted))?;
        let secret_id = unwrapped.data.and_then(|data| data.secret_id).ok_or_else(|| {
            Error::new(Kind::Settings, &attempted)
                .with_cause("the token wraps something else than a secret id")
                .with_hint(format!(
                    "wrap the secret id itself: vault write -wrap-ttl=5m -f auth/{mount}/role/<role>/secret-id"
                ))
        })?;
        wire.redactor().add("the unwrapped secret id", &secret_id);
        Ok(secret_id)
    }
}

impl SecretId {
    pub(super) async fn value(&self, wire: &Wire, mount: &str) -> Result<Option<SecretValue>> {
        match self {
            SecretId::None => Ok(None),
            SecretId::Plain(secret_id) => Ok(Some(secret_id.clone())),
            SecretId::Wrapped(wrapped) => {
                let taken = wrapped.taken.get_or_try_init(|| wrapped.take(wire, mount)).await?;
                Ok(Some(taken.clone()))
            }
        }
    }
}
