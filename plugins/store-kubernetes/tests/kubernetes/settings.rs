//! The settings.

use deployer_core::Kind;
use deployer_store_kubernetes::KUBERNETES;

use super::world::build;

const VARIABLES: [(&str, &str); 1] = [("KUBE_TOKEN", "hunter2-hunter2")];

#[test]
fn the_example_builds_and_shows_no_credential() {
    let store = build(KUBERNETES.example, &VARIABLES).unwrap();
    assert_eq!(store.location(), "namespace sesam of https://10.0.0.1:6443, sesam-secrets");
    assert!(!format!("{store:?}").contains("hunter2"));
}

#[test]
fn a_typo_is_rejected_with_its_line_and_the_nearest_key() {
    let error = build(&KUBERNETES.example.replace("namespace =", "namespcae ="), &VARIABLES).unwrap_err();
    assert_eq!(error.kind(), Kind::Settings);
    assert_eq!(error.places()[0].to_string(), "deployer.toml:1:1");
    assert_eq!(error.hints(), ["did you mean `namespace`?"]);
}

#[test]
fn a_credential_in_the_settings_is_rejected_and_not_repeated() {
    let literal = KUBERNETES.example.replace("{ env = \"KUBE_TOKEN\" }", "\"hunter2-hunter2\"");
    let shown = format!("{:?}", build(&literal, &VARIABLES).unwrap_err());
    assert!(shown.contains("must not contain a credential") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn all_problems_are_reported_together() {
    let settings =
        KUBERNETES.example.replace("sesam-secrets", "Sesam_secrets").replace("\"sesam\"", "\"a.b\"");
    let shown = format!("{:?}", build(&settings, &VARIABLES).unwrap_err());
    assert!(shown.contains("`path`") && shown.contains("`namespace`"), "{shown}");
    let settings = KUBERNETES.example.replace("namespace = \"sesam\"\n", "");
    let shown = format!("{:?}", build(&settings, &VARIABLES).unwrap_err());
    assert!(shown.contains("set `namespace`"), "{shown}");
}
