//! `MASTER_NODE` and `EXTRA_NODES`

use deployer_core::document::SourceText;
use deployer_core::plugin::{Context, Credential, Section};

use super::*;

fn extra(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(EXTRA.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    })
}

#[test]
fn json_booleans_and_texts_count_the_same() {
    for (text, expected) in [("true", true), ("false", false), ("\"True\"", true), ("\"FALSE\"", false)] {
        let master = MASTER.replace("\"true\"", text);
        let settings = settings(&[("MASTER_NODE", &master)]);
        assert_eq!(settings.nodes[0].upload_variables, expected, "{text}");
        assert_eq!(settings.nodes[0].upload_secrets, expected, "{text}");
    }
    let odd = settings(&[("MASTER_NODE", &MASTER.replace("\"true\"", "\"ja\""))]);
    assert!(!odd.nodes[0].upload_variables);
    assert!(notes(&odd).contains("MASTER_NODE.UPLOAD_VARIABLES is neither"), "{}", notes(&odd));
    assert!(
        refusal(&[("MASTER_NODE", &MASTER.replace("\"true\"", "1"))])
            .contains("MASTER_NODE.UPLOAD_SECRETS is a number")
    );
}

#[test]
fn backticks_are_dropped_wherever_they_stand() {
    let master = format!("`{}`", MASTER.replace("node.example", "node`.example"));
    assert!(settings(&[("MASTER_NODE", &master)]).text().text().contains("url = \"node.example\""));
}

#[test]
fn broken_json_is_told_with_its_place_in_the_variable_and_without_its_text() {
    for (text, place) in [
        ("{\"URL\": \"canary\",\n  \"JWT\" \"canary\"}", "MASTER_NODE:2:9"),
        ("``{\"JWT\": `canary}", "MASTER_NODE:1:12"),
        ("", "MASTER_NODE is empty"),
    ] {
        let shown = refusal(&[("MASTER_NODE", text)]);
        assert!(shown.contains(place), "{shown}");
    }
    assert!(refusal(&[("EXTRA_NODES", "{\"a\": canary}")]).contains("EXTRA_NODES:1:7"));
}

#[test]
fn of_a_repeated_key_the_last_one_counts_with_a_warning() {
    let master = MASTER.replacen('{', "{\"URL\": \"canary.example\", ", 1);
    let settings = settings(&[("MASTER_NODE", &master)]);
    assert!(settings.text().text().contains("url = \"node.example\""));
    let notes = notes(&settings);
    assert!(notes.contains("the key \"URL\" appears twice") && !notes.contains("canary"), "{notes}");
}

#[test]
fn members_that_are_not_known_are_warned_about_with_the_nearest_name() {
    let settings = settings(&[
        ("MASTER_NODE", &MASTER.replacen('{', "{\"CONFIG_GRUOP\": \"canary\", ", 1)),
        ("EXTRA_NODES", &EXTRA.replacen("{\"EXTRA", "{\"proxynode\": true, \"EXTRA", 1)),
    ]);
    let notes = notes(&settings);
    assert!(
        notes.contains("MASTER_NODE.CONFIG_GRUOP is not known and not used; did you mean CONFIG_GROUP?"),
        "{notes}"
    );
    assert!(
        notes.contains("EXTRA_NODES.extra.proxynode is not known and not used; did you mean PROXY_NODE?"),
        "{notes}"
    );
    assert!(!notes.contains("canary"), "{notes}");
}

#[test]
fn missing_members_are_told_all_at_once_with_the_place_of_their_object() {
    let shown = refusal(&[("MASTER_NODE", "{\"url\": \"canary\"}"), ("EXTRA_NODES", "{\n\"a\": {}}")]);
    for member in ["URL", "JWT", "UPLOAD_VARIABLES", "UPLOAD_SECRETS"] {
        assert!(shown.contains(&format!("MASTER_NODE.{member} is missing")), "{shown}");
    }
    assert!(shown.contains("url is set: is it meant to be URL?"), "{shown}");
    for member in ["GIT_URL", "GIT_USERNAME", "GIT_TOKEN", "TEMPLATE_PATH"] {
        assert!(shown.contains(&format!("EXTRA_NODES.a.EXTRA_NODE_{member} is missing")), "{shown}");
    }
    assert!(shown.contains("EXTRA_NODES:2:6") && !shown.contains("BRANCH is missing"), "{shown}");
}

#[test]
fn a_config_group_is_optional() {
    let group = |value: &str| {
        let master = MASTER.replacen('{', &format!("{{\"CONFIG_GROUP\": {value}, "), 1);
        settings(&[("MASTER_NODE", &master)]).text().text().contains("group = \"team-a\"")
    };
    assert!(group("\"team-a\""));
    assert!(!group("null") && !group("\"\""));
}

#[test]
fn addresses_may_carry_a_scheme() {
    for url in ["node.example", "https://node.example", "http://127.0.0.1:1234", "http://localhost:1/"] {
        settings(&[("MASTER_NODE", &MASTER.replace("node.example", url))]);
    }
    for git in ["https://git.example/extra.git", "git@git.example:extra.git", "file:///srv/extra.git"] {
        settings(&[("EXTRA_NODES", &extra(&[("git.example/extra.git", git)]))]);
    }
    for url in ["https://user:canary@node.example", "ftp://node.example", "no de", "node.example/?canary"] {
        let shown = refusal(&[("MASTER_NODE", &MASTER.replace("node.example", url))]);
        assert!(shown.contains("MASTER_NODE.URL "), "{shown}");
    }
}

#[test]
fn plain_http_to_another_machine_is_an_opt_in_and_for_git_never_with_credentials() {
    let plain = MASTER.replace("node.example", "http://node.example");
    assert!(refusal(&[("MASTER_NODE", &plain)]).contains("ALLOW_HTTP=true"));
    let allowed = settings(&[("MASTER_NODE", &plain), ("ALLOW_HTTP", "true")]);
    assert!(allowed.text().text().contains("http = { allow_http = true }"));

    for url in ["http://git.example/extra.git", "http://127.0.0.1/extra.git"] {
        let nodes = extra(&[("git.example/extra.git", url)]);
        let shown = refusal(&[("EXTRA_NODES", &nodes), ("ALLOW_HTTP", "true")]);
        assert!(shown.contains("would send the token in the clear"), "{shown}");
    }
    let bare = r#"{"a": {"EXTRA_NODE_GIT_URL": "http://127.0.0.1/a.git", "EXTRA_NODE_TEMPLATE_PATH": "t"}}"#;
    settings(&[("EXTRA_NODES", bare)]);
}

#[test]
fn extra_nodes_keep_their_order_and_follow_the_master() {
    let two = EXTRA.replacen("\"extra\"", "\"zeta.no\"", 1).replace("/extra.git", "/zeta.git");
    let nodes = format!("{}, {}", two.trim_end_matches('}').to_owned() + "}", &EXTRA[1..]);
    let settings = settings(&[("EXTRA_NODES", &nodes)]);
    let names: Vec<&str> = settings.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["master", "zeta.no", "extra"]);
    let extra = &settings.nodes[1];
    assert_eq!(extra.templates.as_deref(), Some("extra_nodes/extra"));
    assert!(
        !extra.proxy && extra.upload_variables && !extra.upload_secrets && settings.has_target("zeta.no")
    );
    assert_eq!(extra.stores, ["vault"]);
}

#[test]
fn a_node_name_with_dots_still_leads_to_its_token() {
    let nodes = EXTRA.replacen("\"extra\"", "\"a.b \\\"c\\\"\"", 1);
    let variables: ProcessVariables = complete().into_iter().chain([("EXTRA_NODES", nodes)]).collect();
    let settings = Settings::from_variables(Asked::new(None, &variables)).unwrap();
    let table: toml::Table = settings.text().text().parse().unwrap();
    let token = table["nodes"]["a.b \"c\""]["target"]["token"].clone();
    #[derive(serde::Deserialize)]
    struct Holder {
        token: Credential,
    }
    let source = SourceText::new("test", format!("token = {token}"));
    let holder: Holder = Section::parse("test", &source).unwrap().read().unwrap();
    let context = Context::new("test").with_variables(variables);
    assert_eq!(holder.token.resolve(&context).unwrap(), deployer_core::SecretValue::new("git-canary"));
}

#[test]
fn a_branch_is_optional_and_a_proxy_node_is_told_in_any_way() {
    let text = |nodes: &str| settings(&[("EXTRA_NODES", nodes)]).text().text().to_owned();
    assert!(text(EXTRA).contains("branch = \"main\""));
    assert!(!text(&extra(&[("\"EXTRA_NODE_GIT_BRANCH\": \"main\", ", "")])).contains("branch"));
    for value in ["true", "\"True\""] {
        let nodes = EXTRA.replacen("{\"EXTRA", &format!("{{\"PROXY_NODE\": {value}, \"EXTRA"), 1);
        assert!(settings(&[("EXTRA_NODES", &nodes)]).nodes[1].proxy, "{value}");
    }
}

#[test]
fn what_cannot_be_an_extra_node_is_refused() {
    for (nodes, part) in [
        ("{\"master\": {}}", "EXTRA_NODES.master cannot be the name of an extra node"),
        ("{\"\": {}}", "EXTRA_NODES. cannot be the name of an extra node"),
        ("{\"a\": \"canary\"}", "EXTRA_NODES.a is a text, not an object"),
        ("null", "EXTRA_NODES is null"),
    ] {
        let shown = refusal(&[("EXTRA_NODES", nodes)]);
        assert!(shown.contains(part), "{shown}");
    }
    assert_eq!(settings(&[("EXTRA_NODES", "{}")]).nodes.len(), 1);
}
