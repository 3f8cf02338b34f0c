//! What the fake remembers.

use super::secrets::Secrets;

/// Why something is not permitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// No role grants it.
    Role,
    /// No access policy grants it.
    Policy,
}

/// Where a vault may not be reached from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// The firewall does not know the caller's address.
    Firewall,
    /// Only private endpoints are let in.
    PrivateOnly,
}

/// A token that was given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedToken {
    /// The token itself. It protects nothing but this fake.
    pub token: String,
    /// The path of the login, without the query.
    pub login: String,
    /// The client id it was given to; none for the machine's own identity.
    pub client_id: Option<String>,
}

/// An application that may log in, with the proof that it must give.
#[derive(Debug)]
pub(super) struct Application {
    pub(super) client_id: String,
    pub(super) secret: Option<String>,
    pub(super) assertion: Option<String>,
}

impl Application {
    pub(super) fn with_secret(client_id: &str, secret: &str) -> Self {
        Self { client_id: client_id.to_owned(), secret: Some(secret.to_owned()), assertion: None }
    }

    pub(super) fn with_assertion(client_id: &str, assertion: &str) -> Self {
        Self { client_id: client_id.to_owned(), secret: None, assertion: Some(assertion.to_owned()) }
    }
}

/// The whole state of one vault and its login services.
#[derive(Debug)]
pub(super) struct State {
    pub(super) secrets: Secrets,
    pub(super) applications: Vec<Application>,
    /// Client ids; none for the identity that is the machine's own.
    pub(super) machine_identities: Vec<Option<String>>,
    pub(super) identity_header: Option<String>,
    /// Id, access token and issued token.
    pub(super) connections: Vec<[String; 3]>,
    pub(super) refused: Vec<(String, Permission)>,
    pub(super) lists_refused: Option<Permission>,
    pub(super) network: Option<Network>,
    pub(super) accepts_no_token: bool,
    pub(super) page_size: usize,
    pub(super) next_origin: Option<String>,
    pub(super) issued: Vec<IssuedToken>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            secrets: Secrets::default(),
            applications: Vec::new(),
            machine_identities: Vec::new(),
            identity_header: None,
            connections: Vec::new(),
            refused: Vec::new(),
            lists_refused: None,
            network: None,
            accepts_no_token: false,
            page_size: 25,
            next_origin: None,
            issued: Vec::new(),
        }
    }
}

impl State {
    /// How long tokens live, in seconds.
    pub(super) const LIFETIME: u64 = 3599;

    pub(super) fn issue(&mut self, login: &str, client_id: Option<&str>) -> String {
        let token = format!("eyJ0eXAiOiJKV1QifQ.issued{:06}.fake", self.issued.len() + 1);
        self.issued.push(IssuedToken {
            token: token.clone(),
            login: login.to_owned(),
            client_id: client_id.map(str::to_owned),
        });
        token
    }

    pub(super) fn accepts(&self, token: &str) -> bool {
        !self.accepts_no_token && self.issued.iter().any(|issued| issued.token == token)
    }
}
