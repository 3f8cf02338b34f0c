//! Who we are, how often we say so, and what is given back.

use deployer_core::{Kind, Retry};
use deployer_testkit::answers::{failed, found, read};
use deployer_testkit::server::{Answer, Cut, Moment, Rule};
use futures::future::join_all;
use serde_json::json;

use super::{BY_GITHUB, GIVEN, TOKEN, World, told};

const LOGIN: &str = "/v1/auth/github/login";
const REVOKE: &str = "/v1/auth/token/revoke-self";

#[tokio::test]
async fn a_hundred_readers_log_in_once_and_the_token_is_revoked_at_the_end() {
    let world = World::new();
    for number in 0..100 {
        world.vault.put("secret", &format!("s{number}"), json!({ "value": "v" }));
    }
    let store = world.store(&[BY_GITHUB]);
    let names: Vec<_> = (0..100).map(|number| format!("s{number}")).collect();
    for answer in join_all(names.iter().map(|name| read(&*store, name))).await {
        found(answer);
    }
    assert_eq!((world.asked("POST", LOGIN), world.server.log().entries().len()), (1, 102));
    assert_eq!(world.vault.live_tokens().len(), 1);
    store.close().await.expect("revoked");
    assert_eq!((world.vault.live_tokens().len(), world.asked("POST", REVOKE)), (0, 1));
}

#[tokio::test]
async fn a_token_is_revoked_also_after_a_failure_and_when_its_reader_was_cancelled() {
    let world = World::new();
    world.vault.deny("secret/data/*");
    let store = world.store(&[BY_GITHUB]);
    failed(read(&*store, "x").await);
    store.close().await.expect("revoked");
    assert_eq!((world.vault.issued_tokens().len(), world.vault.live_tokens().len()), (1, 0));

    let mut held = world.server.faults().hold(Rule::path(LOGIN), Moment::AfterApply);
    let store = world.store(&[BY_GITHUB]);
    tokio::select! {
        opened = store.open() => panic!("the login is held: {opened:?}"),
        arrived = held.arrived() => assert!(arrived.is_some()),
    }
    held.release();
    store.close().await.expect("revoked");
    assert_eq!((world.vault.issued_tokens().len(), world.vault.live_tokens().len()), (2, 0));
}

#[tokio::test]
async fn a_given_token_is_used_without_a_login_and_never_revoked() {
    let world = World::new();
    world.vault.put("secret", "a", json!({ "value": "v" }));
    let store = world.store(&[GIVEN]);
    store.open().await.expect("nothing to do");
    found(read(&*store, "a").await);
    store.close().await.expect("nothing to do");
    assert_eq!(world.asked("GET", "/v1/auth/token/lookup-self"), 1);
    assert_eq!((world.asked("POST", LOGIN), world.asked("POST", REVOKE)), (0, 0));
}

#[tokio::test]
async fn a_given_token_that_is_not_valid_is_told_from_a_missing_permission() {
    let world = World::new();
    let store = world.store(&["login = { token = { token = { env = \"WRONG\" } } }"]);
    let error = failed(read(&*store, "a").await);
    assert_eq!((error.kind(), error.retry()), (Kind::Unauthenticated, Retry::Never));
    assert!(error.to_string().contains("the token is not valid"), "{error}");
    let same = failed(read(&*store, "b").await);
    assert_eq!(format!("{same:?}"), format!("{error:?}"), "the same failure of two reads reads the same");
}

#[tokio::test]
async fn an_approle_logs_in_with_and_without_a_secret_id() {
    let world = World::new();
    let bare = "login = { approle = { role_id = { env = \"ROLE\" } } }";
    let full = "login = { approle = { role_id = { env = \"ROLE\" }, secret_id = { env = \"SECRET_ID\" } } }";
    world.vault.approle("role-id-0001", None);
    world.store(&[bare]).open().await.expect("no secret id is asked for");
    world.vault.approle("role-id-0001", Some("secret-id-0001"));
    world.store(&[full]).open().await.expect("the right secret id");
    let error = world.store(&[bare]).open().await.expect_err("a secret id is asked for");
    assert_eq!(error.kind(), Kind::Unauthenticated);
    world.vault.approle("role-id-0001", Some("another"));
    let shown = told(world.store(&[full]).open().await);
    assert!(shown.contains("invalid role or secret ID") && shown.contains("check role id"), "{shown}");
    assert!(!shown.contains("secret-id-0001"), "{shown}");
}

#[tokio::test]
async fn readers_that_wait_for_a_failed_login_share_its_failure_and_a_later_one_tries_again() {
    let world = World::new();
    let store = world.store(&[&BY_GITHUB.replace("GITHUB", "WRONG")]);
    let names: Vec<_> = (0..100).map(|number| format!("s{number}")).collect();
    for answer in join_all(names.iter().map(|name| read(&*store, name))).await {
        let error = failed(answer);
        assert_eq!((error.kind(), error.retry()), (Kind::Unauthenticated, Retry::Never), "{error}");
    }
    assert_eq!(world.asked("POST", LOGIN), 1);
    world.vault.github_user("ghp_wrong-token-0001");
    store.open().await.expect("a new login");
    assert_eq!(world.asked("POST", LOGIN), 2);
}

#[tokio::test]
async fn a_login_that_may_pass_later_is_retryable_and_others_are_not() {
    let world = World::new();
    let answers = [
        (503, json!({ "errors": ["Vault is sealed"] }), Kind::Unavailable, "Vault is sealed"),
        (500, json!({ "errors": ["user is not part of required org"] }), Kind::Denied, "single sign-on"),
        (500, json!({ "errors": ["connection reset"] }), Kind::Unexpected, "connection reset"),
        (
            404,
            json!({ "errors": ["no handler for route \"auth/github/login\""] }),
            Kind::Settings,
            "login.github.mount",
        ),
        (403, json!({ "errors": ["permission denied"] }), Kind::Denied, "auth/github"),
        (
            200,
            json!({ "auth": { "client_token": "", "mfa_requirement": {} } }),
            Kind::Denied,
            "second factor",
        ),
        (200, json!({ "auth": null }), Kind::Unexpected, "holds no token"),
    ];
    for (number, (status, body, kind, expected)) in answers.into_iter().enumerate() {
        let rule = Rule::path(LOGIN).nth(1);
        world.server.faults().answer(rule, Answer::json(status, &body).header("retry-after", "4"));
        let error = world.store(&[BY_GITHUB]).open().await.expect_err(expected);
        assert_eq!(error.kind(), kind, "{number}: {error:?}");
        assert!(format!("{error:?}").contains(expected), "{error:?}");
        let later = Retry::After(std::time::Duration::from_secs(4));
        assert_eq!(error.retry(), if status == 503 { later } else { Retry::Never });
        world.server.faults().clear();
    }
}

/// A gateway or a wrong address refuses too, and says nothing about the method or the credentials.
#[tokio::test]
async fn a_refusal_of_another_server_is_told_as_one() {
    let world = World::new();
    for status in [400, 401, 403, 404] {
        world.server.faults().answer(Rule::path(LOGIN).nth(1), Answer::html(status, "Gateway error"));
        let error = world.store(&[BY_GITHUB]).open().await.expect_err("a page");
        let shown = format!("{error:?}");
        assert_ne!(error.kind(), Kind::Settings, "{shown}");
        assert!(shown.contains(&format!("HTTP {status}")) && shown.contains("not one of Vault"), "{shown}");
        assert!(!shown.contains("Gateway error"), "{shown}");
        world.server.faults().clear();
    }
}

#[tokio::test]
async fn the_mount_of_a_login_and_the_namespace_are_those_of_the_settings() {
    let world = World::new();
    let login = "login = { github = { mount = \"/auth/my/hub/\", token = { env = \"GITHUB\" } } }";
    let store = world.store(&[login, "namespace = \"team/a/\""]);
    let shown = told(store.open().await);
    assert!(shown.contains("auth/my/hub"), "{shown}");
    assert_eq!(world.vault.namespaces(), [("auth/my/hub/login".to_owned(), Some("team/a".to_owned()))]);
}

#[tokio::test]
async fn the_login_may_be_in_another_namespace_than_the_secrets() {
    let world = World::new();
    world.vault.put("secret", "a", json!({ "value": "v" }));
    let spaces = |settings: &'static [&'static str]| {
        let store = world.store(&[&[BY_GITHUB], settings].concat());
        let before = world.vault.namespaces().len();
        let world = &world;
        async move {
            found(read(&*store, "a").await);
            store.close().await.expect("revoked");
            let asked = world.vault.namespaces().split_off(before);
            let of = |start: &str| {
                let found = asked.iter().find(|(path, _)| path.starts_with(start)).expect(start);
                found.1.clone().unwrap_or_default()
            };
            [of("auth/github/login"), of("sys/internal"), of("secret/data"), of("auth/token/revoke-self")]
        }
    };
    assert_eq!(spaces(&["namespace = \"a/b\""]).await, ["a/b"; 4]);
    let both = &["namespace = \"a/b\"", "login_namespace = \"/users/\""];
    assert_eq!(spaces(both).await, ["users", "a/b", "a/b", "users"]);
    let root = &["namespace = \"a/b\"", "login_namespace = \"\""];
    assert_eq!(spaces(root).await, ["", "a/b", "a/b", ""]);
}

#[tokio::test]
async fn the_variables_of_the_official_tools_stand_in_for_settings() {
    let mut world = World::new();
    world.vault.put("secret", "a", json!({ "value": "v" }));
    let ca_file = world.server.ca_file().expect("an authority").display().to_string();
    let (address, elsewhere) = (world.server.url(""), "https://elsewhere.invalid".to_owned());
    for variables in [
        [("VAULT_ADDR", &address), ("VAULT_CACERT", &ca_file)],
        [("BAO_ADDR", &address), ("BAO_CACERT", &ca_file)],
    ] {
        let all = variables
            .into_iter()
            .chain([("VAULT_ADDR", &elsewhere)].into_iter().filter(|_| variables[0].0 == "BAO_ADDR"));
        let token = TOKEN.to_owned();
        let space = "team".to_owned();
        let all = all.chain([("VAULT_TOKEN", &token), ("VAULT_NAMESPACE", &space)]);
        world.context.variables = all.map(|(name, value)| (name, value.as_str())).collect();
        let store = world.store_of("mount = \"secret\"");
        found(read(&*store, "a").await);
        assert_eq!(world.vault.namespaces().pop().expect("asked").1.as_deref(), Some("team"));
    }
}

#[tokio::test]
async fn an_unwrapping_without_an_answer_is_not_taken_for_an_interception() {
    let mut world = World::new();
    world.vault.approle("role-id-0001", Some("secret-id-0001"));
    let fields = json!({ "secret_id": "secret-id-0001" });
    let wrapping = world.vault.wrap(fields.as_object().cloned().expect("an object"));
    world.context.variables =
        [("ROLE", "role-id-0001"), ("WRAPPING", wrapping.as_str())].into_iter().collect();
    let login =
        "login = { approle = { role_id = { env = \"ROLE\" }, wrapped_secret_id = { env = \"WRAPPING\" } } }";
    let unwrap = "/v1/sys/wrapping/unwrap";
    world.server.faults().answer(Rule::path("/v1/auth/approle/login").first(1), Answer::html(503, "busy"));
    let store = world.store(&[login]);
    let error = store.open().await.expect_err("busy");
    assert_eq!((error.kind(), error.retry()), (Kind::Unavailable, Retry::Soon), "{error:?}");
    store.open().await.expect("a login that is tried again has the secret id already");
    assert_eq!(world.asked("POST", unwrap), 1);
    store.close().await.expect("revoked");

    world.server.faults().cut(Rule::path(unwrap), Cut::BeforeAnswer);
    let error = world.store(&[login]).open().await.expect_err("no answer");
    assert_eq!((error.kind(), error.retry()), (Kind::UnknownOutcome, Retry::Never), "{error:?}");
    assert!(!format!("{error:?}").contains("intercepted"), "{error:?}");
}

#[tokio::test]
async fn batch_tokens_are_not_revoked_and_a_refused_revocation_is_told() {
    let world = World::new();
    let store = world.store(&[BY_GITHUB]);
    store.open().await.expect("a login");
    world.vault.deny("auth/token/revoke-self");
    let shown = told(store.close().await);
    assert!(
        shown.contains("`update` on `auth/token/revoke-self`") && shown.contains("ends by itself"),
        "{shown}"
    );
    world.vault.issue_batch_tokens();
    let store = world.store(&[BY_GITHUB]);
    store.open().await.expect("a login");
    store.close().await.expect("nothing to do");
    assert_eq!(world.asked("POST", REVOKE), 1);
}
