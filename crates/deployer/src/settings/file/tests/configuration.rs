//! `[configuration]`: whose layout a folder has, and which of its files are deployed.

use deployer_core::error::Place;
use deployer_engine::run::{Connectors, FolderLayout};
use deployer_engine::stages::Glob;

use super::*;

fn whitelist(value: &str) -> Whitelist {
    settings(&format!("{SMALL}[configuration]\nwhitelist = {value}\n")).configuration.whitelist
}

fn glob(text: &str, column: u32) -> Glob {
    let line = u32::try_from(SMALL.lines().count() + 2).unwrap();
    Glob::new(text, Some(Place::new("conf/deployer.toml", line, column))).unwrap()
}

#[test]
fn files_are_chosen_by_lists_or_by_globs() {
    assert_eq!(whitelist("false"), Whitelist::everything());
    assert_eq!(whitelist("\"{environment}.txt\""), Whitelist::list("test.txt"));
    let two = Whitelist { lists: vec!["all.txt".to_owned(), "test.txt".to_owned()], ..Whitelist::default() };
    assert_eq!(whitelist("[\"all.txt\", \"{environment}.txt\"]"), two);
    assert_eq!(
        whitelist("{ include = [\"pipes/**\"], exclude = [\"pipes/{environment}-*\"] }"),
        Whitelist {
            include: vec![glob("pipes/**", 26)],
            exclude: vec![glob("pipes/test-*", 50)],
            ..Whitelist::default()
        }
    );
    assert_eq!(
        whitelist("{ files = \"all.txt\", exclude = [\"old\"] }"),
        Whitelist { exclude: vec![glob("old", 45)], ..Whitelist::list("all.txt") }
    );
}

#[test]
fn an_environment_leaves_out_more() {
    let text = format!(
        "{SMALL}[configuration.whitelist]\ninclude = [\"pipes/**\"]\n\
         [environments.prod.configuration.whitelist]\nexclude = [\"pipes/x-*\"]\n"
    );
    let prod = read_for(&text, Some("prod")).unwrap().configuration.whitelist;
    assert_eq!((prod.include.len(), prod.exclude.len()), (1, 1));
}

#[test]
fn a_whitelist_that_cannot_be_meant_is_refused() {
    let refuses = |value: &str, message: &str, hint: &str| {
        refuses(&format!("[configuration]\nwhitelist = {value}"), message, 2, hint);
    };
    refuses("[]", "`files` of the whitelist is empty; write `whitelist = false`", "");
    refuses("{}", "expected `files`, `include` or `exclude`", "");
    refuses("{ include = [] }", "`include` of the whitelist is empty", "");
    refuses("{ includes = [\"a\"] }", "unknown key `includes`", "did you mean `include`?");
    refuses("{ include = [\"../**\"] }", "leaves the node folder", "relative to the node folder");
    refuses("{ include = [\"/etc/**\"] }", "expected a relative path", "");
    refuses("{ exclude = [\"pipes/a**\"] }", "invalid glob", "between slashes");
    refuses("{ include = \"pipes/**\" }", "expected a list, found a text", "");
}

#[test]
fn the_layout_of_the_command_line_tool_is_one_setting() {
    let of = |more: &str| {
        settings(&format!("{SMALL}[configuration]\nlayout = \"sesam-py\"\n{more}")).configuration
    };
    let configuration = of("");
    assert_eq!(configuration.folder, "");
    assert_eq!(configuration.variables, ["test-env.json"]);
    let include: Vec<Glob> = ["node-metadata.conf.json", "pipes/**/*.conf.json", "systems/**/*.conf.json"]
        .map(|text| Glob::new(text, None).unwrap())
        .into();
    assert_eq!(configuration.whitelist, Whitelist { include, ..Whitelist::default() });

    let configuration = of("folder = \"node\"\nvariables = false\nwhitelist = \"list.txt\"\n");
    assert_eq!(configuration.folder, "node");
    assert!(configuration.variables.is_empty());
    assert_eq!(configuration.whitelist, Whitelist::list("list.txt"));
    refuses(
        "[configuration]\nlayout = \"sesam\"",
        "expected one of `deployer`, `sesam-py`, `connector`",
        2,
        "",
    );
}

#[test]
fn connectors_are_a_layout_or_folders_beside_the_node_folder() {
    let of = |text: &str| settings(&format!("{SMALL}[configuration]\n{text}")).configuration;
    let configuration = of("layout = \"connector\"\nsystem = \"crm\"\nshims = false\n");
    assert_eq!((configuration.layout, configuration.folder.as_str()), (FolderLayout::Connector, ""));
    assert_eq!(configuration.variables, ["test-env.json"]);
    let connectors =
        Connectors { system: Some("crm".to_owned()), shims: Some(false), ..Connectors::default() };
    assert_eq!(configuration.connectors, connectors);

    let configuration = of("connectors = [\"crm-connector\", \"more/erp-connector/\"]\n");
    assert_eq!((configuration.layout, configuration.folder.as_str()), (FolderLayout::Deployer, "node"));
    assert_eq!(configuration.connectors.folders, ["crm-connector", "more/erp-connector"]);
}
