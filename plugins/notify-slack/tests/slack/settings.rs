//! The settings.

use deployer_core::Kind;
use deployer_notify_slack::SLACK;

use crate::common::build;

#[test]
fn the_example_builds_and_names_its_place() {
    let slack = build(SLACK.example, "xoxb-1").unwrap();
    assert_eq!(slack.location(), "Slack channel #deploys");
    assert!(!format!("{slack:?}").contains("xoxb-1"));
}

#[test]
fn a_typo_is_refused_with_its_line_and_the_keys_that_are_known() {
    let error = build(&SLACK.example.replace("channel", "chanel"), "xoxb-1").unwrap_err();
    assert_eq!(error.kind(), Kind::Settings);
    assert_eq!(error.places()[0].to_string(), "deployer.toml:2:1");
    assert!(error.message().contains("chanel") && error.message().contains("`channel`"), "{error}");
}

#[test]
fn what_cannot_work_is_refused_before_anything_runs() {
    for (settings, token, expected) in [
        (SLACK.example, "", "SLACK_API_TOKEN"),
        ("token = \"xoxb-literal\"\nchannel = \"#a\"", "xoxb-1", "reference to a credential"),
        ("token = { env = \"SLACK_API_TOKEN\" }\nchannel = \" \"", "xoxb-1", "`channel` is empty"),
        (
            "token = { env = \"SLACK_API_TOKEN\" }\nchannel = \"#a\"\napi_url = \"http://slack.example/api\"",
            "xoxb-1",
            "http://",
        ),
        ("token = { env = \"SLACK_API_TOKEN\" }", "xoxb-1", "either `token` and `channel`, or `webhook`"),
        ("channel = \"#a\"", "xoxb-1", "either `token` and `channel`, or `webhook`"),
        (
            &format!("{}webhook = {{ env = \"SLACK_API_TOKEN\" }}", SLACK.example),
            "xoxb-1",
            "or `webhook` alone",
        ),
        (&format!("{}diff = \"fil\"", SLACK.example), "xoxb-1", "did you mean `file`?"),
    ] {
        let error = build(settings, token).unwrap_err();
        let shown = format!("{error:?}");
        assert_eq!(error.kind(), Kind::Settings, "{shown}");
        assert!(shown.contains(expected) && !shown.contains("xoxb-literal"), "{shown}");
    }
}
