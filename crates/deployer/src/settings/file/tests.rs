use std::path::PathBuf;
use std::time::Duration;

use deployer_engine::connect::LinkRule;
use deployer_engine::run::{Order, Safety, Verify};
use deployer_engine::stages::{
    Guard, Protection, Removals, Strictness, SystemList, SystemSecrets, Whitelist,
};
use tracing::level_filters::LevelFilter;

use super::*;
use crate::cli::LogFormat;
use crate::settings::SendWhen;

mod added;
mod configuration;
mod environments;
#[cfg(feature = "watch")]
mod fleet;
mod mistakes;
mod secrets;

/// A file with one store and one node.
const SMALL: &str = r#"environment = "test"

[stores.main]
kind = "vault"

[nodes.master.target]
kind = "node"
"#;

fn read_for(text: &str, environment: Option<&str>) -> Result<Settings> {
    let variables = [("LINK", "https://ci.example/7")].into_iter().collect();
    Settings::from_file("conf/deployer.toml", text, environment, &variables)
}

fn read_as(asked: Asked<'_>, file: PathBuf, text: &str) -> Result<Settings> {
    let text = SourceText::new(file.display().to_string(), text);
    Settings::read(SettingsSource::File(file), text, asked)
}

fn settings(text: &str) -> Settings {
    read_for(text, None).unwrap_or_else(|error| panic!("{error:?}"))
}

/// The whole refusal as text, which holds no value of the file.
fn refusal(text: &str) -> String {
    let error = read_for(text, None).map(|settings| panic!("{settings:?}")).unwrap_err();
    assert_eq!(error.kind(), Kind::Settings);
    let shown = format!("{error:?}");
    assert!(!shown.contains("canary"), "{shown}");
    shown
}

/// A file with a line added at its end, and the refusal of exactly that line.
#[track_caller]
fn refuses(addition: &str, message: &str, line: usize, hint: &str) {
    let shown = refusal(&format!("{SMALL}{addition}"));
    let place = format!("conf/deployer.toml:{}:", SMALL.lines().count() + line);
    assert!(shown.contains(message) && shown.contains(&place) && shown.contains(hint), "{place} {shown}");
    assert_eq!(shown.matches("error[settings]").count(), 2, "{shown}");
}

#[test]
fn a_lease_lasts_from_four_seconds_to_an_hour() {
    let lasting =
        |seconds| settings(&format!("{SMALL}[limits]\nlease_seconds = {seconds}\n")).keys.limits.lease();
    assert_eq!(lasting(4).takeover(), Duration::from_secs(6));
    assert_eq!(lasting(3600).renewal(), Duration::from_secs(900));
    for seconds in [0, 3, 3601] {
        let message = format!("lease_seconds: expected a number from 4 to 3600, found {seconds}");
        refuses(&format!("[limits]\nlease_seconds = {seconds}"), &message, 2, "");
    }
}

#[test]
fn the_defaults_of_a_settings_file_are_the_safe_ones() {
    let settings = settings(SMALL);
    let configuration = &settings.configuration;
    assert_eq!(settings.environment, "test");
    assert_eq!(configuration.folder, "node");
    assert_eq!(configuration.whitelist, Whitelist::list("deployment/whitelist-test.txt"));
    assert_eq!(configuration.variables, ["variables/variables-test.json"]);
    assert_eq!(configuration.upload_variables, None);
    assert_eq!(configuration.links, LinkRule::Full);
    assert_eq!(configuration.strictness, Strictness::Strict);
    assert!(configuration.split && !settings.dry_run);
    let wait = Duration::from_secs(600);
    assert_eq!(settings.safety, Safety { guard: Guard::FULL, order: Order::ExtraFirst, wait });
    assert_eq!(settings.keys.verify, Verify { variables: true, secrets: true, entities: true });
    assert_eq!(settings.folder(), Path::new("conf"));
    let master = &settings.nodes[0];
    assert!(master.upload_variables && master.upload_secrets && settings.has_target("master"));
    assert_eq!(master.stores, ["main"]);
    assert_eq!(settings.notes, []);
}

#[test]
fn everything_can_be_said() {
    let settings = settings(
        r#"
environment = "test"
link = { env = "LINK" }
log_level = "warning"
log_format = "azure"
[source]
kind = "folder"
path = "."
[configuration]
folder = "."
whitelist = false
variables = ["variables/all.json", "variables/{environment}.json"]
upload_variables = "upload-{environment}.json"
links = "seed"
[verify]
variables = false
secrets = false
[safety]
max_deletions = 3
order = "together"
wait_seconds = 0
[stores.one]
kind = "vault"
[stores.two]
kind = "vault"
[nodes.zeta]
templates = "extra_nodes/zeta/"
proxy = true
secrets = ["two", "one"]
upload_variables = false
upload_secrets = false
[nodes.zeta.target]
kind = "git"
[nodes.master]
secrets = []
target = false
protected = ["a", "b-*"]
[nodes.master.system_secrets]
crm = ["key", "crm-*"]
[nodes.alpha]
secrets = ["two"]
[nodes.alpha.target]
kind = "git"
[[notify]]
kind = "slack"
[[notify]]
kind = "slack"
"#,
    );
    assert_eq!(settings.link.as_deref(), Some("https://ci.example/7"));
    assert_eq!(settings.keys.log_level.0, LevelFilter::WARN);
    assert_eq!(settings.keys.log_format, Some(LogFormat::Azure));
    assert_eq!(settings.configuration.folder, "");
    assert_eq!(settings.configuration.whitelist, Whitelist::everything());
    assert_eq!(settings.configuration.variables, ["variables/all.json", "variables/test.json"]);
    assert_eq!(settings.configuration.upload_variables.as_deref(), Some("upload-test.json"));
    assert_eq!(settings.configuration.links, LinkRule::Seed);
    assert_eq!(settings.keys.verify, Verify { variables: false, secrets: false, entities: true });
    let guard = Guard { removals: Removals::AtMost(3), ..Guard::FULL };
    assert_eq!(settings.safety, Safety { guard, order: Order::Together, wait: Duration::ZERO });
    let names: Vec<&str> = settings.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["master", "zeta", "alpha"]);
    let zeta = &settings.nodes[1];
    assert_eq!((zeta.templates.as_deref(), zeta.proxy), (Some("extra_nodes/zeta"), true));
    assert_eq!(zeta.stores, ["two", "one"]);
    assert!(!zeta.upload_variables && !zeta.upload_secrets && !settings.has_target("master"));
    let list = SystemList::new("crm", &["key".to_owned(), "crm-*".to_owned()]).expect("good patterns");
    assert_eq!(settings.nodes[0].system_secrets, SystemSecrets::Listed(vec![list]));
    assert_eq!(settings.nodes[0].protected, Protection::new(["a", "b-*"]).expect("good patterns"));
    assert_eq!(zeta.system_secrets, SystemSecrets::None);
    let sections: Vec<&str> = settings.plugins.iter().map(|plugin| plugin.section.as_str()).collect();
    let expected = [
        "source",
        "stores.one",
        "stores.two",
        "notify 1",
        "notify 2",
        "nodes.zeta.target",
        "nodes.alpha.target",
    ];
    assert_eq!(sections, expected);
}

#[test]
fn an_unknown_key_at_any_level_is_told_with_the_accepted_ones() {
    refuses(
        "[configuraton]",
        "the settings: unknown key `configuraton`, expected one of `environment`,",
        1,
        "did you mean `configuration`?",
    );
    refuses(
        "[configuration]\nwhite_list = 1",
        "[configuration]: unknown key `white_list`",
        2,
        "did you mean `whitelist`?",
    );
    refuses(
        "[verify]\nsecret = true",
        "expected one of `variables`, `secrets`, `entities`",
        2,
        "did you mean `secrets`?",
    );
    refuses(
        "[safety]\nguard = true",
        "[safety]: unknown key `guard`, expected one of `deletion_guard`",
        2,
        "",
    );
    refuses(
        "[nodes.a]\ntarget = false\nsecret = []",
        "[nodes.a]: unknown key `secret`",
        3,
        "did you mean `secrets`?",
    );
}

#[test]
fn a_wrong_type_is_told_without_the_value() {
    refuses(
        "[configuration]\nwhitelist = 7",
        "expected the path of a file, a list of paths, { include = [\"pipes/**\"], exclude = [] }, or false for every file, found a number",
        2,
        "",
    );
    refuses("[configuration]\nwhitelist = true", "expected the path of a file, a list of paths,", 2, "");
    refuses("[configuration]\nvariables = [\"a\", 1]", "expected a text, found a number", 2, "");
    refuses("[configuration]\nlinks = \"canary\"", "expected `seed` or `full`", 2, "");
    refuses("[configuration]\nfolder = \"/canary\"", "expected a relative path", 2, "");
    refuses("[configuration]\nvariables = \"{canary}\"", "only `{environment}` can be in braces", 2, "");
    refuses(
        "[safety]\norder = \"canary\"",
        "expected one of `extra-first`, `master-first`, `together`",
        2,
        "",
    );
    refuses("[safety]\nmax_deletions = -1", "[safety]", 2, "");
    refuses("[nodes.a]\ntarget = false\nprotected = [\"[\"]", "[nodes.a] protected: invalid pattern", 3, "");
    refuses("[nodes.a]\ntarget = false\nprotected = \"canary\"", "expected a list, found a text", 3, "");
    refuses("[nodes.a]\ntarget = false\nsystem_secrets = \"canary\"", "expected true for all secrets", 3, "");
    refuses("[nodes.a]\ntarget = false\nsystem_secrets = { crm = \"canary\" }", "expected a list", 3, "");
    refuses("[verify]\nsecrets = \"canary\"", "expected true or false, found a text", 2, "");
    refuses("[nodes.a]\ntarget = false\nsecrets = \"canary\"", "expected a list, found a text", 3, "");
    refuses("[nodes]\na = \"canary\"", "[nodes.a]: expected a table, found a text", 2, "");
    refuses("[nodes.a]\ntarget = \"canary\"", "expected a table with a `kind`, or false", 2, "");
    refuses(
        "[source]\nkind = 5",
        "`kind` must be a text, found a number",
        2,
        "`kind` names the plugin: folder",
    );
    refuses(
        "[notify]\nkind = \"slack\"",
        "[notify]: expected a list of tables, found a table",
        1,
        "[[notify]]",
    );
    refuses(
        "[[notify]]\nkind = \"slack\"\nsend = \"change\"",
        "[notify 1] send: unknown value `change`, expected one of `always`, `changes`, `failures`",
        3,
        "did you mean `changes`?",
    );
    refuses("[[notify]]\nkind = \"slack\"\nsend = true", "send: expected a text", 3, "");
}

#[test]
fn a_master_that_is_misspelt_is_pointed_at() {
    let shown = refusal(&SMALL.replace("nodes.master", "nodes.mastr"));
    assert!(
        shown.contains("[nodes.master] is missing") && shown.contains("conf/deployer.toml:6:"),
        "{shown}"
    );
    assert!(shown.contains("is [nodes.mastr] meant to be it?"), "{shown}");
}

#[test]
fn two_nodes_of_one_address_and_group_are_refused() {
    let node = |name: &str, url: &str, more: &str| {
        format!("[nodes.{name}.target]\nkind = \"node\"\nurl = \"{url}\"\n{more}")
    };
    let with = |master: &str, other: &str, more: &str| {
        let text = SMALL.replace("[nodes.master.target]\nkind = \"node\"\n", &node("master", master, ""));
        format!("{text}{}", node("extra", other, more))
    };
    let shown = refusal(&with("https://node.example", "node.example:443/api", ""));
    assert!(
        shown.contains("[nodes.master.target] and [nodes.extra.target] have the same address and group"),
        "{shown}"
    );
    assert!(read_for(&with("node.example", "node.example", "group = \"a\"\n"), None).is_ok());
    assert!(read_for(&with("node.example", "other.example", ""), None).is_ok());
}

#[test]
fn notifiers_are_sent_changes_unless_they_say_otherwise() {
    let text =
        format!("{SMALL}[[notify]]\nkind = \"slack\"\n[[notify]]\nkind = \"slack\"\nsend = \"failures\"\n");
    let sent: Vec<_> = settings(&text).plugins.iter().filter_map(|plugin| plugin.send).collect();
    assert_eq!(sent, [SendWhen::Changes, SendWhen::Failures]);
}

#[test]
fn the_pipeline_run_is_the_link_where_none_is_given() {
    let run = "https://gitlab.example/-/pipelines/9";
    let link = |text: String, variables: &[(&str, &str)]| {
        let variables = variables.iter().copied().collect();
        Settings::from_file("deployer.toml", text, None, &variables).unwrap().link
    };
    let asked = format!("link = {{ env = \"RELEASE_URL\" }}\n{SMALL}");
    let (pipeline, release) = (("CI_PIPELINE_URL", run), ("RELEASE_URL", "https://release.example/1"));
    assert_eq!(link(SMALL.to_owned(), &[pipeline]).as_deref(), Some(run));
    assert_eq!(link(asked.clone(), &[pipeline]).as_deref(), Some(run));
    assert_eq!(link(asked, &[pipeline, release]).as_deref(), Some(release.1));
    assert_eq!(link(SMALL.to_owned(), &[]), None);
}

#[test]
fn keys_at_the_top_are_checked_as_well() {
    for (line, message) in [
        ("log_level = \"canary\"", "expected one of `error`"),
        ("log_format = \"canary\"", "expected one of `text`"),
        ("link = { value = \"canary\" }", "[link]: unknown key `value`"),
        ("stores = \"canary\"", "expected a table"),
        ("environments = 1", "expected a table"),
    ] {
        let text = format!("{line}\n{}", SMALL.replace("[stores.main]\nkind = \"vault\"\n", ""));
        let shown = refusal(&text);
        assert!(shown.contains(message) && shown.contains("conf/deployer.toml:1:"), "{shown}");
    }
}

#[test]
fn syntax_is_told_with_its_place_and_not_its_line() {
    let shown = refusal(&format!("{SMALL}token = canary\n"));
    assert!(
        shown.contains("the settings are not valid TOML") && shown.contains("conf/deployer.toml:8:"),
        "{shown}"
    );
    assert!(refusal(&SMALL.replace("[nodes.master.target]", "[stores.main]")).contains("duplicate"));
}

#[test]
fn what_is_missing_is_told() {
    refuses("[nodes.a]\nproxy = true", "[nodes.a]: `target` is missing", 1, "`target = false`");
    refuses(
        "[stores.other]\n[nodes.a]\nsecrets = []\ntarget = false\n[nodes.master]\nsecrets = []",
        "[stores.other]: `kind` is missing",
        1,
        "vault",
    );
    let shown = refusal("environment = \"test\"\n");
    assert!(shown.contains("[nodes.master] is missing"), "{shown}");
}

#[test]
fn keys_that_make_no_sense_together_are_refused() {
    refuses("[nodes.master]\nproxy = false", "only extra nodes have `templates` and `proxy`", 2, "");
    refuses(
        "[configuration]\nvariables = false\n[nodes.master]\nupload_variables = true",
        "no file of variables is configured",
        4,
        "",
    );
    let shown = refusal(&format!("{SMALL}[configuration]\nsplit = false\n[nodes.a]\ntarget = false\n"));
    assert!(shown.contains("extra nodes have no entities"), "{shown}");
    assert!(!settings(&format!("{SMALL}[configuration]\nvariables = false\n")).nodes[0].upload_variables);
}

#[test]
fn problems_of_several_sections_are_told_at_once_and_each_once() {
    let text = format!(
        "{SMALL}[verify]\nx = 1\n[safety]\ny = 1\n[configuration]\nz = 1\n[environments.prod]\n[environments.dev]\n"
    );
    let error = read_for(&text, None).unwrap_err();
    assert_eq!(error.related().len(), 3, "{error:?}");
}

#[test]
fn a_file_that_is_cut_anywhere_is_read_or_refused() {
    let text =
        format!("\u{feff}{SMALL}[environments.prod]\nlog_level = \"info\" # ø\n[[notify]]\nkind = 'slack'\n");
    for (at, _) in text.char_indices() {
        if let Err(error) = read_for(&text[..at], Some("prod")) {
            assert_eq!(error.kind(), Kind::Settings);
        }
    }
    assert_eq!(read_for(&text, Some("prod")).unwrap().keys.log_level.0, LevelFilter::INFO);
}
