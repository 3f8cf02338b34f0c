//! Which files of a folder are deployed, and in which layout they lie.

use deployer_core::Kind;
use deployer_core::error::Place;
use deployer_engine::stages::{Glob, Whitelist};
use deployer_testkit::fakes::MemoryTarget;

use crate::scene::{Scene, pipe};

fn ids(target: &MemoryTarget) -> String {
    let held = target.held();
    let mut ids: Vec<String> = held.entities.iter().map(|entity| entity.id().to_string()).collect();
    ids.sort_unstable();
    ids.join(" ")
}

fn globs(texts: &[&str]) -> Vec<Glob> {
    let place = Place::file("deployer.toml");
    texts.iter().map(|text| Glob::new(text, Some(place.clone())).expect("a glob")).collect()
}

async fn deployed(scene: &Scene) -> (String, String) {
    let applied = scene.deploy().await;
    assert!(applied.error.is_none(), "{applied:?}");
    scene.assert_converged().await;
    (ids(&scene.master), ids(&scene.extra))
}

#[tokio::test(start_paused = true)]
async fn a_file_may_hold_entities_of_several_nodes() {
    let mut scene = Scene::new();
    scene.source.remove("node/pipes/m.conf.json");
    scene.source.remove("node/pipes/e.conf.json");
    let both = format!("[{}, {}]", pipe("m", "master", "$SECRET(one)"), pipe("e", "extra", "$ENV(url)"));
    scene.source.write("node/pipes/both.conf.json", both);
    assert_eq!(deployed(&scene).await, ("m".to_owned(), "e".to_owned()));

    scene.source.write("node/list.txt", "pipes/both.conf.json\n");
    scene.deployment.configuration.whitelist = Whitelist::list("list.txt");
    assert_eq!(deployed(&scene).await, ("m".to_owned(), "e".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn lists_and_globs_choose_and_a_glob_without_a_file_is_told() {
    let mut scene = Scene::new();
    scene.source.write("node/pipes/old/o.conf.json", pipe("o", "master", ""));
    scene.source.write("node/all.txt", "pipes/m.conf.json\n");
    scene.source.write("node/more.txt", "pipes/old/o.conf.json\npipes/m.conf.json\n");
    scene.deployment.configuration.whitelist =
        Whitelist { lists: vec!["all.txt".to_owned(), "more.txt".to_owned()], ..Whitelist::default() };
    assert_eq!(deployed(&scene).await, ("m o".to_owned(), String::new()));

    scene.deployment.configuration.whitelist = Whitelist {
        include: globs(&["pipes/**", "system/**"]),
        exclude: globs(&["pipes/old/**"]),
        ..Whitelist::default()
    };
    assert_eq!(deployed(&scene).await, ("m".to_owned(), "e".to_owned()));
    let notes = scene.plan().await.plan.notes;
    let told: Vec<&str> = notes.iter().map(|note| note.message.as_str()).collect();
    assert!(told.contains(&"the glob \"system/**\" matches no file"), "{told:?}");

    scene.source.write("node/all.txt", "# nothing yet\n");
    scene.deployment.configuration.whitelist = Whitelist::list("all.txt");
    let emptied = scene.plan().await.plan;
    let warning = emptied.notes.iter().find(|note| note.message.starts_with("the whitelist chooses no file"));
    assert_eq!(warning.map(|note| note.places.clone()), Some(vec![Place::file("node/all.txt")]));
}

#[tokio::test(start_paused = true)]
async fn the_folder_may_be_the_root_and_side_files_do_not_count() {
    let mut scene = Scene::new();
    for path in ["pipes/m.conf.json", "pipes/e.conf.json"] {
        scene.source.remove(&format!("node/{path}"));
        let (id, node) = if path.contains('m') { ("m", "master") } else { ("e", "extra") };
        scene.source.write(path, pipe(id, node, "$ENV(url)"));
    }
    for side in [
        "expected/x.conf.json",
        "testdata/x.conf.json",
        ".expanded/x.conf.json",
        "pipes/x.json",
        "templates/x.conf.json",
    ] {
        scene.source.write(side, "no JSON");
    }
    scene.source.write("templates/node-metadata.conf.json", r#"{"_id": "node", "type": "metadata"}"#);
    scene.source.write("common.json", r#"{"url": "a", "spare": 1}"#);
    scene.source.write("test-env.json", "\u{feff}{\"url\": \"b\"}");
    scene.deployment.configuration.folder = String::new();
    scene.deployment.configuration.variables = vec!["common.json".to_owned(), "test-env.json".to_owned()];
    scene.deployment.nodes[1].templates = Some("templates".to_owned());
    assert_eq!(deployed(&scene).await, ("m".to_owned(), "e node".to_owned()));
    let held = scene.master.held();
    let value = |name: &str| deployer_core::format::compact(&held.variables.entries[name].value);
    assert_eq!((value("url").as_str(), value("spare").as_str()), ("\"b\"", "1"), "the later file counts");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_found_is_told_with_the_key_to_mend_it() {
    let mut scene = Scene::new();
    scene.deployment.configuration.whitelist =
        Whitelist { lists: vec!["pipes/**".to_owned(), "none.txt".to_owned()], ..Whitelist::default() };
    let error = scene.refused().await;
    let told = format!("{error:?}");
    for part in ["node/pipes/**", "whitelist = { include = [", "node/none.txt"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    scene.deployment.configuration.whitelist = Whitelist::everything();
    scene.deployment.configuration.folder = "nod".to_owned();
    let error = scene.refused().await;
    assert_eq!(error.kind(), Kind::Verification);
    assert!(format!("{error:?}").contains("`folder` in [configuration]"), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn without_a_variables_file_a_variable_that_is_named_is_told() {
    let mut scene = Scene::new();
    scene.deployment.configuration.variables = Vec::new();
    scene.deployment.nodes.iter_mut().for_each(|node| node.upload_variables = false);
    let told = format!("{:?}", scene.refused().await);
    assert!(told.contains("\"url\"") && told.contains("the settings name no variables file"), "{told}");
    scene.deployment.verify.variables = false;
    assert_eq!(deployed(&scene).await, ("m".to_owned(), "e".to_owned()));
}
