//! Logins with an identity that the surroundings give: certificates, pipelines, machines of Azure.

use std::sync::{Arc, Mutex};

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::routing::any;
use deployer_core::{Kind, Retry};
use deployer_testkit::answers::read;
use deployer_testkit::server::{Answer, Authority, Rule, Server};
use deployer_testkit::services::{RealVault, or_skip};
use deployer_testkit::vault::{AuthMethod, KvVersion};
use serde_json::{Value, json};

use crate::backend::{assert_found, built, store};
use crate::fake::Fake;
use crate::real::{POLICY, Real};

#[tokio::test]
async fn a_client_certificate_logs_in_to_the_real_server() {
    let authority = Authority::generate();
    let Some(vault) = or_skip("a login by certificate", RealVault::start_with_tls(&authority)) else {
        return;
    };
    vault.mount("secret", KvVersion::Two).await;
    vault.put(KvVersion::Two, "secret", "a", json!({ "value": "v" })).await;
    vault.enable_login("cert", "cert").await;
    let role = json!({ "certificate": authority.pem(), "allowed_common_names": ["deployer"], "token_policies": [POLICY] });
    vault.root("POST", "auth/cert/certs/deployer", role).await;
    let backend = Real::with(vault).await;
    let (known, unknown) = (authority.client("deployer"), authority.client("somebody"));
    let ca_file = authority.file().display().to_string();
    let http = |client: &deployer_testkit::server::ClientCertificate| {
        let (certificate, key) = (client.certificate.display(), client.key.display());
        format!(
            "http = {{ ca_file = \"{ca_file}\", client_certificate = \"{certificate}\", client_key = {{ file = \"{key}\" }} }}"
        )
    };
    for login in ["login = { cert = {} }", "login = { cert = { name = \"deployer\" } }"] {
        let store = store(&backend, &[], &[login, &http(&known)]);
        assert_found(read(&*store, "a").await, "v");
        store.close().await.expect("revoked");
    }
    let variables = [
        ("VAULT_CACERT", ca_file.clone()),
        ("VAULT_CLIENT_CERT", known.certificate.display().to_string()),
        ("VAULT_CLIENT_KEY", known.key.display().to_string()),
    ];
    let variables: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let by_variables = store(&backend, &variables, &["login = { cert = {} }"]);
    assert_found(read(&*by_variables, "a").await, "v");
    let error =
        store(&backend, &[], &["login = { cert = {} }", &http(&unknown)]).open().await.expect_err("unknown");
    assert_eq!((error.kind(), error.retry()), (Kind::Unauthenticated, Retry::Never), "{error:?}");
    assert!(format!("{error:?}").contains("a role must trust the client certificate"), "{error:?}");
    let without = format!("http = {{ ca_file = \"{ca_file}\" }}");
    let refused = built(&backend, &[], &["login = { cert = {} }", &without]).expect_err("no certificate");
    assert!(format!("{refused:?}").contains("http.client_certificate"), "{refused:?}");
}

/// A service that gives out tokens, and remembers who asked.
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Vec<(String, HeaderMap)>>>);

impl Asked {
    fn serve(&self, answers: &[(&'static str, Value)]) -> Server {
        let answers: Arc<Vec<_>> = Arc::new(answers.to_vec());
        let answer = move |State(asked): State<Asked>, uri: Uri, headers: HeaderMap| async move {
            let uri = uri.to_string();
            let found = answers.iter().find(|(start, _)| uri.starts_with(start));
            asked.0.lock().expect("no test panics with the lock").push((uri.clone(), headers));
            Json(found.map_or(Value::Null, |(_, body)| body.clone()))
        };
        Server::http(Router::new().fallback(any(answer)).with_state(self.clone()))
    }

    /// What was asked for, with a header of each.
    fn seen(&self, header: &str) -> Vec<(String, String)> {
        let asked = self.0.lock().expect("no test panics with the lock");
        let value = |headers: &HeaderMap| {
            headers.get(header).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        asked.iter().map(|(uri, headers)| (uri.clone(), value(headers).unwrap_or_default())).collect()
    }
}

fn fake(method: AuthMethod, mount: &str, token: &str) -> Fake {
    let fake = Fake::new();
    fake.vault.mount("secret", KvVersion::Two);
    fake.vault.put("secret", "a", json!({ "value": "v" }));
    fake.vault.mount_auth(mount, method);
    fake.vault.role(mount, "deployer", token);
    fake
}

#[tokio::test]
async fn github_actions_and_azure_pipelines_are_asked_for_identity_tokens() {
    let fake = fake(AuthMethod::Jwt, "jwt", "the-identity-token");
    let asked = Asked::default();
    let service = asked.serve(&[
        ("/github", json!({ "value": "the-identity-token" })),
        ("/azure", json!({ "oidcToken": "the-identity-token" })),
    ]);
    let (github, azure) = (service.url("/github?run=1"), service.url("/azure"));
    let variables = [
        ("ACTIONS_ID_TOKEN_REQUEST_URL", github.as_str()),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "github-bearer"),
        ("SYSTEM_OIDCREQUESTURI", azure.as_str()),
        ("SYSTEM_ACCESSTOKEN", "azure-bearer"),
    ];
    for login in [
        "login = { jwt = { role = \"deployer\", github_actions = { audience = \"https://vault.example/\" } } }",
        "login = { jwt = { role = \"deployer\", github_actions = {} } }",
        "login = { jwt = { role = \"deployer\", azure_pipelines = { service_connection = \"id 1\" } } }",
    ] {
        assert_found(read(&*store(&fake, &variables, &[login]), "a").await, "v");
    }
    let expected = [
        ("/github?run=1&audience=https%3A%2F%2Fvault.example%2F", "Bearer github-bearer"),
        ("/github?run=1", "Bearer github-bearer"),
        ("/azure?api-version=7.1&serviceConnectionId=id+1", "Bearer azure-bearer"),
    ];
    assert_eq!(
        asked.seen("authorization"),
        expected.map(|(uri, bearer)| (uri.to_owned(), bearer.to_owned()))
    );
}

#[tokio::test]
async fn a_pipeline_that_gives_no_identity_says_what_to_set() {
    let fake = fake(AuthMethod::Jwt, "jwt", "the-identity-token");
    for (login, variables, expected) in [
        ("github_actions = {}", vec![], "id-token: write"),
        (
            "github_actions = {}",
            vec![("ACTIONS_ID_TOKEN_REQUEST_URL", "http://elsewhere.example/")],
            "in the clear",
        ),
        ("gitlab = {}", vec![], "id_tokens: { VAULT_ID_TOKEN"),
        ("azure_pipelines = { service_connection = \"x\" }", vec![], "SYSTEM_OIDCREQUESTURI"),
        (
            "azure_pipelines = { service_connection = \"x\" }",
            vec![("SYSTEM_OIDCREQUESTURI", "https://dev.azure.com/x")],
            "$(System.AccessToken)",
        ),
        ("gitlab = {}, github_actions = {}", vec![], "exactly one of"),
    ] {
        let login = format!("login = {{ jwt = {{ role = \"deployer\", {login} }} }}");
        let error = built(&fake, &variables, &[&login]).expect_err(expected);
        assert_eq!(error.kind(), Kind::Settings);
        assert!(format!("{error:?}").contains(expected), "{error:?}");
    }
}

#[tokio::test]
async fn a_service_that_gives_no_token_is_told_without_its_answer() {
    let fake = fake(AuthMethod::Jwt, "jwt", "the-identity-token");
    let asked = Asked::default();
    let service = asked.serve(&[]);
    let url = service.url("/github");
    let variables =
        [("ACTIONS_ID_TOKEN_REQUEST_URL", url.as_str()), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "bearer-0001")];
    let login = "login = { jwt = { github_actions = {} } }";
    for (answer, kind, expected) in [
        (Answer::json(200, &json!({ "value": "" })), Kind::Unexpected, "no token"),
        (Answer::json(200, &json!({ "value": { "hunter2": 1 } })), Kind::Unexpected, "unexpected structure"),
        (Answer::json(401, &json!({ "message": "hunter2" })), Kind::Unauthenticated, "401"),
    ] {
        service.faults().answer(Rule::any(), answer);
        let error = store(&fake, &variables, &[login]).open().await.expect_err(expected);
        let shown = format!("{error:?}");
        assert_eq!(error.kind(), kind, "{shown}");
        assert!(shown.contains(expected) && shown.contains("ask GitHub"), "{shown}");
        assert!(!shown.contains("hunter2") && !shown.contains("bearer-0001"), "{shown}");
        service.faults().clear();
    }
}

#[tokio::test]
async fn machines_and_apps_of_azure_log_in_with_their_identity() {
    let fake = fake(AuthMethod::Azure, "azure", "the-azure-token");
    let asked = Asked::default();
    let service = asked.serve(&[
        ("/metadata/identity/oauth2/token", json!({ "access_token": "the-azure-token", "expires_in": "3600" })),
        ("/metadata/instance", json!({ "compute": {
            "subscriptionId": "s", "resourceGroupName": "g", "name": "machine", "vmScaleSetName": "", "location": "eu",
        } })),
        ("/app/token", json!({ "access_token": "the-azure-token" })),
    ]);
    let machine = format!(
        "login = {{ azure = {{ role = \"deployer\", metadata_address = \"{}\" }} }}",
        service.url("")
    );
    assert_found(read(&*store(&fake, &[], &[&machine]), "a").await, "v");
    let seen = asked.seen("metadata");
    assert_eq!(seen.len(), 2);
    assert!(seen.iter().all(|(_, header)| header == "true"));
    assert!(seen[0].0.contains("resource=https%3A%2F%2Fmanagement.azure.com%2F"), "{seen:?}");

    let endpoint = service.url("/app/token");
    let variables = [("IDENTITY_ENDPOINT", endpoint.as_str()), ("IDENTITY_HEADER", "identity-header")];
    let app = "login = { azure = { role = \"deployer\", resource = \"api://vault\", client_id = \"c\", resource_id = \"/r\" } }";
    assert_found(read(&*store(&fake, &variables, &[app]), "a").await, "v");
    let (uri, header) = asked.seen("x-identity-header").pop().expect("asked");
    assert_eq!(uri, "/app/token?api-version=2019-08-01&resource=api%3A%2F%2Fvault&client_id=c");
    assert_eq!(header, "identity-header");
}
