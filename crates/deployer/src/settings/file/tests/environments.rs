//! `[environments.<name>]`

use super::*;

const PROD: &str = r#"
[environments.prod.configuration]
variables = "variables/production.json"
[environments.prod.stores.main]
kind = "file"
path = "secrets.json"
[environments.prod.nodes.extra.target]
kind = "git"
[[environments.prod.notify]]
kind = "slack"
"#;

fn with(addition: &str) -> String {
    format!("{SMALL}{addition}")
}

#[test]
fn an_environment_overrides_and_adds() {
    let prod = read_for(&with(PROD), Some("prod")).unwrap();
    assert_eq!(prod.configuration.variables, ["variables/production.json"]);
    assert_eq!(prod.configuration.whitelist, Whitelist::list("deployment/whitelist-prod.txt"));
    let kinds: Vec<(&str, &str)> =
        prod.plugins.iter().map(|plugin| (plugin.section.as_str(), plugin.kind.as_str())).collect();
    let expected = [
        ("source", "folder"),
        ("stores.main", "file"),
        ("notify 1", "slack"),
        ("nodes.master.target", "node"),
        ("nodes.extra.target", "git"),
    ];
    assert_eq!(kinds, expected);
    let test = settings(&with(PROD));
    assert_eq!((test.nodes.len(), test.plugins.len()), (1, 3));
}

#[test]
fn a_file_that_names_environments_knows_no_others() {
    let error = format!("{:?}", read_for(&with(PROD), Some("prd")).unwrap_err());
    assert!(error.contains("unknown environment `prd`; this file defines `test`, `prod`"), "{error}");
    assert!(error.contains("did you mean `prod`?"), "{error}");
    let unnamed = SMALL.replace("environment = \"test\"\n", "");
    assert_eq!(read_for(&unnamed, Some("anything")).unwrap().environment, "anything");
    let error = format!("{:?}", read_for(&unnamed, None).unwrap_err());
    assert!(error.contains("no environment is chosen") && error.contains("--environment NAME"), "{error}");
}

#[test]
fn a_preferred_environment_is_chosen_if_the_file_defines_it_and_no_other_is_asked_for() {
    let variables = ProcessVariables::default();
    for (text, asked, expected) in [
        (with("[environments.ci]\n"), None, "ci"),
        (with("[environments.ci]\n"), Some("test"), "test"),
        (with("[environments.prod]\n"), None, "test"),
        (SMALL.to_owned(), None, "test"),
    ] {
        let asked = Asked { preferred: Some("ci"), ..Asked::new(asked, &variables) };
        let settings = read_as(asked, "deployer.toml".into(), &text).unwrap();
        assert_eq!(settings.environment, expected);
    }
}

#[test]
fn an_environment_that_is_not_chosen_is_checked_as_well() {
    let shown = refusal(&with("[environments.prod.nodes.master]\nsecret = []\n"));
    assert!(
        shown.contains("[nodes.master]: unknown key `secret`") && shown.contains("deployer.toml:9:1"),
        "{shown}"
    );
    let shown = refusal(&with("[environments.prod]\nenvironment = \"x\"\nstore = {}\n"));
    assert!(shown.contains("[environments.prod]: unknown key `environment`"), "{shown}");
    assert!(
        shown.contains("the settings: unknown key `store`") && shown.contains("did you mean `stores`?"),
        "{shown}"
    );
}

#[test]
fn a_name_that_cannot_be_part_of_a_file_name_is_refused() {
    let shown = refusal(&SMALL.replace("\"test\"", "\"../canary\""));
    assert!(
        shown.contains("the name of the environment cannot be used") && shown.contains("deployer.toml:1:15"),
        "{shown}"
    );
}

#[test]
fn an_environment_that_splits_nothing_ignores_the_extra_nodes_and_says_so() {
    let text = with("[nodes.extra.target]\nkind = \"git\"\n[environments.ci.configuration]\nsplit = false\n");
    let ci = read_for(&text, Some("ci")).unwrap();
    assert_eq!(ci.nodes.len(), 1);
    assert!(ci.plugins.iter().all(|used| used.section != "nodes.extra.target"), "{:?}", ci.plugins);
    assert!(ci.notes[0].message.contains("these nodes are ignored: extra"), "{:?}", ci.notes);
    assert_eq!(ci.notes[0].places[0].line, 11);
    assert_eq!(read_for(&text, Some("test")).unwrap().nodes.len(), 2);
}

#[test]
fn a_missing_environment_hides_no_other_problem() {
    let unnamed = SMALL.replace("environment = \"test\"\n", "");
    let shown = refusal(&format!("{unnamed}[safety]\nguard = 1\n"));
    assert!(shown.contains("no environment is chosen") && shown.contains("unknown key `guard`"), "{shown}");
}
