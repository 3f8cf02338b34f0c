use std::collections::BTreeMap;
use std::fmt::Write as _;

use deployer_engine::connect::LinkRule;
use deployer_engine::stages::{Guard, Strictness, Whitelist};
use tracing::level_filters::LevelFilter;

use super::*;
use crate::settings::SendWhen;

mod golden;
mod nodes;
mod secrets;

pub(super) const MASTER: &str =
    r#"{"URL": "node.example", "JWT": "jwt-canary", "UPLOAD_VARIABLES": "true", "UPLOAD_SECRETS": "true"}"#;
pub(super) const EXTRA: &str = r#"{"extra": {"EXTRA_NODE_GIT_URL": "git.example/extra.git", "EXTRA_NODE_GIT_USERNAME": "u",
    "EXTRA_NODE_GIT_TOKEN": "git-canary", "EXTRA_NODE_GIT_BRANCH": "main", "EXTRA_NODE_TEMPLATE_PATH": "extra_nodes/extra/"}}"#;

/// The variables of a complete run.
pub(super) fn complete() -> BTreeMap<&'static str, String> {
    BTreeMap::from(
        [
            ("NODE_FOLDER", "/data"),
            ("ENVIRONMENT", "test"),
            ("VERIFY_VARIABLES", "true"),
            ("VERIFY_SECRETS", "true"),
            ("DRY_RUN", "false"),
            ("MASTER_NODE", MASTER),
            ("VAULT_URL", "https://vault.example"),
            ("VAULT_MOUNTING_POINT", "sesam/kv2"),
            ("VAULT_GIT_TOKEN", "vault-canary"),
        ]
        .map(|(name, value)| (name, value.to_owned())),
    )
}

/// The complete variables with some set and, where the value is `-`, some taken away.
pub(super) fn read_with(changes: &[(&'static str, &str)]) -> Result<Settings> {
    let mut variables = complete();
    for (name, value) in changes {
        match *value {
            "-" => variables.remove(name),
            value => variables.insert(name, value.to_owned()),
        };
    }
    Settings::from_variables(Asked::new(None, &variables.into_iter().collect()))
}

pub(super) fn settings(changes: &[(&'static str, &str)]) -> Settings {
    read_with(changes).unwrap_or_else(|error| panic!("{error:?}"))
}

/// The whole refusal as text, which holds no value of the variables.
pub(super) fn refusal(changes: &[(&'static str, &str)]) -> String {
    let error = read_with(changes).map(|settings| panic!("{}", settings.text().text())).unwrap_err();
    assert_eq!(error.kind(), Kind::Settings);
    let shown = format!("{error:?}");
    assert!(!shown.contains("canary"), "{shown}");
    shown
}

/// The warnings as text, places included.
pub(super) fn notes(settings: &Settings) -> String {
    settings.notes.iter().fold(String::new(), |mut shown, note| {
        let _ = writeln!(shown, "{:?}: {} {:?}", note.level, note.message, note.places);
        shown
    })
}

#[test]
fn the_defaults_of_the_variables_are_those_of_the_original() {
    let settings = settings(&[]);
    assert_eq!(settings.environment, "test");
    assert_eq!(settings.origin.source, crate::settings::SettingsSource::Variables);
    let configuration = &settings.configuration;
    assert_eq!(configuration.folder, "node");
    assert_eq!(configuration.whitelist, Whitelist::list("deployment/whitelist-test.txt"));
    assert_eq!(configuration.variables, ["variables/variables-test.json"]);
    assert_eq!(configuration.upload_variables.as_deref(), Some("variables/variables-test.json"));
    assert_eq!(configuration.links, LinkRule::Seed);
    assert_eq!(configuration.strictness, Strictness::Lenient);
    assert!(configuration.split && settings.safety.wait.is_zero() && !settings.dry_run);
    assert_eq!(settings.safety.guard, Guard::OFF);
    assert!(settings.keys.verify.variables && settings.keys.verify.secrets);
    assert!(settings.text().text().contains("force = \"after-refusal\""));
    assert_eq!(settings.notes, []);
}

#[test]
fn all_missing_variables_are_told_in_one_error() {
    let error = Settings::from_variables(Asked::new(None, &ProcessVariables::default())).unwrap_err();
    let messages: Vec<&str> = error.related().iter().map(Error::message).collect();
    let names = [
        "NODE_FOLDER",
        "ENVIRONMENT",
        "MASTER_NODE",
        "VAULT_URL",
        "VAULT_MOUNTING_POINT",
        "VAULT_GIT_TOKEN",
        "DRY_RUN",
    ];
    assert_eq!(messages.len(), names.len(), "{messages:?}");
    for (message, name) in messages.iter().zip(names) {
        assert!(message.starts_with(&format!("{name} is missing: expected ")), "{message}");
    }
    assert!(error.related().iter().all(|error| error.hints()[0].starts_with("for example: ")));
}

#[test]
fn a_variable_with_almost_the_right_name_is_pointed_at() {
    let shown = refusal(&[("VAULT_MOUNTING_POINT", "-"), ("VAULT_MOUNT_POINT", "canary")]);
    assert!(shown.contains("VAULT_MOUNT_POINT is set: is it meant to be VAULT_MOUNTING_POINT?"), "{shown}");
}

#[test]
fn missing_and_malformed_ones_are_told_together() {
    let shown = refusal(&[
        ("NODE_FOLDER", "-"),
        ("MASTER_NODE", "{\"JWT\": 1}"),
        ("EXTRA_NODES", "[]"),
        ("FORCE", "no"),
    ]);
    for part in [
        "NODE_FOLDER is missing",
        "MASTER_NODE.URL is missing",
        "MASTER_NODE.JWT is a number",
        "EXTRA_NODES is a list",
        "FORCE is neither",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn an_environment_has_any_name_and_the_originals_three_any_case() {
    for (name, expected) in
        [("TEST", "test"), ("Prod", "prod"), ("Staging-2", "Staging-2"), (" test ", "test")]
    {
        let settings = settings(&[("ENVIRONMENT", name)]);
        assert_eq!(settings.environment, expected);
        assert_eq!(settings.configuration.variables, [format!("variables/variables-{expected}.json")]);
        assert_eq!(
            settings.configuration.whitelist,
            Whitelist::list(format!("deployment/whitelist-{expected}.txt"))
        );
    }
    for name in ["../test", "a/b", "..", " "] {
        assert!(refusal(&[("ENVIRONMENT", name)]).contains("ENVIRONMENT cannot be used"), "{name}");
    }
}

#[test]
fn a_name_that_was_asked_for_goes_before_the_variable() {
    let settings =
        Settings::from_variables(Asked::new(Some("prod"), &complete().into_iter().collect())).unwrap();
    assert_eq!(settings.environment, "prod");
    assert_eq!(settings.configuration.variables, ["variables/variables-prod.json"]);
}

#[test]
fn ci_takes_its_own_files_splits_nothing_and_ignores_extra_nodes_and_slack() {
    let settings = settings(&[
        ("ENVIRONMENT", "CI"),
        ("EXTRA_NODES", "not even JSON"),
        ("SLACK_API_TOKEN", "xoxb"),
        ("SLACK_CHANNEL", "C1"),
    ]);
    let configuration = &settings.configuration;
    assert!(!configuration.split);
    assert_eq!(configuration.whitelist, Whitelist::list("deployment/whitelist-master.txt"));
    assert_eq!(configuration.variables, ["variables/variables-test.json", "variables/variables-prod.json"]);
    assert_eq!(configuration.upload_variables.as_deref(), Some("test-env.json"));
    assert_eq!(settings.nodes.len(), 1);
    assert!(settings.has_target("master"));
    assert!(settings.plugins.iter().all(|plugin| plugin.kind != "slack"));
}

#[test]
fn a_dry_run_in_ci_needs_no_master_node_and_talks_to_none() {
    let dry = [("ENVIRONMENT", "ci"), ("DRY_RUN", "True")];
    for master in ["-", MASTER, "{}"] {
        let mut changes = dry.to_vec();
        changes.push(("MASTER_NODE", master));
        let settings = settings(&changes);
        assert!(settings.dry_run && !settings.has_target("master"), "{master}");
        assert!(!settings.nodes[0].upload_secrets && settings.keys.verify.secrets);
    }
    assert!(refusal(&[("ENVIRONMENT", "ci"), ("MASTER_NODE", "-")]).contains("MASTER_NODE is missing"));
    assert!(refusal(&[("DRY_RUN", "true"), ("MASTER_NODE", "-")]).contains("MASTER_NODE is missing"));
}

#[test]
fn files_can_be_named() {
    let settings = settings(&[
        ("WHITELIST_FILE_PATH", "deployment/{own}.txt"),
        ("VERIFY_VARIABLES_FROM_FILES", "a.json;b/c.json;"),
        ("UPLOAD_VARIABLES_FROM_FILE", "/upload.json"),
    ]);
    assert_eq!(settings.configuration.whitelist, Whitelist::list("deployment/{own}.txt"));
    assert_eq!(settings.configuration.variables, ["a.json", "b/c.json"]);
    assert_eq!(settings.configuration.upload_variables.as_deref(), Some("upload.json"));
}

#[test]
fn a_file_that_cannot_be_one_is_refused() {
    for name in ["WHITELIST_FILE_PATH", "UPLOAD_VARIABLES_FROM_FILE", "VERIFY_VARIABLES_FROM_FILES"] {
        assert!(refusal(&[(name, "a\\b.txt")]).contains(&format!("{name} holds a `\\`")), "{name}");
        assert!(refusal(&[(name, "./")]).contains(&format!("{name} names no file")), "{name}");
    }
}

#[test]
fn the_files_to_verify_and_the_file_to_upload_are_independent() {
    let default = "variables/variables-test.json";
    let one = settings(&[("VERIFY_VARIABLES_FROM_FILES", "a.json")]);
    assert_eq!(one.configuration.upload_variables.as_deref(), Some(default));
    let other = settings(&[("UPLOAD_VARIABLES_FROM_FILE", "a.json")]);
    assert_eq!(other.configuration.variables, [default]);
}

#[test]
fn the_list_in_brackets_of_the_originals_readme_is_read() {
    let settings = settings(&[("VERIFY_VARIABLES_FROM_FILES", "['a.json', \"b.json\"]")]);
    assert_eq!(settings.configuration.variables, ["a.json", "b.json"]);
}

#[test]
fn truth_is_read_in_any_case_and_anything_else_is_false_with_a_warning() {
    for (text, expected) in
        [("true", true), ("True", true), ("TRUE", true), ("false", false), ("False", false)]
    {
        let settings = settings(&[("VERIFY_VARIABLES", text)]);
        assert_eq!((settings.keys.verify.variables, settings.notes.len()), (expected, 0), "{text}");
    }
    for text in ["yes", "1", "\"true\"", ""] {
        let settings = settings(&[("VERIFY_VARIABLES", text)]);
        assert!(!settings.keys.verify.variables, "{text}");
        assert!(
            notes(&settings).contains("Warning: VERIFY_VARIABLES is neither `true` nor `false`"),
            "{text}"
        );
    }
}

#[test]
fn without_their_variables_verifying_is_on_and_writing_is_refused() {
    let settings = settings(&[("VERIFY_VARIABLES", "-"), ("VERIFY_SECRETS", "-"), ("DRY_RUN", "-")]);
    assert!(settings.keys.verify.variables && settings.keys.verify.secrets && !settings.dry_run);
    let error = settings.allow_writing().unwrap_err();
    assert!(error.message().contains("DRY_RUN is not set; nothing was written"), "{error:?}");
}

#[test]
fn force_follows_a_refusal_unless_it_is_switched_off() {
    for (text, expected) in [("-", "after-refusal"), ("true", "after-refusal"), ("False", "never")] {
        let settings = settings(&[("FORCE", text)]);
        assert!(settings.text().text().contains(&format!("force = \"{expected}\"")), "{text}");
    }
    assert!(refusal(&[("FORCE", "maybe")]).contains("FORCE is neither"));
}

#[test]
fn slack_needs_token_and_channel() {
    let posting = settings(&[("SLACK_API_TOKEN", "slack-canary"), ("SLACK_CHANNEL", "C1")]);
    let slack = posting.plugins.iter().find(|plugin| plugin.kind == "slack").unwrap();
    assert_eq!(slack.send, Some(SendWhen::Always));
    assert!(!posting.text().text().contains("canary"));
    for (name, other) in [("SLACK_API_TOKEN", "SLACK_CHANNEL"), ("SLACK_CHANNEL", "SLACK_API_TOKEN")] {
        let silent = settings(&[(name, "slack-canary")]);
        assert!(silent.plugins.iter().all(|plugin| plugin.kind != "slack"));
        assert!(notes(&silent).contains(&format!("{name} is set and {other} is not")));
    }
}

#[test]
fn the_link_is_the_release() {
    assert_eq!(
        settings(&[("RELEASE_URL", "https://ci.example/1")]).link.as_deref(),
        Some("https://ci.example/1")
    );
    assert_eq!(settings(&[]).link, None);
}

#[test]
fn log_levels_have_pythons_names_too() {
    for (name, level) in [
        ("INFO", LevelFilter::INFO),
        ("WARNING", LevelFilter::WARN),
        ("critical", LevelFilter::ERROR),
        ("off", LevelFilter::OFF),
    ] {
        assert_eq!(settings(&[("LOG_LEVEL", name)]).keys.log_level.0, level, "{name}");
    }
    let unknown = settings(&[("LOG_LEVEL", "DEBUGG")]);
    assert_eq!(unknown.keys.log_level.0, LevelFilter::WARN);
    assert!(notes(&unknown).contains("did you mean debug?"));
}

#[test]
fn the_text_holds_references_and_no_credential() {
    let settings = settings(&[("EXTRA_NODES", EXTRA)]);
    let text = settings.text().text();
    assert!(!text.contains("canary") && !format!("{settings:?}").contains("canary"), "{text}");
    assert!(text.contains(r#"token = { env = "MASTER_NODE", field = "JWT" }"#), "{text}");
    assert!(text.contains(r#"{ env = "VAULT_GIT_TOKEN" }"#), "{text}");
}
