//! The `VAULT_…` variables.

use deployer_core::Error;
use deployer_core::error::Note;

use serde_json::json;

use super::address;
use super::reader::{Reader, malformed};
use super::writer::Writer;

/// What the store is called in the settings.
pub(super) const STORE: &str = "vault";

/// Why secrets are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// They are verified: what is missing fails the run.
    Verified,
    /// They are uploaded and not verified: what is missing is a warning, and nothing is sent.
    UploadedOnly,
    /// They are not read.
    Nothing,
}

/// Vault, and how to log in.
#[derive(Debug)]
pub(super) struct Vault {
    address: String,
    mount: String,
    prefix: Option<String>,
    login: Login,
    allow_http: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Login {
    Github,
    Approle,
}

impl Login {
    fn variable(self) -> &'static str {
        match self {
            Login::Github => "VAULT_GIT_TOKEN",
            Login::Approle => "VAULT_APPROLE_ID",
        }
    }
}

impl Vault {
    /// Reads the variables; none when secrets are not read, or cannot be.
    pub(super) fn read(reader: &mut Reader<'_>, need: Need) -> Option<Self> {
        if need == Need::Nothing {
            return None;
        }
        let mut problems = Vec::new();
        let vault = read(reader, &mut problems);
        if problems.is_empty() {
            return vault;
        }
        if need == Need::Verified {
            reader.problems.extend(problems);
        } else {
            let reasons: Vec<&str> = problems.iter().map(Error::message).collect();
            let message =
                format!("no secret is read or sent, and VERIFY_SECRETS is false: {}", reasons.join("; "));
            reader.notes.push(Note::warning(message));
        }
        None
    }

    /// Writes the store.
    pub(super) fn write(&self, writer: &mut Writer) {
        writer.table(&["stores", STORE]);
        writer.text("kind", "vault");
        writer.text("address", &self.address).from("VAULT_URL");
        writer.text("mount", &self.mount).from("VAULT_MOUNTING_POINT");
        if let Some(prefix) = &self.prefix {
            writer.text("prefix", prefix).from("VAULT_PATH_PREFIX");
        }
        let key = match self.login {
            Login::Github => "login.github.token",
            Login::Approle => "login.approle.role_id",
        };
        writer.refer(key, self.login.variable(), &[]);
        if self.allow_http {
            writer.value("http", json!({ "allow_http": true }));
        }
    }
}

fn read(reader: &mut Reader<'_>, problems: &mut Vec<Error>) -> Option<Vault> {
    let url = reader.text("VAULT_URL");
    let mount = reader.text("VAULT_MOUNTING_POINT");
    for (name, text) in [("VAULT_URL", url), ("VAULT_MOUNTING_POINT", mount)] {
        if text.is_none() {
            problems.push(reader.missing(name));
        }
    }
    let login = login(reader, problems);
    let mut allow_http = false;
    match url.map(address::service) {
        Some(Ok(address)) if address.is_unencrypted() => {
            allow_http = true;
            let message = "VAULT_URL is an http:// address: the login and all secrets travel in the clear; use https://";
            reader.notes.push(Note::warning(message));
        }
        Some(Err(what)) => problems.push(malformed("VAULT_URL", what)),
        _ => {}
    }
    let (address, mount, login) = (url?.trim().to_owned(), mount?.trim().to_owned(), login?);
    let prefix = reader.text("VAULT_PATH_PREFIX").map(str::to_owned);
    Some(Vault { address, mount, prefix, login, allow_http })
}

/// How to log in, when what that takes is there.
fn login(reader: &Reader<'_>, problems: &mut Vec<Error>) -> Option<Login> {
    let login = match reader.text("VAULT_AUTH").map(str::trim) {
        None => Login::Github,
        Some(name) if name.eq_ignore_ascii_case("git-token") => Login::Github,
        Some(name) if name.eq_ignore_ascii_case("approle") => Login::Approle,
        Some(_) => {
            problems.push(malformed("VAULT_AUTH", "names no way to log in"));
            return None;
        }
    };
    if reader.text(login.variable()).is_some() {
        return Some(login);
    }
    let problem = reader.missing(login.variable());
    let other = if login == Login::Github { Login::Approle } else { Login::Github };
    problems.push(if reader.text(other.variable()).is_some() {
        let auth = if other == Login::Approle { "approle" } else { "git-token" };
        problem.with_hint(format!("{} is set: to use it, set VAULT_AUTH={auth}", other.variable()))
    } else {
        problem
    });
    None
}
