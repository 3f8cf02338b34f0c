//! What the fake remembers.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::kv::Engine;
use super::tokens::Tokens;
use crate::server::matches;

/// A way to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMethod {
    /// A personal token of GitHub.
    GitHub,
    /// A role id, with or without a secret id.
    AppRole,
    /// A user name and a password that Vault keeps.
    Userpass,
    /// A user name and a password of a directory.
    Ldap,
    /// A user name and a password of a RADIUS server.
    Radius,
    /// The token of a service account, and a role.
    Kubernetes,
    /// An identity token, and a role.
    Jwt,
    /// A signed question to AWS, and a role.
    Aws,
    /// The token of a managed identity, and a role.
    Azure,
}

/// What a wrapping token stands for.
#[derive(Debug, Clone)]
pub(super) enum Wrapped {
    Data(Map<String, Value>),
    Login,
}

/// A credential that a role accepts.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) mount: String,
    pub(super) role: String,
    pub(super) credential: String,
}

/// The whole state of one Vault.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Engines by mount path without slashes at its ends.
    pub(super) engines: BTreeMap<String, Engine>,
    pub(super) tokens: Tokens,
    /// Login methods by mount path below `auth/`.
    pub(super) auth_methods: BTreeMap<String, AuthMethod>,
    pub(super) github: Vec<String>,
    /// GitHub tokens of people who are not in the organisation.
    pub(super) github_outsiders: Vec<String>,
    /// Passwords by mount and user.
    pub(super) users: BTreeMap<(String, String), String>,
    pub(super) identities: Vec<Known>,
    /// Secret ids by role id.
    pub(super) approles: BTreeMap<String, Option<String>>,
    pub(super) denied: Vec<String>,
    pub(super) sealed: bool,
    pub(super) namespaces: Vec<(String, Option<String>)>,
    wrapped: BTreeMap<String, Wrapped>,
    wrapped_ever: usize,
}

impl State {
    pub(super) fn denies(&self, path: &str) -> bool {
        self.denied.iter().any(|pattern| matches(pattern, path))
    }

    /// The mount that a path lies in: the longest one that is a prefix. With it, the rest of the path.
    pub(super) fn engine_of<'a>(&self, path: &'a str) -> Option<(&str, &Engine, &'a str)> {
        self.engines
            .iter()
            .filter_map(|(mount, engine)| {
                let rest = path.strip_prefix(mount.as_str())?;
                let rest = if rest.is_empty() { rest } else { rest.strip_prefix('/')? };
                Some((mount.as_str(), engine, rest))
            })
            .max_by_key(|(mount, ..)| mount.len())
    }

    pub(super) fn wrap(&mut self, wrapped: Wrapped) -> String {
        self.wrapped_ever += 1;
        let token = format!("hvs.CAESIwrapping{:04}", self.wrapped_ever);
        self.wrapped.insert(token.clone(), wrapped);
        token
    }

    pub(super) fn unwrap(&mut self, token: &str) -> Option<Wrapped> {
        self.wrapped.remove(token)
    }

    pub(super) fn is_wrapping_token(&self, token: &str) -> bool {
        self.wrapped.contains_key(token)
    }
}
