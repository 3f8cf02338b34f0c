//! Vault's refusals in words that tell a person what to do
//! (<https://developer.hashicorp.com/vault/api-docs#http-status-codes>).

mod general;
mod login;
mod said;

use deployer_core::{Error, Kind, Retry};
use deployer_http::Response;

pub(crate) use self::general::{general, not_vault};
pub(crate) use self::login::{login, second_factor, unwrapping};
pub(crate) use self::said::Said;

/// A failed request for a path that a policy has to grant a capability on.
pub(crate) fn access(
    capability: &str,
    attempted: &str,
    policy_path: &str,
    response: &Response,
    said: &Said,
) -> Error {
    match response.status {
        403 if !said.is_invalid_token() => said.add_to(denied(capability, policy_path, None)),
        405 => said.add_to(wrong_mount(format!("{policy_path} does not support `{capability}`"))),
        _ => harmless(attempted, response, said),
    }
}

/// As [`general`], for a request that is harmless to repeat: a failure inside Vault may pass.
pub(crate) fn harmless(attempted: &str, response: &Response, said: &Said) -> Error {
    let error = general(attempted, response, said);
    if response.status == 500 { error.with_retry(Retry::Soon) } else { error }
}

/// A path that the token must not use. `granted` is what it may do with it, where that could be asked for.
pub(crate) fn denied(capability: &str, policy_path: &str, granted: Option<&[String]>) -> Error {
    let error = Error::new(Kind::Denied, format!("{capability} {policy_path}"));
    let ask = format!("the token needs a policy that grants `{capability}` on `{policy_path}`");
    let elsewhere =
        "Vault answers the same where nothing is mounted: check `mount`, `kv_version` and `namespace` too";
    match granted {
        Some(granted) if granted.iter().any(|granted| granted == capability || granted == "root") => error
            .with_cause(format!("permission denied, although the token's policies grant `{capability}`"))
            .with_hint("something else refuses: a control group, a Sentinel policy, or required parameters; ask its operators"),
        Some(granted) if granted.iter().all(|granted| granted == "deny") => {
            error.with_cause("permission denied: the token may do nothing with this path").with_hint(ask).with_hint(elsewhere)
        }
        Some(granted) => error
            .with_cause(format!("permission denied: the token may {} there, and not `{capability}`", listed(granted)))
            .with_hint(ask),
        None => error.with_cause("permission denied").with_hint(ask).with_hint(elsewhere),
    }
}

fn listed(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// The mount is not what the settings take it for.
pub(crate) fn wrong_mount(cause: impl Into<String>) -> Error {
    Error::new(Kind::Settings, "the setting `mount` does not fit").with_cause(cause.into()).with_hint(
        "set `mount` to the path of a key-value engine, without `data/` (`vault secrets list` shows the paths)",
    )
}
