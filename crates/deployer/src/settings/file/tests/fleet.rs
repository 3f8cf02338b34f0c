//! A file that lists deployments.

use super::*;

const FLEET: &str = "[watch.deployments.north]\nsettings = \"north/deployer.toml\"\n\
                     [watch.deployments.south]\nsettings = \"south.toml\"\nenvironment = \"test\"\n";

#[test]
fn a_fleet_file_has_deployments_and_neither_nodes_nor_an_environment() {
    let settings = settings(FLEET);
    let listed = settings.deployments();
    assert!(listed.keys().eq(["north", "south"]));
    assert_eq!(listed["south"].environment.as_deref(), Some("test"));
    assert!(settings.nodes.is_empty());
    let error = settings.not_one().expect("other commands cannot use it");
    let shown = format!("{error:?}");
    assert!(shown.contains("--settings conf/north/deployer.toml"), "{shown}");
    assert!(super::settings(SMALL).not_one().is_none());
}

#[test]
fn all_that_a_fleet_file_cannot_have_is_reported_at_its_place() {
    let text = format!(
        "environment = \"prod\"\n[nodes.master.target]\nkind = \"node\"\n[environments.prod]\n[watch]\ninterval = 7\n{FLEET}\
         [watch.deployments.\"a/b\"]\nsettings = \"x\"\nsource = 3\n"
    );
    let shown = refusal(&text);
    for expected in [
        ("`environment` belongs into the settings file of each deployment", 1),
        ("`nodes` belongs into", 2),
        ("`environments` belongs into", 4),
        ("[watch] interval: it belongs into [watch] of the settings file of each deployment", 6),
        ("[watch.deployments]: invalid name \"a/b\"", 12),
        ("source", 14),
    ] {
        let (message, line) = expected;
        assert!(shown.contains(message), "{message}: {shown}");
        assert!(shown.contains(&format!("conf/deployer.toml:{line}:")), "{line}: {shown}");
    }
}
