//! The store against the real API server, and the fake one beside it: both give the same answers.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use deployer_core::SecretValue;
use deployer_core::traits::{SecretAnswer, SecretStore};
use deployer_testkit::answers::read;
use deployer_testkit::kubernetes::FakeKubernetes;
use deployer_testkit::server::Server;
use deployer_testkit::services::kubernetes::RealKubernetes;
use deployer_testkit::services::or_skip;
use serde_json::json;

use super::world::{NAMESPACE, TOKEN, build};

/// A user who may read every Secret but one, and list none.
const NARROW: &str = "narrow-token-0001";

fn store(url: &str, ca_file: &std::path::Path, token: &str, more: &str) -> Arc<dyn SecretStore> {
    let text = format!(
        "namespace = \"{NAMESPACE}\"\nhttp.ca_file = {ca_file:?}\nlogin.token.address = {url:?}\n\
         login.token.token = {{ env = \"TOKEN\" }}\n{more}\n"
    );
    build(&text, &[("TOKEN", token)]).unwrap_or_else(|error| panic!("{error:?}"))
}

/// An answer without what differs between servers: addresses, and their words.
fn shown(answer: SecretAnswer) -> String {
    match answer {
        SecretAnswer::Found { value, .. } => format!("found {}", u8::from(value == SecretValue::new("v"))),
        SecretAnswer::Missing { why, .. } => format!("missing {}", why.unwrap_or_default()),
        SecretAnswer::Failed(error) => format!("{:?} {:?}", error.kind(), error.retry()),
    }
}

/// Every answer that the suite is about.
async fn answers(url: &str, ca_file: &std::path::Path) -> Vec<String> {
    let mut all = Vec::new();
    let table = "names = \"dash\"\ntable.user = \"db#user\"\ntable.none = \"db#none\"";
    for token in [TOKEN, NARROW, "unknown-token-0001"] {
        let store = store(url, ca_file, token, table);
        for name in ["plain", "Two_words", "user", "none", "absent", "denied", "binary"] {
            all.push(format!("{name}: {}", shown(read(&*store, name).await)));
        }
        let names = store.names().await;
        let names = names.map(|names| names.map(|names| names.len())).map_err(|error| error.kind());
        all.push(format!("names: {names:?}"));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_api_server_and_the_fake_one_give_the_same_answers() {
    let users = [("reader", TOKEN), ("narrow", NARROW)];
    let Some(real) = or_skip("the real API server of Kubernetes", RealKubernetes::start(&users).await) else {
        return;
    };
    let secrets = [
        ("plain", "value", &b"v"[..]),
        ("two-words", "value", b"v"),
        ("denied", "value", b"v"),
        ("binary", "value", &[0xff]),
    ];
    let metadata = |name: &str| json!({ "name": name });
    real.create("/api/v1/namespaces", &json!({ "metadata": metadata(NAMESPACE) })).await;
    let path = format!("/api/v1/namespaces/{NAMESPACE}/secrets");
    for (name, key, value) in secrets {
        let secret = json!({ "metadata": metadata(name), "data": { key: STANDARD.encode(value) } });
        real.create(&path, &secret).await;
    }
    let data = json!({ "user": STANDARD.encode("v"), "password": STANDARD.encode("v") });
    real.create(&path, &json!({ "metadata": metadata("db"), "data": data })).await;
    let roles = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}");
    // The rights that the README names.
    let whole = json!([{ "apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"] }]);
    let named = ["plain", "two-words", "db", "absent", "binary"];
    let narrow =
        json!([{ "apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": named }]);
    for (user, rules) in [("reader", whole), ("narrow", narrow)] {
        real.create(&format!("{roles}/roles"), &json!({ "metadata": metadata(user), "rules": rules })).await;
        let binding = json!({
            "metadata": metadata(user),
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": user },
            "subjects": [{ "kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io" }],
        });
        real.create(&format!("{roles}/rolebindings"), &binding).await;
    }
    let of_real = answers(real.url(), &real.ca_file()).await;

    let fake = FakeKubernetes::new();
    [TOKEN, NARROW].into_iter().for_each(|token| fake.token(token));
    for (name, key, value) in secrets {
        fake.put(NAMESPACE, name, key, value);
    }
    fake.put(NAMESPACE, "db", "user", "v");
    fake.put(NAMESPACE, "db", "password", "v");
    let server = Server::https(fake.router());
    let ca_file = server.ca_file().expect("HTTPS has an authority").to_owned();
    let of_fake = answers(&server.url(""), &ca_file).await;
    let (whole, narrow, unknown) = (0..8, 8..16, 16..24);
    assert_eq!(of_real[whole.clone()], of_fake[whole], "the reader");
    assert_eq!(of_real[unknown.clone()], of_fake[unknown], "an unknown token");

    fake.forbid("denied");
    fake.forbid_lists(true);
    let of_fake = answers(&server.url(""), &ca_file).await;
    assert_eq!(of_real[narrow.clone()], of_fake[narrow], "the user with narrow rights");
    assert!(
        of_real.contains(&"plain: found 1".to_owned()) && of_real.contains(&"names: Ok(None)".to_owned()),
        "{of_real:#?}"
    );
}
