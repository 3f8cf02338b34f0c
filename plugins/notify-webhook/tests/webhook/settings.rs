//! The settings.

use deployer_core::Kind;
use deployer_notify_webhook::WEBHOOK;

use crate::receiver::{KEY, SETTINGS, build};

const URL: &str = "https://hooks.example/hunter2?key=hunter2";

#[test]
fn the_example_builds_and_names_its_place() {
    let webhook = build(WEBHOOK.example, &[("WEBHOOK_SECRET", KEY)]).unwrap();
    assert_eq!(webhook.location(), "webhook at hooks.example.com");
    assert!(!format!("{webhook:?}").contains(KEY));
    let variables = [("URL", URL), ("WEBHOOK_SECRET", KEY), ("TOKEN", "t")];
    let secret = build(SETTINGS, &variables).unwrap();
    assert_eq!(secret.location(), "webhook in $URL");
    assert!(!format!("{secret:?}").contains("hunter2"));
}

#[test]
fn a_typo_is_refused_with_its_line_and_the_keys_that_are_known() {
    let error = build(&WEBHOOK.example.replace("secret", "secrte"), &[("WEBHOOK_SECRET", KEY)]).unwrap_err();
    assert_eq!(error.kind(), Kind::Settings);
    assert_eq!(error.places()[0].to_string(), "deployer.toml:2:1");
    assert!(error.message().contains("secrte") && error.message().contains("`secret`"), "{error}");
}

#[test]
fn what_cannot_work_is_refused_before_anything_runs_and_not_repeated() {
    let with_header = |name: &str| SETTINGS.replace("X-Api-Key", name);
    let example = |url: &str| WEBHOOK.example.replace("https://hooks.example.com/deploys", url);
    for (settings, token, expected) in [
        (SETTINGS.to_owned(), "", "TOKEN"),
        (SETTINGS.to_owned(), "hunter2\nx", "line end"),
        (with_header("Content-Type"), "hunter2", "the notifier sets it itself"),
        (with_header("x-deployer-signature"), "hunter2", "the notifier sets it itself"),
        (with_header("\"X Api\""), "hunter2", "not a valid header name"),
        (example(URL), "", "give the address as a reference"),
        (example("http://hooks.example/deploys"), "", "in the clear"),
        (example(" "), "", "empty"),
        ("url = { evn = \"URL\" }\nsecret = { env = \"WEBHOOK_SECRET\" }".to_owned(), "", "evn"),
        ("url = \"https://x\"\nsecret = \"hunter2\"".to_owned(), "", "reference to a credential"),
    ] {
        let error = build(&settings, &[("URL", URL), ("WEBHOOK_SECRET", KEY), ("TOKEN", token)]).unwrap_err();
        let shown = format!("{error:?}");
        assert_eq!(error.kind(), Kind::Settings, "{shown}");
        assert!(shown.contains(expected) && !shown.contains("hunter2"), "{shown}");
    }
}
