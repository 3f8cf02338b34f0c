//! The settings.

use std::sync::Arc;

use deployer_core::traits::LeasePlace;
use deployer_core::{Kind, Result};
use deployer_state_kubernetes::KUBERNETES;
use deployer_testkit::axum::Router;
use deployer_testkit::build;
use deployer_testkit::server::Server;

use super::cluster::built;

const ADDRESS: &str = "https://10.0.0.1:6443";
const SECRET: &str = "hunter2-hunter2";

#[tokio::test]
async fn the_example_builds_in_a_pod_and_shows_no_credential() {
    let (server, folder) = (Server::https(Router::new()), tempfile::tempdir().expect("a folder"));
    for (name, text) in [("token", SECRET), ("ca.crt", server.ca_pem().expect("HTTPS"))] {
        std::fs::write(folder.path().join(name), text).expect("a file");
    }
    let mounted = format!("login.pod.folder = {:?}", folder.path());
    let settings = KUBERNETES.example.replace("login.pod = {}", &mounted);
    let variables = [("KUBERNETES_SERVICE_HOST", "10.0.0.1"), ("KUBERNETES_SERVICE_PORT", "443")];
    let place: Result<Arc<dyn LeasePlace>> = build(&KUBERNETES, &settings, &variables);
    let place = place.unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(place.location(), "Leases sesam-deployer-* in namespace sesam of https://10.0.0.1");
    assert!(!format!("{place:?}").contains("hunter2"));
    let outside: Result<Arc<dyn LeasePlace>> = build(&KUBERNETES, &settings, &[]);
    let shown = format!("{:?}", outside.unwrap_err());
    assert!(shown.contains("KUBERNETES_SERVICE_HOST"), "{shown}");
}

#[test]
fn a_place_is_named_after_its_leases() {
    let place = built(ADDRESS, SECRET, "").unwrap();
    assert_eq!(place.location(), "Leases sesam-deployer-* in namespace sesam of https://10.0.0.1:6443");
    assert!(!format!("{place:?}").contains("hunter2"));
    let place = built(ADDRESS, SECRET, "prefix = \"prod-\"\n").unwrap();
    assert_eq!(place.location(), "Leases prod-* in namespace sesam of https://10.0.0.1:6443");
}

#[test]
fn all_problems_are_reported_at_once() {
    let error = built("ftp://host", SECRET, "prefix = \"Prod\"\nhttp.timeout_seconds = 1\n").unwrap_err();
    let shown = format!("{error:?}");
    assert_eq!(error.kind(), Kind::Settings, "{shown}");
    assert!(shown.contains("`prefix`") && shown.contains("`login.token.address`"), "{shown}");
    let typo = built(ADDRESS, SECRET, "prefx = \"a\"\n").unwrap_err();
    assert_eq!(typo.hints(), ["did you mean `prefix`?"]);
}
