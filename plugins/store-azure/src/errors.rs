//! Key Vault's refusals in words that tell a person what to do.

use deployer_core::{Error, Kind, Retry};

use crate::naming::VaultPlace;
use crate::wire::{Failure, Refusal};

/// A failure that has nothing to do with one secret. `attempted` names none, so that equal failures of many reads are told once.
pub(crate) fn general(attempted: &str, failure: Failure) -> Error {
    match failure {
        Failure::Refused(refusal) => of_vault(attempted, &refusal),
        Failure::Told(error) => renamed(attempted, &error),
        Failure::Stranger => Error::new(Kind::Settings, attempted)
            .with_cause("the vault asks for a login to a service of another domain than its own")
            .with_hint("set `address` to the vault's name in Azure, such as https://team.vault.azure.net")
            .with_hint("only where it has another name in a private network: set `private_dns = true`"),
        Failure::Unreadable => Error::new(Kind::Unexpected, attempted)
            .with_cause("the answer is not one of Key Vault")
            .with_hint("check `address`"),
    }
}

/// A failed read of a secret.
pub(crate) fn read(attempted: &str, place: &VaultPlace, vault: &str, failure: Failure) -> Error {
    let refusal = match failure {
        Failure::Refused(refusal) => refusal,
        failure => return general(attempted, failure),
    };
    let name = &place.name;
    let denied =
        |cause: &str| Error::new(Kind::Denied, format!("read {place} from {vault}")).with_cause(cause);
    let error = match refusal.status {
        403 if refusal.says("SecretDisabled") => denied("it is disabled")
            .with_hint(format!("enable it: az keyvault secret set-attributes --name {name} --enabled true --vault-name …")),
        403 if refusal.says("ForbiddenByRbac") => denied("no role of ours grants it")
            .with_hint("give the identity the role `Key Vault Secrets User` on the vault, or on this secret alone")
            .with_hint("a new role may need some minutes until it counts"),
        403 if refusal.says("ForbiddenByPolicy") || refusal.says("AccessDenied") => {
            denied("no access policy of the vault grants it")
                .with_hint("grant the identity `get` on secrets: az keyvault set-policy --secret-permissions get list --object-id … --name …")
        }
        403 if refusal.is_about_permission() => denied("permission denied")
            .with_hint("the identity needs `get` on secrets: the role `Key Vault Secrets User`, or an access policy"),
        _ => return of_vault(attempted, &refusal),
    };
    with_words(error, &refusal)
}

/// A refusal that is the same for every secret.
fn of_vault(attempted: &str, refusal: &Refusal) -> Error {
    let error = match refusal.status {
        401 => Error::new(Kind::Unauthenticated, attempted)
            .with_cause("the vault does not accept the token")
            .with_hint("the identity and the vault must be in the same tenant and cloud: check `tenant`, `cloud` and `authority`"),
        403 if refusal.says("ForbiddenByFirewall") => Error::new(Kind::Denied, attempted)
            .with_cause("the vault's firewall does not let this machine in")
            .with_hint("allow its address or network: az keyvault network-rule add --ip-address … --name …; or run where the network is allowed"),
        403 if refusal.says("ForbiddenByConnection") => Error::new(Kind::Denied, attempted)
            .with_cause("the vault answers in private networks alone")
            .with_hint("run where its private endpoint is reached, and check that its name resolves to that endpoint's address"),
        // A failure inside the service may pass; a read is harmless to repeat.
        500 => renamed(attempted, &refusal.general).with_retry(Retry::Soon),
        404 => renamed(attempted, &refusal.general).with_hint("check `address`: no key vault answers there"),
        _ => renamed(attempted, &refusal.general),
    };
    with_words(error, refusal)
}

fn with_words(error: Error, refusal: &Refusal) -> Error {
    refusal.words.iter().fold(error, |error, line| error.with_detail(format!("Key Vault says: {line}")))
}

/// An error under another name: what was attempted, in place of a request.
fn renamed(attempted: &str, error: &Error) -> Error {
    let renamed = Error::new(error.kind(), attempted).with_retry(error.retry());
    let renamed = match (error.message(), error.cause()) {
        ("", Some(cause)) => renamed.with_cause(cause),
        (message, None) => renamed.with_cause(message),
        (message, Some(cause)) => renamed.with_cause(format!("{message}: {cause}")),
    };
    let renamed = error.details().iter().fold(renamed, |renamed, detail| renamed.with_detail(detail));
    error.hints().iter().fold(renamed, |renamed, hint| renamed.with_hint(hint))
}
