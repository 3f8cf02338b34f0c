//! A namespace of a real API server, and a user with the least rights.

use std::path::Path;
use std::sync::Arc;

use deployer_core::Result;
use deployer_core::traits::LeasePlace;
use deployer_state::{Holder, StoredLease, SystemClock, Terms};
use deployer_state_kubernetes::KUBERNETES;
use deployer_testkit::build;
use deployer_testkit::services::kubernetes::RealKubernetes;
use serde_json::json;

pub(crate) const NAMESPACE: &str = "sesam";
/// A user with the rights that the README names.
pub(crate) const TOKEN: &str = "leases-token-0001";
/// A user without rights.
pub(crate) const STRANGER: &str = "stranger-token-0001";
pub(crate) const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/sesam/leases";

/// Starts the server with the namespace, the role and the users.
pub(crate) async fn cluster() -> std::result::Result<RealKubernetes, String> {
    let cluster = RealKubernetes::start(&[("deployer", TOKEN), ("stranger", STRANGER)]).await?;
    let metadata = |name: &str| json!({ "name": name });
    cluster.create("/api/v1/namespaces", &json!({ "metadata": metadata(NAMESPACE) })).await;
    let roles = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}");
    let rules = json!([{ "apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "update"] }]);
    cluster
        .create(&format!("{roles}/roles"), &json!({ "metadata": metadata("deployer"), "rules": rules }))
        .await;
    let binding = json!({
        "metadata": metadata("deployer"),
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "deployer" },
        "subjects": [{ "kind": "User", "name": "deployer", "apiGroup": "rbac.authorization.k8s.io" }],
    });
    cluster.create(&format!("{roles}/rolebindings"), &binding).await;
    Ok(cluster)
}

/// A place at an address.
pub(crate) fn built(address: &str, token: &str, more: &str) -> Result<Arc<dyn LeasePlace>> {
    let settings = format!(
        "namespace = \"{NAMESPACE}\"\nlogin.token = {{ address = \"{address}\", token = {{ env = \"TOKEN\" }} }}\n{more}"
    );
    build(&KUBERNETES, &settings, &[("TOKEN", token)])
}

/// A place at the server itself.
pub(crate) fn direct(cluster: &RealKubernetes, more: &str) -> Arc<dyn LeasePlace> {
    let more = format!("http.ca_file = {:?}\n{more}", cluster.ca_file());
    built(cluster.url(), TOKEN, &more).unwrap_or_else(|error| panic!("{error:?}"))
}

/// The certificate of the server.
pub(crate) fn authority(cluster: &RealKubernetes) -> Vec<u8> {
    let file: &Path = &cluster.ca_file();
    std::fs::read(file).expect("the server has written it")
}

/// A lease on a target, for a person.
pub(crate) fn lease(place: Arc<dyn LeasePlace>, name: &str, person: &str) -> StoredLease {
    let holder = Holder {
        id: person.to_owned(),
        name: person.to_owned(),
        purpose: "watch".to_owned(),
        process: 1,
        version: "test".to_owned(),
    };
    StoredLease::new(place, Arc::new(SystemClock), name, "https://node", holder, Terms::default())
}
