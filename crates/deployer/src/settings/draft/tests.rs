use super::*;
use crate::plugins::table;
use crate::settings::Settings;

fn folder(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for path in files {
        let (path, text) = path.split_once(": ").unwrap_or((path, "{}"));
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn draft(files: &[&str], environment: Option<&str>) -> (Draft, Settings) {
    let folder = folder(files);
    let table = table(&[]).unwrap();
    let draft = Draft::new(folder.path(), environment, &table, &ProcessVariables::default()).unwrap();
    let file = folder.path().join("deployer.toml");
    let settings = Settings::from_file(file, draft.text.as_str(), None, &ProcessVariables::default());
    let settings = settings.unwrap_or_else(|error| panic!("{error:?}\n{}", draft.text));
    settings.check(&table).unwrap();
    assert_eq!(draft.text.matches(FILL_IN).count(), draft.fill_in.len() + 1, "{}", draft.text);
    (draft, settings)
}

#[test]
fn the_folders_of_the_original_are_read() {
    let (draft, settings) = draft(
        &[
            "node/pipes/a.conf.json: {\"_id\": \"a\", \"metadata\": {\"node\": \"extra\"}, \"x\": \"$SECRET(b)\"}",
            "node/pipes/b.conf.json: not JSON",
            "node/variables/variables-prod.json",
            "node/variables/variables-test.json",
            "node/deployment/whitelist-test.txt: ",
            "extra_nodes/other/node-metadata.conf.json",
            "extra_nodes/empty/README.md",
        ],
        None,
    );
    assert_eq!(settings.environment, "test");
    assert_eq!(settings.configuration.variables, ["variables/variables-test.json"]);
    let nodes: Vec<_> =
        settings.nodes.iter().map(|node| (node.name.as_str(), node.templates.as_deref())).collect();
    assert_eq!(nodes, [("master", None), ("extra", None), ("other", Some("extra_nodes/other"))]);
    assert!(settings.nodes.iter().all(|node| !settings.has_target(node.name.as_str())));
    let expected = [
        "[stores.main]: where secrets are read from",
        "[nodes.master.target]: where the node master is deployed to",
        "[nodes.extra.target]: where the node extra is deployed to",
        "[nodes.other.target]: where the node other is deployed to",
    ];
    assert_eq!(draft.fill_in, expected);
    assert!(draft.text.contains("[environments.prod.configuration]\n"), "{}", draft.text);
}

#[test]
fn the_layout_of_the_official_tool_is_read() {
    let (draft, settings) =
        draft(&["pipes/a.conf.json: {\"_id\": \"a\"}", "test-env.json", "prod-env.json"], Some("prod"));
    assert_eq!((settings.environment.as_str(), settings.configuration.folder.as_str()), ("prod", ""));
    assert_eq!(settings.configuration.variables, ["prod-env.json"]);
    assert!(
        draft.text.contains("layout = \"sesam-py\"") && draft.text.contains("[environments.test]"),
        "{}",
        draft.text
    );
}

#[test]
fn a_connector_is_expanded_with_the_name_of_its_folder() {
    let (draft, settings) = draft(
        &["crm-connector/manifest.json", "crm-connector/templates/system.json: {\"x\": \"$SECRET(key)\"}"],
        None,
    );
    let configuration = &settings.configuration;
    assert_eq!(configuration.layout, deployer_engine::run::FolderLayout::Connector);
    assert_eq!(configuration.folder, "crm-connector");
    assert_eq!(configuration.connectors.system.as_deref(), Some("crm"));
    assert_eq!(draft.fill_in[0], "[stores.main]: where secrets are read from");
}

#[test]
fn a_node_folder_of_any_name_is_found_and_two_are_not() {
    let (_, settings) = draft(&["da{ta/systems/a.conf.json"], None);
    assert_eq!((settings.environment.as_str(), settings.configuration.folder.as_str()), ("test", "da{ta"));
    let two = folder(&["a/pipes/a.conf.json", "b/pipes/b.conf.json"]);
    let error = Draft::new(two.path(), None, &[], &ProcessVariables::default()).unwrap_err();
    assert!(error.message().starts_with("there is no configuration in"), "{error:?}");
}

#[test]
fn every_example_is_a_section_that_can_be_used_as_it_stands() {
    let files = folder(&["node/pipes/a.conf.json"]);
    let table = table(&[]).unwrap();
    let draft = Draft::new(files.path(), None, &table, &ProcessVariables::default()).unwrap();
    let comments: Vec<&str> =
        draft.text.lines().map(|line| line.strip_prefix("# ").unwrap_or_default()).collect();
    let mut examples = 0;
    for section in comments
        .split(|line| line.is_empty())
        .filter(|section| section.first().is_some_and(|line| line.starts_with('[')))
    {
        let name = section[0].trim_matches(['[', ']']);
        let text = match name {
            "stores.main" | "notify" => {
                format!("environment = \"test\"\n[nodes.master]\ntarget = false\n{}\n", section.join("\n"))
            }
            _ => format!("environment = \"test\"\n{}\n", section.join("\n")),
        };
        let settings = Settings::from_file("deployer.toml", text, None, &ProcessVariables::default());
        settings
            .and_then(|settings| settings.check(&table))
            .unwrap_or_else(|error| panic!("{section:?}\n{error:?}"));
        examples += 1;
    }
    let left_out = [Family::Source, Family::State];
    let with_example = table.iter().filter(|plugin| !left_out.contains(&plugin.family())).count();
    assert_eq!(examples, with_example);
}
