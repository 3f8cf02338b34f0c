//! Every login that both servers know.

use deployer_core::{Kind, Retry};
use deployer_testkit::answers::read;
use deployer_testkit::services::stand_ins::KubernetesApi;
use deployer_testkit::skip_or_fail;
use deployer_testkit::vault::KvVersion;
use serde_json::json;

use crate::backend::{Backend, assert_found, built, store};

crate::over_both!(
    userpass,
    ldap,
    radius,
    approle,
    wrapped_secret_ids,
    github,
    kubernetes,
    jwt,
    aws,
    short_tokens_are_renewed_at_once,
    given_tokens_are_never_revoked,
);

async fn prepare(backend: &dyn Backend) {
    backend.mount("secret", KvVersion::Two).await;
    backend.put(KvVersion::Two, "secret", "a", json!({ "value": "v" })).await;
}

/// The login reads, and what it made is given back.
async fn works(backend: &dyn Backend, variables: &[(&str, &str)], settings: &[&str]) {
    let store = store(backend, variables, settings);
    store.open().await.unwrap_or_else(|error| panic!("{settings:?}: {error:?}"));
    assert_eq!(backend.live_tokens().await, 1, "{settings:?}");
    assert_found(read(&*store, "a").await, "v");
    store.close().await.unwrap_or_else(|error| panic!("{settings:?}: {error:?}"));
    assert_eq!(backend.live_tokens().await, 0, "{settings:?}");
}

/// The login fails in this way, says this, and may not be tried again.
async fn fails(
    backend: &dyn Backend,
    variables: &[(&str, &str)],
    settings: &[&str],
    kind: Kind,
    expected: &str,
) {
    let store = store(backend, variables, settings);
    let error = store.open().await.expect_err(expected);
    let shown = format!("{error:?}");
    assert_eq!((error.kind(), error.retry()), (kind, Retry::Never), "{settings:?}: {shown}");
    assert!(shown.contains(expected), "{settings:?}: {shown}");
    for (_, value) in variables {
        assert!(!shown.contains(value), "{settings:?}: {shown}");
    }
    store.close().await.expect("nothing to give back");
}

async fn by_password(backend: &dyn Backend, method: &str) {
    prepare(backend).await;
    let mount = format!("people/{method}");
    if let Err(reason) = backend.user(method, &mount, "bob", "pass word-0001").await {
        return skip_or_fail(&format!("a login by {method}"), &reason);
    }
    let at = |mount: &str, user: &str| {
        format!(
            "login = {{ {method} = {{ mount = \"{mount}\", username = \"{user}\", password = {{ env = \"PASSWORD\" }} }} }}"
        )
    };
    let (good, wrong) = ([("PASSWORD", "pass word-0001")], [("PASSWORD", "wrong-0001")]);
    works(backend, &good, &[&at(&mount, "bob")]).await;
    works(backend, &good, &[&at(&format!("/auth/{mount}/"), "bob")]).await;
    let check = "check user name and password";
    fails(backend, &wrong, &[&at(&mount, "bob")], Kind::Unauthenticated, check).await;
    fails(backend, &good, &[&at(&mount, "alice")], Kind::Unauthenticated, check).await;
    let elsewhere = format!("enabled at `auth/elsewhere` (`login.{method}.mount`)");
    fails(backend, &good, &[&at("elsewhere", "bob")], Kind::Denied, &elsewhere).await;
}

async fn userpass(backend: &dyn Backend) {
    by_password(backend, "userpass").await;
}

async fn ldap(backend: &dyn Backend) {
    by_password(backend, "ldap").await;
}

async fn radius(backend: &dyn Backend) {
    by_password(backend, "radius").await;
}

async fn approle(backend: &dyn Backend) {
    prepare(backend).await;
    backend.approle("open-role", None).await;
    backend.approle("closed-role", Some("secret-id-0001")).await;
    let variables = |role: &'static str, secret_id: &'static str| [("ROLE", role), ("SECRET_ID", secret_id)];
    let bare = "login = { approle = { role_id = { env = \"ROLE\" } } }";
    let full = "login = { approle = { role_id = { env = \"ROLE\" }, secret_id = { env = \"SECRET_ID\" } } }";
    works(backend, &variables("open-role", "-"), &[bare]).await;
    works(backend, &variables("closed-role", "secret-id-0001"), &[full]).await;
    let (kind, check) = (Kind::Unauthenticated, "check role id and secret id");
    fails(backend, &variables("closed-role", "wrong-secret-id"), &[full], kind, check).await;
    fails(backend, &variables("closed-role", "wrong-secret-id"), &[bare], kind, check).await;
    fails(backend, &variables("wrong-role", "secret-id-0001"), &[full], kind, check).await;
}

async fn wrapped_secret_ids(backend: &dyn Backend) {
    prepare(backend).await;
    let wrapping = backend.wrapped_secret_id().await;
    let variables = [("ROLE", "wrapped-role"), ("WRAPPING", wrapping.as_str())];
    let login =
        "login = { approle = { role_id = { env = \"ROLE\" }, wrapped_secret_id = { env = \"WRAPPING\" } } }";
    works(backend, &variables, &[login]).await;
    fails(backend, &variables, &[login], Kind::Unauthenticated, "treat it as intercepted").await;
}

async fn github(backend: &dyn Backend) {
    prepare(backend).await;
    backend.github(&["ghp_member-token"], &["ghp_other-token"]).await;
    let login = "login = { github = { token = { env = \"TOKEN\" } } }";
    works(backend, &[("TOKEN", "ghp_member-token")], &[login]).await;
    let wrong = [("TOKEN", "ghp_wrong-token")];
    fails(backend, &wrong, &[login], Kind::Unauthenticated, "GitHub does not accept the token").await;
    let other = [("TOKEN", "ghp_other-token")];
    fails(backend, &other, &[login], Kind::Denied, "not a member of the organisation").await;
}

async fn kubernetes(backend: &dyn Backend) {
    prepare(backend).await;
    let token = backend.kubernetes("deployer").await;
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), format!("{token}\n")).expect("written");
    let login = |role: &str| {
        let file = file.path().display();
        format!("login = {{ kubernetes = {{ role = \"{role}\", token = {{ file = \"{file}\" }} }} }}")
    };
    works(backend, &[], &[&login("deployer")]).await;
    fails(backend, &[], &[&login("nobody")], Kind::Settings, "the role's name in `login.kubernetes`").await;
    std::fs::write(file.path(), KubernetesApi::start().token()).expect("written");
    let error = store(backend, &[], &[&login("deployer")]).open().await.expect_err("another cluster's token");
    assert!(format!("{error:?}").contains("this service account and its namespace"), "{error:?}");
    let refused = built(backend, &[], &["login = { kubernetes = { role = \"deployer\" } }"]);
    let shown = format!("{:?}", refused.expect_err("this is no pod"));
    assert!(shown.contains("outside of a pod"), "{shown}");
}

async fn jwt(backend: &dyn Backend) {
    prepare(backend).await;
    let token = backend.jwt("deployer").await;
    let variables = [("VAULT_ID_TOKEN", token.as_str())];
    works(
        backend,
        &variables,
        &["login = { jwt = { role = \"deployer\", token = { env = \"VAULT_ID_TOKEN\" } } }"],
    )
    .await;
    works(backend, &variables, &["login = { jwt = { role = \"deployer\", gitlab = {} } }"]).await;
    let nobody = "login = { jwt = { role = \"nobody\", gitlab = {} } }";
    fails(backend, &variables, &[nobody], Kind::Settings, "the role's name in `login.jwt`").await;
    let at = token.rfind('.').expect("a signature") + 9;
    let other = if token[at..].starts_with('A') { "B" } else { "A" };
    let forged = format!("{}{other}{}", &token[..at], &token[at + 1..]);
    let login = "login = { jwt = { role = \"deployer\", gitlab = {} } }";
    let check = "accept the token's audience";
    fails(backend, &[("VAULT_ID_TOKEN", &forged)], &[login], Kind::Unauthenticated, check).await;
}

async fn aws(backend: &dyn Backend) {
    prepare(backend).await;
    backend.aws("deployer", "AKIATESTKIT0001", "vault.example").await;
    let login =
        |role: &str| format!("login = {{ aws = {{ role = \"{role}\", server_id = \"vault.example\" }} }}");
    let keys = |id: &'static str| [("AWS_ACCESS_KEY_ID", id), ("AWS_SECRET_ACCESS_KEY", "aws-secret-0001")];
    works(backend, &keys("AKIATESTKIT0001"), &[&login("deployer")]).await;
    let session =
        [keys("AKIATESTKIT0001"), [("AWS_SESSION_TOKEN", "aws-session-0001"), ("X", "unused-value")]]
            .concat();
    works(backend, &session, &[&login("deployer")]).await;
    let wrong = keys("AKIAWRONG0001");
    fails(backend, &wrong, &[&login("deployer")], Kind::Unauthenticated, "bound to this AWS identity").await;
    let known = keys("AKIATESTKIT0001");
    fails(backend, &known, &[&login("nobody")], Kind::Settings, "the role's name in `login.aws`").await;
}

async fn short_tokens_are_renewed_at_once(backend: &dyn Backend) {
    prepare(backend).await;
    backend.user_lifetime("bob", "password-0001", 60).await;
    let login = "login = { userpass = { username = \"bob\", password = { env = \"PASSWORD\" } } }";
    let store = store(backend, &[("PASSWORD", "password-0001")], &[login]);
    store.open().await.expect("a login");
    assert_eq!(backend.renewals().await, 1, "60 seconds are less than a run may take");
    for _ in 0..10 {
        assert_found(read(&*store, "a").await, "v");
    }
    assert_eq!(backend.renewals().await, 1, "once is enough");
    store.close().await.expect("revoked");
    assert_eq!(backend.live_tokens().await, 0);
}

async fn given_tokens_are_never_revoked(backend: &dyn Backend) {
    prepare(backend).await;
    let token = backend.token().await;
    let home = tempfile::tempdir().expect("a folder");
    std::fs::write(home.path().join(".vault-token"), format!("{token}\n")).expect("written");
    let home = home.path().display().to_string();
    let given = "login = { token = { token = { env = \"GIVEN\" } } }";
    for (variables, settings) in [
        ([("GIVEN", token.as_str()), ("VAULT_TOKEN", "hvs.other")], given),
        ([("BAO_TOKEN", token.as_str()), ("VAULT_TOKEN", "hvs.other")], ""),
        ([("VAULT_TOKEN", token.as_str()), ("HOME", "/absent")], ""),
        ([("HOME", home.as_str()), ("X", "unused")], "login = { token = {} }"),
    ] {
        let store = store(backend, &variables, &[settings]);
        assert_found(read(&*store, "a").await, "v");
        store.close().await.expect("nothing to do");
    }
    let shown = format!("{:?}", built(backend, &[("HOME", "/absent")], &[]).expect_err("no token"));
    assert!(shown.contains("~/.vault-token") && shown.contains("VAULT_TOKEN"), "{shown}");
}
