//! What tests set up in a Vault, with the root token.

use std::sync::PoisonError;

use serde_json::{Value, json};

use super::{AuditLog, RealVault};
use crate::vault::KvVersion;

impl RealVault {
    /// Mounts a key-value engine and waits until it answers: Vault upgrades a new engine of version 2 after mounting it.
    pub async fn mount(&self, path: &str, version: KvVersion) {
        let version = match version {
            KvVersion::One => "1",
            KvVersion::Two => "2",
        };
        let body = json!({ "type": "kv", "options": { "version": version } });
        self.root("POST", &format!("sys/mounts/{path}"), body).await;
        if version == "2" {
            let config = format!("{path}/config");
            while self.ask("GET", &config, Some(self.root_token()), &Value::Null).await.0 != 200 {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Writes a secret below a mount of a version, as a new version where the engine keeps versions.
    pub async fn put(&self, version: KvVersion, mount: &str, path: &str, fields: Value) {
        match version {
            KvVersion::One => self.root("POST", &format!("{mount}/{path}"), fields).await,
            KvVersion::Two => {
                self.root("POST", &format!("{mount}/data/{path}"), json!({ "data": fields })).await
            }
        };
    }

    /// Mounts a login method at a path below `auth/`.
    pub async fn enable_login(&self, path: &str, kind: &str) {
        self.root("POST", &format!("sys/auth/{path}"), json!({ "type": kind })).await;
    }

    /// Writes a policy: its rules by path, each the capabilities on it.
    pub async fn policy(&self, name: &str, rules: &[(&str, &[&str])]) {
        let rules = rules
            .iter()
            .map(|(path, capabilities)| ((*path).to_owned(), json!({ "capabilities": capabilities })));
        let policy = json!({ "path": Value::Object(rules.collect()) }).to_string();
        self.root("POST", &format!("sys/policies/acl/{name}"), json!({ "policy": policy })).await;
    }

    /// Makes a token with these policies, the default one, and a life of an hour.
    pub async fn token(&self, policies: &[&str]) -> String {
        let made = self.root("POST", "auth/token/create", json!({ "policies": policies, "ttl": "1h" })).await;
        let token = made["auth"]["client_token"].as_str().expect("a token").to_owned();
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).push(token.clone());
        token
    }

    /// The tokens that [`Self::token`] made.
    pub fn given_tokens(&self) -> Vec<String> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many service tokens are alive, the root token and those of [`Self::token`] left out: those that logins made.
    pub async fn live_tokens(&self) -> usize {
        let listed = self.root("LIST", "auth/token/accessors", Value::Null).await;
        let all = listed["data"]["keys"].as_array().map_or(0, Vec::len);
        all - 1 - self.given_tokens().len()
    }

    /// Seals or unseals it; a sealed Vault answers 503.
    pub async fn seal(&self, sealed: bool) {
        if sealed {
            self.root("PUT", "sys/seal", Value::Null).await;
            return;
        }
        let (status, answer) =
            self.ask("PUT", "sys/unseal", None, &json!({ "key": self.about.unseal_key })).await;
        assert_eq!((status, &answer["sealed"]), (200, &json!(false)), "{answer}");
    }

    /// Lets Vault write every request from now on into an audit log.
    pub async fn audit(&self) -> AuditLog {
        let file = self.folder().join("audit.log");
        let options = json!({ "file_path": file.display().to_string() });
        self.root("PUT", "sys/audit/file", json!({ "type": "file", "options": options })).await;
        AuditLog::after_setup(file)
    }
}
