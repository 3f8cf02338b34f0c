//! The settings.

use std::sync::Arc;

use deployer_core::Kind;
use deployer_core::Result;
use deployer_core::traits::SecretStore;
use deployer_store_gcp::GCP;
use deployer_testkit::gcp::FakeSecretManager;

fn build(settings: &str, key: &str) -> Result<Arc<dyn SecretStore>> {
    deployer_testkit::build(&GCP, settings, &[("GCP_SERVICE_ACCOUNT_KEY", key)])
}

fn key() -> String {
    FakeSecretManager::new().service_account("a@b.iam.gserviceaccount.com", "https://oauth2.googleapis.com")
}

#[test]
fn the_example_builds_and_shows_no_credential() {
    let store = build(GCP.example, &key()).unwrap();
    assert_eq!(store.location(), "Secret Manager projects/team-prod, sesam-");
    assert!(!format!("{store:#?}").contains("PRIVATE KEY"));
}

#[test]
fn a_typo_is_rejected_with_its_line_and_the_nearest_key() {
    let error = build(&GCP.example.replace("prefix =", "prefiks ="), &key()).unwrap_err();
    assert_eq!(error.kind(), Kind::Settings);
    assert_eq!(error.places()[0].to_string(), "deployer.toml:2:1");
    assert_eq!(error.hints(), ["did you mean `prefix`?"]);
}

#[test]
fn a_key_in_the_settings_is_rejected_and_not_repeated() {
    let literal = GCP.example.replace("{ env = \"GCP_SERVICE_ACCOUNT_KEY\" }", "\"hunter2-hunter2\"");
    let shown = format!("{:?}", build(&literal, &key()).unwrap_err());
    assert!(shown.contains("must not contain a credential") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_file_that_is_not_a_key_is_rejected_and_not_repeated() {
    let other = |from: &str, to: &str| key().replace(from, to);
    for (text, expected) in [
        ("hunter2".to_owned(), "not JSON"),
        (r#"{"private_key": "hunter2"}"#.to_owned(), "not JSON with"),
        (other("\"service_account\"", "\"authorized_user\""), "`type`"),
        (other("-----BEGIN PRIVATE KEY-----", "hunter2"), "RSA key"),
        (other("https://oauth2.googleapis.com", "http://example.com"), "`token_uri`"),
    ] {
        let error = build(GCP.example, &text).unwrap_err();
        let shown = format!("{error:?}");
        assert!(error.kind() == Kind::Settings && shown.contains(expected), "{expected}: {shown}");
        assert!(
            !shown.contains("hunter2")
                && shown.contains("$GCP_SERVICE_ACCOUNT_KEY") | shown.contains("token_uri"),
            "{shown}"
        );
    }
}

#[test]
fn all_problems_are_reported_together() {
    let settings = GCP.example.replace("team-prod", "team/prod").replace("sesam-", "sesam.");
    let shown = format!("{:?}", build(&format!("version = \"\"\n{settings}"), "hunter2").unwrap_err());
    for expected in ["`project`", "`prefix`", "`version`", "service account"] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
}
