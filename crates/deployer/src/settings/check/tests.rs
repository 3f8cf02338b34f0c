use deployer_core::document::SourceText;
use deployer_core::plugin::{Family, ProcessVariables};

use super::*;
use crate::plugins::table;
use crate::settings::{Asked, SettingsSource};

const FILE: &str = r#"environment = "test"

[stores.main]
kind = "vault"
address = "https://vault.example.com"
mount = "sesam"
login = { token = { token = { env = "ABSENT" } } }

[nodes.master.target]
kind = "node"
url = "node.example.com"
token = { env = "ABSENT" }

[[notify]]
kind = "slack"
send = "always"
webhook = { env = "ABSENT" }

[environments.prod.stores.main]
mount = "prod"
"#;

fn checked(text: &str, table: &[&Plugin]) -> Result<()> {
    let settings = Settings::from_file("deployer.toml", text, None, &ProcessVariables::default());
    settings.unwrap_or_else(|error| panic!("{error:?}")).check(table)
}

/// Reads a file as a run does.
fn read(text: &str, table: &[&Plugin]) -> Result<Settings> {
    let variables = ProcessVariables::default();
    let asked = Asked { plugins: Some(table), ..Asked::new(None, &variables) };
    let source = SettingsSource::File("deployer.toml".into());
    Settings::read(source, SourceText::new("deployer.toml", text), asked)
}

#[test]
fn no_credential_is_looked_for() {
    checked(FILE, &table(&[]).unwrap()).unwrap();
}

#[test]
fn all_problems_of_all_plugins_and_environments_are_told_at_once() {
    let text = FILE
        .replace("url = \"node", "ulr = \"node")
        .replace("mount = \"sesam\"", "mount = 7")
        .replace("webhook = { env", "webhook = { evn")
        + "kv_version = \"canary\"\n\n[environments.stage.nodes.master.target]\nkind = \"nod\"\n\n\
           [environments.next.nodes.master.target]\ntoken = \"canary\"\n";
    let shown = format!("{:?}", read(&text, &table(&[]).unwrap()).unwrap_err());
    assert!(!shown.contains("canary"), "{shown}");
    for (problem, line) in [
        ("[nodes.master.target]: unknown key `ulr`", 11),
        ("[stores.main] mount: expected a text, found a number", 6),
        ("[notify 1]: unknown key `evn`", 17),
        ("[nodes.master.target]: unknown target kind `nod`", 24),
        ("[nodes.master.target] token: the settings must not contain a credential", 27),
    ] {
        assert_eq!(shown.matches(problem).count(), 1, "{problem}\n{shown}");
        assert!(shown.contains(&format!("deployer.toml:{line}:")), "{line}\n{shown}");
    }
    assert!(shown.contains("did you mean `url`?") && shown.contains("did you mean `node`?"), "{shown}");
}

#[test]
fn a_plugin_of_another_environment_may_be_absent_from_a_program_that_is_not_asked_to_check_it() {
    let text =
        format!("{FILE}\n[environments.prod.nodes.master.target]\nkind = \"git\"\nurl = \"git.example/x\"\n");
    let mut without: Vec<&Plugin> = table(&[]).unwrap();
    without.retain(|plugin| (plugin.family(), plugin.kind) != (Family::Target, "git"));
    read(&text, &without).unwrap();
    let shown = format!("{:?}", checked(&text, &without).unwrap_err());
    assert!(shown.contains("`git` is not in this build") && shown.contains("target-git"), "{shown}");
}

#[test]
fn a_credential_inside_an_address_is_refused_wherever_it_stands_and_not_repeated() {
    let text = FILE.replace("https://vault", "https://deployer:canary@vault")
        + "\n[[environments.prod.notify]]\nkind = \"webhook\"\nurl = \"https://canary@hook.example\"\n";
    let error = Settings::from_file("deployer.toml", text, None, &ProcessVariables::default()).unwrap_err();
    let shown = format!("{error:?}");
    assert!(!shown.contains("canary"), "{shown}");
    for expected in [
        "[stores.main] address: an address",
        "deployer.toml:5:11",
        "notify] url: an address",
        "deployer.toml:24:7",
    ] {
        assert!(shown.contains(expected), "{expected}\n{shown}");
    }
}
