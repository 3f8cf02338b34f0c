//! The settings.

use deployer_core::Kind;

use super::cluster::built;

const ADDRESS: &str = "https://10.0.0.1:6443";
const SECRET: &str = "hunter2-hunter2";

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
