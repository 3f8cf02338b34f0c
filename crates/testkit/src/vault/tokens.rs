//! Tokens: planted ones, issued ones, and what becomes of them.

use serde_json::{Value, json};

/// A token that a login issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedToken {
    /// The token itself. It protects nothing but this fake.
    pub token: String,
    /// The token's accessor.
    pub accessor: String,
    /// The path of the login, such as `auth/github/login`.
    pub login: String,
    /// Whether it is a batch token.
    pub batch: bool,
    /// Whether it has been revoked.
    pub revoked: bool,
}

/// All tokens of one Vault.
#[derive(Debug)]
pub(super) struct Tokens {
    planted: Vec<String>,
    issued: Vec<IssuedToken>,
    pub(super) batch: bool,
    pub(super) lifetime: u64,
}

impl Default for Tokens {
    fn default() -> Self {
        Self { planted: Vec::new(), issued: Vec::new(), batch: false, lifetime: 32 * 24 * 3600 }
    }
}

impl Tokens {
    pub(super) fn plant(&mut self, token: &str) {
        self.planted.push(token.to_owned());
    }

    pub(super) fn live(&self) -> Vec<IssuedToken> {
        self.issued.iter().filter(|issued| !issued.revoked).cloned().collect()
    }

    pub(super) fn issued(&self) -> Vec<IssuedToken> {
        self.issued.clone()
    }

    pub(super) fn valid(&self, token: &str) -> bool {
        self.planted.iter().any(|planted| planted == token)
            || self.issued.iter().any(|issued| issued.token == token && !issued.revoked)
    }

    pub(super) fn issue(&mut self, login: &str) -> Value {
        let number = self.issued.len() + 1;
        let kind = if self.batch { "b" } else { "s" };
        let issued = IssuedToken {
            token: format!("hv{kind}.CAESIissued{number:04}"),
            accessor: if self.batch { String::new() } else { format!("accessor{number:04}") },
            login: login.to_owned(),
            batch: self.batch,
            revoked: false,
        };
        let auth = self.auth(&issued, self.lifetime);
        self.issued.push(issued);
        auth
    }

    /// Revokes a token; batch tokens cannot be.
    pub(super) fn revoke(&mut self, token: &str) -> Result<(), &'static str> {
        if let Some(issued) = self.issued.iter_mut().find(|issued| issued.token == token) {
            if issued.batch {
                return Err("batch tokens cannot be revoked");
            }
            issued.revoked = true;
        }
        self.planted.retain(|planted| planted != token);
        Ok(())
    }

    /// For as many seconds as are asked for, else for its lifetime.
    pub(super) fn renew(&self, token: &str, seconds: Option<u64>) -> Result<Value, &'static str> {
        match self.issued.iter().find(|issued| issued.token == token) {
            Some(issued) if issued.batch => Err("batch tokens cannot be renewed"),
            Some(issued) => Ok(self.auth(issued, seconds.unwrap_or(self.lifetime))),
            None => Err("lease is not renewable"),
        }
    }

    pub(super) fn lookup(&self, token: &str) -> Value {
        let issued = self.issued.iter().find(|issued| issued.token == token);
        let batch = issued.is_some_and(|issued| issued.batch);
        let lifetime = if issued.is_some() { self.lifetime } else { 0 };
        json!({
            "accessor": issued.map_or("accessor-planted", |issued| &issued.accessor), "creation_time": 1_767_225_600,
            "creation_ttl": lifetime, "display_name": "token", "entity_id": "",
            "expire_time": issued.map(|_| "2026-02-02T00:00:00Z"), "explicit_max_ttl": 0, "id": token,
            "issue_time": "2026-01-01T00:00:00Z", "meta": null, "num_uses": 0, "orphan": true,
            "path": issued.map_or("auth/token/create", |issued| &issued.login), "policies": ["default", "deployer"],
            "renewable": issued.is_some() && !batch, "ttl": lifetime, "type": if batch { "batch" } else { "service" },
        })
    }

    fn auth(&self, issued: &IssuedToken, lifetime: u64) -> Value {
        json!({
            "client_token": issued.token, "accessor": issued.accessor, "policies": ["default", "deployer"],
            "token_policies": ["default", "deployer"], "metadata": {}, "lease_duration": lifetime,
            "renewable": !issued.batch, "entity_id": "", "token_type": if issued.batch { "batch" } else { "service" },
            "orphan": true, "mfa_requirement": null, "num_uses": 0,
        })
    }
}
