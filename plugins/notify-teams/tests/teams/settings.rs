//! The settings.

use deployer_core::Kind;
use deployer_notify_teams::TEAMS;

use crate::common::build;

const FLOW: &str = "https://default1.02.environment.api.powerplatform.com:443/powerautomate/automations/direct/workflows/hunter2/triggers/manual/paths/invoke?api-version=1&sig=hunter2";

#[test]
fn the_example_builds_and_shows_where_its_address_is_found() {
    let teams = build(TEAMS.example, FLOW).unwrap();
    assert_eq!(teams.location(), "Microsoft Teams by the flow in $TEAMS_WEBHOOK_URL");
    assert!(teams.caveat().is_some_and(|caveat| caveat.contains("accepted")));
    assert!(!format!("{teams:?}").contains("hunter2"));
}

#[test]
fn a_typo_is_refused_with_its_line_and_the_keys_that_are_known() {
    let error = build(&TEAMS.example.replace("url", "ulr"), FLOW).unwrap_err();
    assert_eq!(error.kind(), Kind::Settings);
    assert_eq!(error.places()[0].to_string(), "deployer.toml:1:1");
    assert!(error.message().contains("ulr") && error.message().contains("`url`"), "{error}");
}

#[test]
fn what_cannot_work_is_refused_before_anything_runs_and_not_repeated() {
    for (settings, url, expected) in [
        (TEAMS.example, "", "TEAMS_WEBHOOK_URL"),
        (TEAMS.example, "hunter2", "not a web address"),
        (TEAMS.example, "http://flows.example/hunter2", "in the clear"),
        ("url = \"https://flows.example/hunter2\"", FLOW, "reference to a credential"),
        (TEAMS.example, "https://acme.webhook.office.com/webhookb2/hunter2/IncomingWebhook/x", "Workflows"),
        (TEAMS.example, "https://ACME.WEBHOOK.OFFICE.COM/webhookb2/hunter2", "retired"),
        (TEAMS.example, "https://outlook.office.com/webhook/hunter2", "retired"),
    ] {
        let error = build(settings, url).unwrap_err();
        let shown = format!("{error:?}");
        assert_eq!(error.kind(), Kind::Settings, "{shown}");
        assert!(shown.contains(expected) && !shown.contains("hunter2"), "{shown}");
    }
}
