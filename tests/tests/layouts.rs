//! One configuration in other folders: whatever its layout, the nodes end in the same state.

use std::path::Path;
use std::time::Duration;

use deployer_testkit::world::Outcome;
use deployer_tests::checks::{assert_code, assert_says};
use deployer_tests::scene::Scene;
use deployer_tests::state::State;

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
const LIMIT: Duration = Duration::from_secs(60);

async fn run(scene: &Scene, more: &str, arguments: &[&str], code: i32) -> Outcome {
    let outcome = scene.program_with_file(PROGRAM, more).args(arguments).run(LIMIT).await;
    assert_code(&outcome, code);
    outcome
}

/// The state of the nodes after the demo configuration is deployed unchanged.
async fn expected() -> State {
    let scene = Scene::new();
    run(&scene, "", &["deploy"], 0).await;
    scene.state()
}

fn take(scene: &Scene, path: &str) -> String {
    let text = scene.read(path);
    std::fs::remove_file(scene.root.join(path)).expect("the copy of the configuration is writable");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_hold_a_list_of_entities_of_several_nodes() {
    let scene = Scene::new();
    let one = take(&scene, "node/pipes/crm-kunde.conf.json");
    let two = take(&scene, "node/pipes/nett-måler.conf.json");
    let three = take(&scene, "node/systems/marked-børs.conf.json");
    scene.write("node/pipes/several.conf.json", &format!("[{one},\n{two},\n{three}]"));
    let list = scene.read("node/deployment/whitelist-test.txt");
    let list = list.replace("pipes/crm-kunde.conf.json", "pipes/several.conf.json");
    let list =
        list.replace("pipes/nett-måler.conf.json\n", "").replace("systems/marked-børs.conf.json\n", "");
    scene.write("node/deployment/whitelist-test.txt", &list);

    run(&scene, "", &["deploy"], 0).await;
    assert_eq!(scene.state(), expected().await);
    run(&scene, "", &["plan", "--exit-code"], 0).await;

    let rendered = scene.world.folder().join("rendered");
    run(&scene, "", &["render", "rendered"], 0).await;
    let of = |path: &str| rendered.join(path).is_file();
    assert!(of("master/pipes/crm-kunde.conf.json") && of("nett/pipes/nett-måler.conf.json"));
    assert!(of("marked/systems/marked-børs.conf.json") && !of("master/pipes/several.conf.json"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_layout_of_the_command_line_tool_with_its_side_files() {
    let scene = Scene::new();
    let variables = take(&scene, "node/variables/variables-test.json");
    for part in ["pipes", "systems", "node-metadata.conf.json"] {
        let from = scene.root.join("node").join(part);
        std::fs::rename(from, scene.root.join(part)).expect("the copy of the configuration is writable");
    }
    std::fs::remove_dir_all(scene.root.join("node")).expect("it is ours");
    scene.write("test-env.json", &format!("\u{feff}{variables}"));
    for side in
        ["expected/a.conf.json", "testdata/crm-kunde.json", ".sesamconfig.json", "old/pipes/a.conf.json"]
    {
        let file = scene.root.join(side);
        std::fs::create_dir_all(file.parent().unwrap_or(Path::new(""))).expect("a folder");
        std::fs::write(file, "[{\"_id\": \"no\", \"type\": \"pipe\"}").expect("a file");
    }
    let layout = "[environments.test.configuration]\nlayout = \"sesam-py\"\n";
    run(&scene, layout, &["deploy"], 0).await;
    assert_eq!(scene.state(), expected().await);

    let globs = format!(
        "{layout}whitelist = {{ include = [\"pipes/**\", \"systems/**\", \"node-metadata.conf.json\"], exclude = [\"pipes/utkast-*\", \"pipes/none-*\"] }}\n"
    );
    let planned = run(&scene, &globs, &["plan"], 0).await;
    assert_says(
        &planned,
        ["- pipe utkast-tariff", "the glob \"pipes/none-*\" matches no file", "deployer.toml:"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_glob_that_was_mistyped_does_not_empty_a_node() {
    let scene = Scene::new();
    run(&scene, "", &["deploy"], 0).await;
    let before = scene.state();
    let mistyped = "[environments.test.configuration]\nwhitelist = { include = [\"pipe/**\"] }\n";
    let refused = run(&scene, mistyped, &["deploy"], 4).await;
    assert_says(&refused, ["the glob \"pipe/**\" matches no file", "node master: the plan leaves no pipe"]);
    let folder =
        "[environments.test.configuration]\nfolder = \"nodes\"\nwhitelist = false\nvariables = false\n";
    let refused = run(&scene, folder, &["deploy"], 3).await;
    assert_says(&refused, ["the folder \"nodes\" of the configuration does not exist", "check `folder`"]);
    assert_eq!(scene.state(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn rendered_archives_hold_what_a_deploy_to_archives_would_write() {
    let scene = Scene::new();
    let outcome = run(&scene, "", &["render", "rendered", "--zip", "--json"], 0).await;
    let document: serde_json::Value = serde_json::from_str(&outcome.stdout()).expect("JSON");
    assert_eq!(document["nodes"][0]["archive"], "rendered/master.zip");
    let rendered = scene.world.folder().join("rendered");
    let targets = ["master", "nett", "marked"].map(|node| {
        let path = rendered.join(format!("{node}.zip"));
        assert!(path.is_file(), "{}", path.display());
        format!("[environments.test.nodes.{node}.target]\nkind = \"folder\"\npath = \"{}\"\n", path.display())
    });
    run(&scene, &targets.concat(), &["plan", "--exit-code"], 0).await;
    scene.replace("node/pipes/crm-kunde.conf.json", "\"Customers\"", "\"All customers\"");
    let planned = run(&scene, &targets.concat(), &["plan", "--exit-code"], 2).await;
    assert_says(&planned, ["~ pipe crm-kunde"]);
}
