//! What the fake remembers.

use std::collections::BTreeMap;

use super::secrets::Secrets;

/// A token that was given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedToken {
    /// The token itself. It protects nothing but this fake.
    pub token: String,
    /// The path of the login.
    pub login: String,
    /// Whom it was given to: the email address of a service account, or the audience of a federation.
    pub principal: String,
}

/// The whole state of one project and of the services that give out tokens.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) secrets: Secrets,
    /// The public keys of service accounts, by email address.
    pub(super) accounts: BTreeMap<String, Vec<u8>>,
    /// The providers of federations, and the identity tokens that each trusts.
    pub(super) providers: BTreeMap<String, String>,
    /// The service account of the machine.
    pub(super) machine: Option<String>,
    pub(super) denied: Vec<String>,
    pub(super) lists_denied: bool,
    pub(super) service_disabled: bool,
    pub(super) accepts_no_token: bool,
    pub(super) page_size: Option<usize>,
    pub(super) lifetime: Option<u64>,
    pub(super) issued: Vec<IssuedToken>,
}

impl State {
    /// How long tokens live, in seconds.
    pub(super) fn lifetime(&self) -> u64 {
        self.lifetime.unwrap_or(3599)
    }

    pub(super) fn issue(&mut self, login: &str, principal: &str) -> String {
        let token = format!("ya29.issued{:06}.fake", self.issued.len() + 1);
        let (login, principal) = (login.to_owned(), principal.to_owned());
        self.issued.push(IssuedToken { token: token.clone(), login, principal });
        token
    }

    pub(super) fn accepts(&self, token: &str) -> bool {
        !self.accepts_no_token && self.principal(token).is_some()
    }

    pub(super) fn principal(&self, token: &str) -> Option<&str> {
        self.issued.iter().find(|issued| issued.token == token).map(|issued| issued.principal.as_str())
    }
}
