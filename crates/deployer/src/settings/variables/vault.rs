//! The `VAULT_…` variables.

use deployer_core::Error;
use deployer_core::error::Note;
use serde_json::json;

use super::address::{self, Scheme};
use super::members::{Findings, Members};
use super::writer::Writer;

/// The name of the store in the settings.
pub(super) const STORE: &str = "vault";

/// The values of `VAULT_AUTH`: its name, the variable that contains the credential, and the key of the login.
const LOGINS: [(&str, &str, &str); 2] = [
    ("git-token", "VAULT_GIT_TOKEN", "login.github.token"),
    ("approle", "VAULT_APPROLE_ID", "login.approle.role_id"),
];

/// Writes the store. Returns whether there is one. If secrets are not verified, problems are a warning: then no secret is sent.
pub(super) fn store(all: &Members<'_>, is_verified: bool, writer: &mut Writer) -> bool {
    let found = Findings::default();
    let variables = all.reporting_to(&found);
    let (url, scheme) = variables.address("VAULT_URL", address::service, true);
    let (mount, login) = (variables.required("VAULT_MOUNTING_POINT"), login(&variables));
    let problems = found.problems.take();
    let (Some(mount), Some((_, variable, key)), []) = (mount, login, &problems[..]) else {
        if is_verified {
            problems.into_iter().for_each(|problem| all.add(problem));
        } else {
            let reasons: Vec<&str> = problems.iter().map(Error::message).collect();
            let reasons = reasons.join("; ");
            let message = format!("no secret is read or sent, and VERIFY_SECRETS is false: {reasons}");
            all.note(Note::warning(message));
        }
        return false;
    };
    writer.table(&["stores", STORE]);
    writer.value("kind", "vault");
    writer.value("address", url).from("VAULT_URL");
    writer.value("mount", mount.trim()).from("VAULT_MOUNTING_POINT");
    writer.value("prefix", all.text("VAULT_PATH_PREFIX")).from("VAULT_PATH_PREFIX");
    writer.refer(key, variable, &[]);
    if scheme == Scheme::Http {
        let message =
            "VAULT_URL is an http:// address: the login and all secrets travel in the clear; use https://";
        all.note(Note::warning(message));
        writer.value("http", json!({ "allow_http": true }));
    }
    true
}

/// How to log in, if the credential for it is set.
fn login(variables: &Members<'_>) -> Option<(&'static str, &'static str, &'static str)> {
    let name = variables.text("VAULT_AUTH").map_or("git-token", str::trim);
    let Some(login) = LOGINS.into_iter().find(|(known, ..)| known.eq_ignore_ascii_case(name)) else {
        return variables.refuse("VAULT_AUTH", "names no way to log in");
    };
    let other = LOGINS.into_iter().find(|(other, ..)| *other != login.0);
    match other.filter(|(_, variable, _)| variables.text(variable).is_some()) {
        Some((auth, variable, _)) if variables.text(login.1).is_none() => {
            let hint = format!("{variable} is set: to use it, set VAULT_AUTH={auth}");
            variables.add(variables.refused(login.1, "is missing").with_hint(hint));
            None
        }
        _ => variables.required(login.1).map(|_| login),
    }
}
