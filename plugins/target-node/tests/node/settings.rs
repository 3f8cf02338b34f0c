//! The settings, and what of them can be checked without a network.

use crate::common::build;
use deployer_core::Kind;
use deployer_target_node::NODE;

#[test]
fn the_example_builds_and_names_its_place() {
    let target = build(NODE.example, "jwt").unwrap();
    assert_eq!(target.location(), "https://datahub-0000aaaa.sesam.cloud");
    assert!(!target.capabilities().config_group);
    assert!(
        target.capabilities().can_refuse && target.capabilities().variables && target.capabilities().secrets
    );
}

#[test]
fn a_group_is_told_in_the_place() {
    let target = build(&format!("{}group = \"sales\"", NODE.example), "jwt").unwrap();
    assert_eq!(target.location(), "https://datahub-0000aaaa.sesam.cloud, config group sales");
    assert!(target.capabilities().config_group);
}

#[test]
fn a_typo_is_refused_with_its_line_and_the_keys_that_are_known() {
    let error = build(&NODE.example.replace("token", "tokken"), "jwt").unwrap_err();
    assert_eq!(error.kind(), Kind::Settings);
    assert_eq!(error.places()[0].to_string(), "deployer.toml:2:1");
    assert!(error.message().contains("tokken") && error.message().contains("`token`"), "{error}");
}

#[test]
fn what_cannot_work_is_refused_before_anything_runs() {
    for (settings, token, expected) in [
        ("url = \"https://u:p4ssw0rd@host\"\ntoken = { env = \"SESAM_JWT\" }", "jwt", "password"),
        ("url = \"http://host.example\"\ntoken = { env = \"SESAM_JWT\" }", "jwt", "http://"),
        ("url = \"host\"\ntoken = \"eyJhbGciOi\"", "jwt", "reference to a credential"),
        ("url = \"host\"\ntoken = { env = \"SESAM_JWT\" }", "", "SESAM_JWT"),
        ("url = \"host\"\ntoken = { env = \"SESAM_JWT\" }\ngroup = \"..\"", "jwt", "`group`"),
        ("url = \"host\"\ntoken = { env = \"SESAM_JWT\" }\nforce = \"always\"", "jwt", "after-refusal"),
    ] {
        let error = build(settings, token).unwrap_err();
        let shown = format!("{error:?}");
        assert_eq!(error.kind(), Kind::Settings, "{shown}");
        assert!(shown.contains(expected), "{expected}: {shown}");
        assert!(!shown.contains("p4ssw0rd") && !shown.contains("eyJhbGciOi"), "{shown}");
    }
}

#[test]
fn nothing_shows_the_token() {
    let target = build(NODE.example, "Bearer e30.secretpayload.sig").unwrap();
    assert!(!format!("{target:?}").contains("secretpayload"));
}
