//! The layouts of Sesam's command-line tool: plain folders, connectors, and both together.

use deployer_engine::run::{Connectors, FolderLayout};
use deployer_engine::stages::Whitelist;

use crate::scene::{Scene, ids, pipe};

/// A deployment of a folder that Sesam's tool works on.
fn of_the_tool(layout: FolderLayout) -> Scene {
    let mut scene = Scene::new();
    let configuration = &mut scene.deployment.configuration;
    configuration.layout = layout;
    configuration.variables = vec!["test-env.json".to_owned()];
    scene
}

const MANIFEST: &str = r#"{"system-template": "templates/system.json", "additional_parameters": {"url": {}},
 "datatypes": {"item": {"template": "templates/item.json"}}}"#;

/// Writes a connector with one datatype.
fn write_connector(scene: &Scene, folder: &str) {
    scene.source.write(&format!("{folder}/manifest.json"), MANIFEST);
    let system = r#"{"_id": "{{@ system @}}", "type": "system:url", "url_pattern": "{{@ url @}}/%s"}"#;
    scene.source.write(&format!("{folder}/templates/system.json"), system);
    let item = r#"{"_id": "{{@ system @}}-item-collect", "type": "pipe",
 "source": {"type": "json", "system": "{{@ system @}}", "url": "$ENV(url)"}}"#;
    scene.source.write(&format!("{folder}/templates/item.json"), item);
}

#[tokio::test(start_paused = true)]
async fn a_folder_with_a_manifest_is_expanded_and_its_plain_files_are_ignored() {
    let mut scene = of_the_tool(FolderLayout::SesamPy);
    write_connector(&scene, "node");
    scene.source.write("node/test-env.json", r#"{"url": "x", "node-env": "test"}"#);
    scene.deployment.configuration.connectors.system = Some("crm".to_owned());
    let planned = scene.plan().await;
    let ignored = "2 plain files are ignored beside the connector's manifest";
    assert!(planned.plan.notes.iter().any(|note| note.message == ignored), "{:?}", planned.plan.notes);
    let change = planned.plan.nodes[0].entities.iter().find(|change| change.id == "crm-item-collect");
    let change = change.expect("it is made");
    assert_eq!(change.origin.as_ref().map(ToString::to_string).as_deref(), Some("templates/item.json:1:1"));
    assert_eq!(change.datatype.as_deref(), Some("item"));
    scene.apply(&planned).await;
    assert_eq!(ids(&scene.master), ["crm", "crm-item-collect", "crm-item-transform", "node"]);
}

#[tokio::test(start_paused = true)]
async fn a_missing_variable_points_at_the_template_and_a_missing_profile_is_told() {
    let scene = of_the_tool(FolderLayout::Connector);
    write_connector(&scene, "node");
    let planned = scene.plan().await;
    let message = "the variables file node/test-env.json does not exist: `node-env` is \"test\", and these variables are empty: url";
    assert!(planned.plan.notes.iter().any(|note| note.message == message), "{:?}", planned.plan.notes);
    scene.source.write("node/test-env.json", "{}");
    let refused = format!("{:?}", scene.refused().await);
    assert!(refused.contains("templates/item.json:2:65"), "{refused}");
    assert!(refused.contains("templates/system.json:1:69"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_connector_that_is_none_is_refused_with_the_file_that_is_missing() {
    let mut scene = of_the_tool(FolderLayout::Connector);
    let refused = scene.refused().await;
    assert_eq!(refused.message(), "the folder is not a connector: node/manifest.json does not exist");
    scene = Scene::new();
    scene.deployment.configuration.connectors.folders = vec!["crm-connector".to_owned()];
    let refused = scene.refused().await;
    assert_eq!(
        refused.message(),
        "\"crm-connector\" is not a connector: crm-connector/manifest.json does not exist"
    );
}

#[tokio::test(start_paused = true)]
async fn several_connectors_are_deployed_with_the_pipes_of_the_node_folder() {
    let mut scene = Scene::new();
    write_connector(&scene, "crm-connector");
    write_connector(&scene, "more/erp-connector");
    scene.source.write("node/pipes/shim.conf.json", pipe("crm-item-transform", "master", ""));
    scene.deployment.configuration.connectors = Connectors {
        folders: vec!["crm-connector".to_owned(), "more/erp-connector/".to_owned()],
        ..Connectors::default()
    };
    scene.deploy().await;
    let expected = ["crm", "crm-item-collect", "crm-item-transform", "erp", "erp-item-collect", "m"];
    assert_eq!(ids(&scene.master), expected);
    // A pipe of a connector and a plain file of one id are both there, and refused.
    scene.deployment.configuration.connectors.shims = Some(true);
    let refused = format!("{:?}", scene.refused().await);
    assert!(refused.contains("two different entities have the _id \"crm-item-transform\""), "{refused}");
    assert!(refused.contains("crm-connector/manifest.json for datatype item"), "{refused}");
    scene.deployment.configuration.connectors.shims = None;
    scene.deployment.configuration.whitelist = Whitelist::list("list.txt");
    scene.source.write("node/list.txt", "pipes/m.conf.json\nsystems/erp.conf.json\n");
    scene.deploy().await;
    assert_eq!(ids(&scene.master), ["erp", "m"]);
}

#[tokio::test(start_paused = true)]
async fn marks_are_filled_in_and_what_stays_is_a_warning_at_its_place() {
    let scene = of_the_tool(FolderLayout::SesamPy);
    scene.source.write("node/test-env.json", r#"{"url": "x"}"#);
    scene.source.write("node/.jinja_vars", "long=a long text");
    scene.source.write(
        "node/pipes/m.conf.json",
        pipe("m", "master", "{{@ long @}} {{@ gone @}} $ENV(url) $ENV(nope)"),
    );
    let refused = format!("{:?}", scene.refused().await);
    // The place is that of the file, not that of the longer text.
    assert!(refused.contains("pipes/m.conf.json:1:155"), "{refused}");
    scene.source.write("node/pipes/m.conf.json", pipe("m", "master", "{{@ long @}} {{@ gone @}} $ENV(url)"));
    let planned = scene.plan().await;
    let note = planned.plan.notes.iter().find(|note| note.message.contains("{{@ gone @}} stays"));
    let note = note.unwrap_or_else(|| panic!("{:?}", planned.plan.notes));
    assert_eq!(note.places[0].to_string(), "pipes/m.conf.json:1:132");
}

#[tokio::test(start_paused = true)]
async fn a_whitelist_is_a_filter_for_the_tool_and_strict_for_the_deployer() {
    let mut scene = of_the_tool(FolderLayout::SesamPy);
    scene.source.write("node/test-env.json", r#"{"url": "x"}"#);
    scene.source.write("node/list.txt", "pipes/m.conf.json\npipes/gone.conf.json\nsystems/gone.conf.json\n");
    scene.deployment.configuration.whitelist = Whitelist::list("list.txt");
    let planned = scene.plan().await;
    let note = planned.plan.notes.iter().find(|note| note.message.starts_with("the whitelist"));
    let note = note.unwrap_or_else(|| panic!("{:?}", planned.plan.notes));
    assert_eq!(note.message, "the whitelist names 2 files that do not exist and are ignored");
    scene.deployment.configuration.layout = FolderLayout::Deployer;
    let refused = format!("{:?}", scene.refused().await);
    assert!(refused.contains("include = ["), "{refused}");
    assert!(refused.contains("with `layout = \"sesam-py\"` a whitelist is a filter"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn additional_parameters_take_precedence_over_the_profile() {
    let scene = of_the_tool(FolderLayout::SesamPy);
    scene.source.write("node/test-env.json", r#"{"url": "x"}"#);
    // A plain folder has them in the folder above.
    scene.source.write(".additional_parameters.json", r#"{"url": "above"}"#);
    scene.source.write("node/.additional_parameters.json", r#"{"url": "beside"}"#);
    scene.deploy().await;
    assert!(format!("{:?}", scene.master.held().variables).contains("above"));
    write_connector(&scene, "node");
    scene.deploy().await;
    assert!(format!("{:?}", scene.master.held().variables).contains("beside"));
}
