//! The settings.

use deployer_core::Kind;
use deployer_family_sample::SAMPLE;

use crate::service::build;

const VARIABLES: [(&str, &str); 1] = [("SAMPLE_TOKEN", "hunter2-hunter2")];

#[test]
fn the_example_builds_and_shows_no_credential() {
    let plugin = build(SAMPLE.example, &VARIABLES).unwrap();
    assert_eq!(plugin.location(), "sample at https://sample.example.com");
    assert!(!format!("{plugin:?}").contains("hunter2"));
}

#[test]
fn a_typo_is_refused_with_its_line_and_the_nearest_key() {
    let error = build(&SAMPLE.example.replace("token =", "tokne ="), &VARIABLES).unwrap_err();
    assert_eq!(error.kind(), Kind::Settings);
    assert_eq!(error.places()[0].to_string(), "deployer.toml:2:1");
    assert_eq!(error.hints(), ["did you mean `token`?"]);
}

#[test]
fn a_credential_in_the_settings_is_refused_and_not_repeated() {
    let literal = SAMPLE.example.replace("{ env = \"SAMPLE_TOKEN\" }", "\"hunter2-hunter2\"");
    let shown = format!("{:?}", build(&literal, &VARIABLES).unwrap_err());
    assert!(shown.contains("the settings must not contain a credential") && !shown.contains("hunter2"), "{shown}");
}
