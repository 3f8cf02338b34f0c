//! Answers of the fake Vault that `hvac` does not show.

use deployer_testkit::server::Server;
use deployer_testkit::vault::{FakeVault, KvVersion};
use reqwest::{Client, Method};
use serde_json::{Value, json};

struct Rig {
    vault: FakeVault,
    server: Server,
    client: Client,
}

impl Rig {
    fn start() -> Self {
        let vault = FakeVault::new();
        vault.plant_token("hvs.planted");
        vault.mount("secret", KvVersion::Two);
        vault.put("secret", "a", json!({ "user": "x", "password": "y" }));
        vault.put("secret", "folder/b", json!({ "value": "z" }));
        let server = Server::http(vault.router());
        Self { vault, server, client: Client::builder().no_proxy().build().expect("a client") }
    }

    /// Status and body of an answer; `null` for an empty one.
    async fn ask(&self, method: &str, path: &str, token: &str, body: Value) -> (u16, Value) {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let request =
            self.client.request(method, self.server.url(path)).header("X-Vault-Token", token).json(&body);
        let answer = request.send().await.expect("answered");
        let status = answer.status().as_u16();
        let body = answer.bytes().await.expect("a body");
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.ask("GET", path, "hvs.planted", Value::Null).await
    }

    async fn login(&self) -> Value {
        self.vault.github_user("ghp_known");
        self.ask("POST", "/v1/auth/github/login", "", json!({ "token": "ghp_known" })).await.1["auth"].take()
    }
}

#[tokio::test]
async fn a_sealed_vault_answers_nothing_but_its_health() {
    let rig = Rig::start();
    rig.vault.seal(true);
    assert_eq!(rig.get("/v1/secret/data/a").await, (503, json!({ "errors": ["Vault is sealed"] })));
    let (status, health) = rig.get("/v1/sys/health").await;
    assert_eq!((status, &health["sealed"]), (503, &json!(true)));
    rig.vault.seal(false);
    assert_eq!(rig.get("/v1/secret/data/a").await.0, 200);
}

#[tokio::test]
async fn the_envelope_of_a_read_is_vaults() {
    let rig = Rig::start();
    let (status, answer) = rig.get("/v1/secret/data/a").await;
    assert_eq!((status, &answer["data"]["data"]), (200, &json!({ "user": "x", "password": "y" })));
    for field in [
        "request_id",
        "lease_id",
        "renewable",
        "lease_duration",
        "wrap_info",
        "warnings",
        "auth",
        "mount_type",
    ] {
        assert!(answer.get(field).is_some(), "{field}");
    }
    let (_, names) = rig.get("/v1/secret/subkeys/a").await;
    assert_eq!(names["data"]["subkeys"], json!({ "user": null, "password": null }));
    assert_eq!(rig.get("/v1/secret/data/absent").await, (404, json!({ "errors": [] })));
    let (status, wrong_version) = rig.get("/v1/secret/a").await;
    let warning = wrong_version["warnings"][0].as_str().unwrap_or_default();
    assert!(
        status == 404 && warning.starts_with("Invalid path for a versioned K/V secrets engine"),
        "{wrong_version}"
    );
    assert_eq!(rig.ask("POST", "/v1/secret/data/a", "hvs.planted", json!({})).await.0, 405);
}

#[tokio::test]
async fn listing_works_by_its_own_method_and_by_parameter() {
    let rig = Rig::start();
    let keys = json!(["a", "folder/"]);
    assert_eq!(
        rig.ask("LIST", "/v1/secret/metadata/", "hvs.planted", Value::Null).await.1["data"]["keys"],
        keys
    );
    assert_eq!(rig.get("/v1/secret/metadata?list=true").await.1["data"]["keys"], keys);
    assert_eq!(rig.get("/v1/secret/metadata/folder/?list=true").await.1["data"]["keys"], json!(["b"]));
}

#[tokio::test]
async fn tokens_are_told_apart() {
    let rig = Rig::start();
    let read = |token: &'static str| rig.ask("GET", "/v1/secret/data/a", token, Value::Null);
    assert_eq!(read("").await, (403, json!({ "errors": ["permission denied"] })));
    let (status, wrong) = read("hvs.wrong").await;
    assert!(status == 403 && wrong.to_string().contains("invalid token"), "{wrong}");
    rig.vault.deny("secret/data/a*");
    let (status, denied) = read("hvs.planted").await;
    assert!(status == 403 && !denied.to_string().contains("invalid token"), "{denied}");
    rig.vault.deny("auth/github/*");
    assert!(rig.login().await.is_null() && rig.vault.issued_tokens().is_empty());
}

#[tokio::test]
async fn a_batch_token_is_neither_renewed_nor_revoked() {
    let rig = Rig::start();
    rig.vault.issue_batch_tokens();
    rig.vault.token_lifetime(60);
    let auth = rig.login().await;
    assert_eq!((&auth["token_type"], &auth["lease_duration"]), (&json!("batch"), &json!(60)));
    let token = auth["client_token"].as_str().expect("a token");
    for action in ["renew-self", "revoke-self"] {
        assert_eq!(rig.ask("POST", &format!("/v1/auth/token/{action}"), token, json!({})).await.0, 400);
    }
    assert_eq!(rig.vault.live_tokens().len(), 1);
}

#[tokio::test]
async fn a_wrapped_login_is_answered_once_and_as_a_login() {
    let rig = Rig::start();
    let wrapping = rig.vault.wrap_login();
    let (_, answer) = rig.ask("POST", "/v1/sys/wrapping/unwrap", &wrapping, Value::Null).await;
    assert!(answer["data"].is_null());
    let token = answer["auth"]["client_token"].as_str().expect("a token").to_owned();
    let again = rig.ask("POST", "/v1/sys/wrapping/unwrap", &wrapping, Value::Null).await;
    assert_eq!(again, (400, json!({ "errors": ["wrapping token is not valid or does not exist"] })));
    assert_eq!(rig.ask("POST", "/v1/auth/token/revoke-self", &token, Value::Null).await, (204, Value::Null));
    assert!(rig.vault.live_tokens().is_empty());
    assert_eq!(rig.vault.issued_tokens().len(), 1);
}
