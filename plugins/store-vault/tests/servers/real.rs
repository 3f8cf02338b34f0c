//! HashiCorp's own Vault, with stand-ins for what it asks.

use std::any::Any;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use deployer_testkit::services::ldap::Ldap;
use deployer_testkit::services::radius::Radius;
use deployer_testkit::services::stand_ins::{AwsTokenService, GithubApi, Issuer, KubernetesApi};
use deployer_testkit::services::vault::AuditLog;
use deployer_testkit::services::{RealVault, or_skip};
use deployer_testkit::vault::KvVersion;
use serde_json::{Value, json};

use crate::backend::{Backend, Skip, TEAM};

/// What tokens of logins may do.
pub(crate) const POLICY: &str = "reader";

/// The server and what it leans on.
pub(crate) struct Real {
    pub(crate) vault: RealVault,
    pub(crate) audit: AuditLog,
    denied: Mutex<Vec<String>>,
    kept: Mutex<Vec<Box<dyn Any + Send + Sync>>>,
}

impl Real {
    /// Starts it; none when it cannot be had, which is said for the case.
    pub(crate) async fn start(case: &str) -> Option<Self> {
        let vault = or_skip(&format!("{case} over the real Vault"), RealVault::start())?;
        Some(Self::with(vault).await)
    }

    pub(crate) async fn with(vault: RealVault) -> Self {
        let audit = vault.audit().await;
        let real = Self { vault, audit, denied: Mutex::default(), kept: Mutex::default() };
        real.write_policy().await;
        real
    }

    async fn write_policy(&self) {
        let denied = self.denied.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut rules: Vec<(&str, &[&str])> = vec![("*", &["read", "list", "update"])];
        rules.extend(denied.iter().map(|path| (path.as_str(), &["deny"][..])));
        self.vault.policy(POLICY, &rules).await;
    }

    fn keep(&self, stand_in: impl Any + Send + Sync) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(stand_in));
    }
}

#[async_trait]
impl Backend for Real {
    fn address(&self) -> String {
        self.vault.address().to_owned()
    }

    async fn mount(&self, path: &str, version: KvVersion) {
        self.vault.mount(path, version).await;
    }

    async fn put(&self, version: KvVersion, mount: &str, path: &str, fields: Value) {
        self.vault.put(version, mount, path, fields).await;
    }

    async fn delete(&self, mount: &str, path: &str) {
        self.vault.root("DELETE", &format!("{mount}/data/{path}"), Value::Null).await;
    }

    async fn destroy_first(&self, mount: &str, path: &str) {
        self.vault.root("POST", &format!("{mount}/destroy/{path}"), json!({ "versions": [1] })).await;
    }

    async fn deny(&self, path: &str) {
        self.denied.lock().unwrap_or_else(PoisonError::into_inner).push(path.to_owned());
        self.write_policy().await;
    }

    async fn seal(&self, sealed: bool) {
        self.vault.seal(sealed).await;
    }

    async fn token(&self) -> String {
        self.vault.token(&[POLICY]).await
    }

    async fn live_tokens(&self) -> usize {
        self.vault.live_tokens().await
    }

    async fn renewals(&self) -> usize {
        self.audit.count("update", "auth/token/renew-self")
    }

    async fn user(&self, method: &str, mount: &str, name: &str, password: &str) -> Result<(), Skip> {
        let (path, body) = match method {
            "ldap" => {
                let ldap = Ldap::start(name, password)?;
                let body = json!({
                    "url": ldap.url(), "userdn": Ldap::USERS, "userattr": "uid", "token_policies": [POLICY],
                });
                self.keep(ldap);
                ("config".to_owned(), body)
            }
            "radius" => {
                let radius = Radius::start(name, password)?;
                let body = json!({
                    "host": "127.0.0.1", "port": radius.port(), "secret": Radius::SHARED_SECRET,
                    "unregistered_user_policies": POLICY,
                });
                self.keep(radius);
                ("config".to_owned(), body)
            }
            _ => (format!("users/{name}"), json!({ "password": password, "token_policies": [POLICY] })),
        };
        self.vault.enable_login(mount, method).await;
        self.vault.root("POST", &format!("auth/{mount}/{path}"), body).await;
        Ok(())
    }

    async fn user_lifetime(&self, name: &str, password: &str, seconds: u64) {
        self.vault.enable_login("userpass", "userpass").await;
        let body = json!({
            "password": password, "token_policies": [POLICY], "token_ttl": seconds, "token_max_ttl": 3600,
        });
        self.vault.root("POST", &format!("auth/userpass/users/{name}"), body).await;
    }

    async fn approle(&self, role_id: &str, secret_id: Option<&str>) {
        if self.vault.root("GET", "sys/auth", Value::Null).await["data"]["approle/"].is_null() {
            self.vault.enable_login("approle", "approle").await;
        }
        // A role that asks for nothing must be bound to addresses.
        let role = json!({
            "token_policies": [POLICY], "bind_secret_id": secret_id.is_some(), "token_bound_cidrs": ["127.0.0.1/32"],
        });
        let path = format!("auth/approle/role/{role_id}");
        self.vault.root("POST", &path, role).await;
        self.vault.root("POST", &format!("{path}/role-id"), json!({ "role_id": role_id })).await;
        if let Some(secret_id) = secret_id {
            let body = json!({ "secret_id": secret_id });
            self.vault.root("POST", &format!("{path}/custom-secret-id"), body).await;
        }
    }

    async fn wrapped_secret_id(&self) -> String {
        self.approle("wrapped-role", Some("another-secret-id")).await;
        self.vault.wrapped("POST", "auth/approle/role/wrapped-role/secret-id", 60).await
    }

    async fn github(&self, members: &[&str], others: &[&str]) {
        let github = GithubApi::start(members, others);
        self.vault.enable_login("github", "github").await;
        let config = json!({ "organization": GithubApi::ORGANISATION, "base_url": github.base_url() });
        self.vault.root("POST", "auth/github/config", config).await;
        self.vault.root("POST", &format!("auth/github/map/teams/{TEAM}"), json!({ "value": POLICY })).await;
        self.keep(github);
    }

    async fn kubernetes(&self, role: &str) -> String {
        let cluster = KubernetesApi::start();
        let token = cluster.token().to_owned();
        self.vault.enable_login("kubernetes", "kubernetes").await;
        let config = json!({
            "kubernetes_host": cluster.address(), "token_reviewer_jwt": token, "disable_local_ca_jwt": true,
        });
        self.vault.root("POST", "auth/kubernetes/config", config).await;
        let bound = json!({
            "bound_service_account_names": [KubernetesApi::ACCOUNT],
            "bound_service_account_namespaces": [KubernetesApi::NAMESPACE], "token_policies": [POLICY],
        });
        self.vault.root("POST", &format!("auth/kubernetes/role/{role}"), bound).await;
        self.keep(cluster);
        token
    }

    async fn jwt(&self, role: &str) -> String {
        let issuer = Issuer::start();
        let token =
            issuer.token(json!({ "iss": "https://ci.example", "aud": "vault", "sub": "repo:acme/sesam" }));
        self.vault.enable_login("jwt", "jwt").await;
        let config = json!({
            "jwks_url": issuer.keys_url(), "bound_issuer": "https://ci.example", "jwt_supported_algs": ["ES256"],
        });
        self.vault.root("POST", "auth/jwt/config", config).await;
        let bound = json!({
            "role_type": "jwt", "bound_audiences": ["vault"], "user_claim": "sub", "token_policies": [POLICY],
        });
        self.vault.root("POST", &format!("auth/jwt/role/{role}"), bound).await;
        self.keep(issuer);
        token
    }

    async fn aws(&self, role: &str, access_key: &str, server_id: &str) {
        let sts = AwsTokenService::start(access_key);
        self.vault.enable_login("aws", "aws").await;
        let config = json!({
            "sts_endpoint": sts.address(), "sts_region": "us-east-1", "iam_server_id_header_value": server_id,
            "access_key": "of-vault-itself", "secret_key": "of-vault-itself",
        });
        self.vault.root("POST", "auth/aws/config/client", config).await;
        let bound = json!({
            "auth_type": "iam", "bound_iam_principal_arn": [AwsTokenService::ARN], "resolve_aws_unique_ids": false,
            "token_policies": [POLICY],
        });
        self.vault.root("POST", &format!("auth/aws/role/{role}"), bound).await;
        self.keep(sts);
    }
}
