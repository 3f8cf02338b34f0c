//! The commands of the daily job: `status`, `explain` and `dump`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use deployer_testkit::world::{Outcome, World};
use deployer_tests::checks::writes;
use deployer_tests::golden::Case;
use deployer_tests::scene::{BRANCH, Scene};
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
const LIMIT: Duration = Duration::from_secs(60);

async fn run(scene: &Scene, arguments: &[&str]) -> Outcome {
    scene.program(PROGRAM).args(arguments).run(LIMIT).await
}

async fn document(scene: &Scene, exit: i32) -> Value {
    let outcome = run(scene, &["status", "--exit-code", "--json"]).await;
    assert_eq!(outcome.code(), Some(exit), "{}{}", outcome.stdout(), outcome.stderr());
    serde_json::from_str(&outcome.stdout()).expect("one document")
}

/// Each difference as `kind name node: state (changed)`, without nodes that have it as wanted.
fn differences(document: &Value) -> Vec<String> {
    let rows = document["differences"].as_array().expect("a list").iter();
    let lines = rows.flat_map(|row| {
        let name = format!("{} {}", text(&row["kind"]), text(&row["name"]));
        let cells =
            row["nodes"].as_object().expect("an object").iter().filter(|(_, cell)| cell["state"] != "same");
        let cells = cells.map(move |(node, cell)| {
            let owner = cell["owner"].as_str().map(|owner| format!(" of {owner}")).unwrap_or_default();
            let changed = cell["changed"].as_str().unwrap_or("unknown");
            format!("{name} {node}: {}{owner} ({changed})", text(&cell["state"]))
        });
        cells.collect::<Vec<_>>()
    });
    lines.collect()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// Changes the master behind the deployer's back.
fn change_master(scene: &Scene, change: impl FnOnce(&mut Vec<Value>)) {
    let node = scene.world.node();
    let mut entities = node.state().config("").to_vec();
    change(&mut entities);
    node.set_config("", entities).expect("the node takes entities");
}

fn entity<'a>(entities: &'a mut [Value], id: &str) -> &'a mut Value {
    entities.iter_mut().find(|entity| entity["_id"] == id).expect("the node has it")
}

#[tokio::test(flavor = "multi_thread")]
async fn status_shows_what_differs_where_and_which_side_changed() {
    let scene = Scene::new();
    let before = document(&scene, 2).await;
    assert_eq!(before["changes"], true);
    assert!(differences(&before).iter().all(|line| line.ends_with(": missing (unknown)")), "{before:#}");
    assert_eq!(run(&scene, &["deploy"]).await.code(), Some(0));
    let deployed = document(&scene, 0).await;
    assert_eq!((&deployed["changes"], differences(&deployed)), (&json!(false), vec![]));

    scene.replace("node/pipes/kunde-nett.conf.json", "\"*fødselsnummer\"", "\"*fødselsnummer\", \"*x\"");
    scene.replace("node/variables/variables-test.json", "\"crm-page-size\": 50", "\"crm-page-size\": 75");
    scene.replace("node/deployment/whitelist-test.txt", "pipes/utkast-tariff.conf.json\n", "");
    change_master(&scene, |entities| {
        entity(entities, "crm-kunde")["description"] = json!("changed in the portal");
        entity(entities, "kunde-nett-to-nett")["description"] = json!("changed in the portal");
        entities.retain(|entity| entity["_id"] != "crm-avtale");
        entities.push(json!({ "_id": "strayed", "type": "pipe" }));
        entities.push(json!({ "_id": "nett-abonnement", "type": "pipe" }));
    });
    let requests = scene.world.log().entries().len();
    let drifted = document(&scene, 2).await;
    assert_eq!(
        differences(&drifted),
        [
            "pipe crm-avtale master: missing (node)",
            "pipe crm-kunde master: differs (node)",
            "pipe kunde-nett master: differs (configuration)",
            "pipe kunde-nett-to-nett master: replica-differs (node)",
            "pipe kunde-nett-to-nett-count master: replica-differs (configuration)",
            "pipe nett-abonnement master: wrong-node of nett (node)",
            "pipe strayed master: extra (node)",
            "pipe utkast-tariff master: extra (configuration)",
            "variable crm-page-size master: differs (configuration)",
        ]
    );
    let entries = scene.world.log().entries();
    let asked: Vec<_> = entries[requests..].iter().map(|entry| entry.path_only().to_owned()).collect();
    assert!(!asked.iter().any(|path| path.contains("/v1/")), "no store is read: {asked:?}");

    let text = run(&scene, &["status", "--diff"]).await;
    assert_eq!(text.code(), Some(0), "without --exit-code, differences are no failure");
    for expected in [
        "pipe nett-abonnement           wrong node, belongs to nett (node changed)",
        "+++ b/master/pipes/crm-kunde.conf.json",
        "test: 9 differences\n",
    ] {
        assert!(text.stdout().contains(expected), "{expected}:\n{}", text.stdout());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_does_not_answer_is_a_row_and_not_the_end() {
    let scene = Scene::new();
    assert_eq!(run(&scene, &["deploy"]).await.code(), Some(0));
    change_master(&scene, |entities| entities.retain(|entity| entity["_id"] != "crm-avtale"));
    let gone = scene.repository("nett").folder().to_owned();
    std::fs::rename(&gone, gone.with_extension("away")).unwrap();
    let outcome = run(&scene, &["status"]).await;
    assert_eq!(outcome.code(), Some(1), "{}", outcome.stdout());
    for expected in ["unknown: node nett", "pipe crm-avtale", "?", "the state of 1 node is unknown"] {
        assert!(outcome.stdout().contains(expected), "{expected}:\n{}", outcome.stdout());
    }
    let only = run(&scene, &["status", "--node", "master", "--json"]).await;
    assert_eq!(only.code(), Some(0), "{}", only.stderr());
    let document: Value = serde_json::from_str(&only.stdout()).unwrap();
    assert_eq!(document["nodes"].as_array().unwrap().len(), 1);
    assert!(scene.repository("marked").tip(BRANCH).is_some());
}

/// The demo configuration has variables for two environments.
#[tokio::test(flavor = "multi_thread")]
async fn explain_shows_variables_in_every_environment_and_the_last_run() {
    let scene = Scene::new();
    let other = "[environments.test]\n[environments.prod.configuration]\nvariables = [\"variables/variables-prod.json\"]\n";
    let run = |arguments: &[&str]| scene.program_with_file(PROGRAM, other).args(arguments).run(LIMIT);
    let system = run(&["explain", "crm"]).await.stdout();
    assert!(system.contains("crm-page-size = 50") && system.contains("in prod: 500"), "{system}");
    let document: Value =
        serde_json::from_str(&run(&["explain", "crm", "--json"]).await.stdout()).expect("one document");
    assert_eq!(document["variables"][0]["elsewhere"]["prod"], 500, "{document:#}");

    assert_eq!(run(&["deploy"]).await.code(), Some(0));
    let pipe = run(&["explain", "crm-kunde"]).await.stdout();
    assert!(!pipe.contains("last run"), "it has not run: {pipe}");
    assert_eq!(run(&["status", "--watch"]).await.code(), Some(78), "this is no terminal");
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_shows_where_an_entity_comes_from_who_reads_it_and_what_the_nodes_have() {
    let scene = Scene::new();
    assert_eq!(run(&scene, &["deploy"]).await.code(), Some(0));
    change_master(&scene, |entities| {
        entity(entities, "kunde-nett")["description"] = json!("changed in the portal");
    });
    let outcome = run(&scene, &["explain", "kunde-nett", "--json"]).await;
    assert_eq!(outcome.code(), Some(0), "{}", outcome.stderr());
    let document: Value = serde_json::from_str(&outcome.stdout()).unwrap();
    assert_eq!((&document["owner"], &document["kind"]), (&json!("master"), &json!("pipe")));
    assert!(document["origin"].as_str().unwrap().starts_with("pipes/kunde-nett.conf.json"), "{document:#}");
    assert_eq!(document["nodes"]["master"]["state"], "differs");
    assert_eq!(document["nodes"]["master"]["changed"], "node");
    let readers = document["writes"][0]["read_by"].as_array().unwrap();
    let on_nett = |reader: &Value| reader["node"] == "nett" && reader["pipe"] == "nett-abonnement";
    assert!(readers.iter().any(on_nett), "{document:#}");
    assert_eq!(document["crossings"][0]["to"], "nett");

    let system = run(&scene, &["explain", "crm"]).await.stdout();
    for expected in ["system crm in test", "used by", "crm-kunde on master", "secrets", "crm-token: "] {
        assert!(system.contains(expected), "{expected}:\n{system}");
    }
    let replica = run(&scene, &["explain", "kunde-nett-to-nett"]).await.stdout();
    assert!(replica.contains("replica     of pipe kunde-nett, from master to nett: "), "{replica}");
    let unknown = run(&scene, &["explain", "kunde-net"]).await;
    assert_eq!(unknown.code(), Some(3));
    assert!(unknown.stderr().contains("did you mean \"kunde-nett\"?"), "{}", unknown.stderr());

    let requests = scene.world.log().entries().len();
    let offline = run(&scene, &["explain", "kunde-nett", "--offline"]).await;
    assert_eq!(offline.code(), Some(0), "{}", offline.stderr());
    assert_eq!(scene.world.log().entries().len(), requests, "an offline explanation opens no connection");
    assert!(!offline.stdout().contains("on nodes"), "{}", offline.stdout());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_has_what_each_node_has_and_no_secret_value() {
    let scene = Scene::new();
    assert_eq!(run(&scene, &["deploy"]).await.code(), Some(0));
    let written = writes(&scene.world);
    let outcome = run(&scene, &["dump", "dumped"]).await;
    assert_eq!(outcome.code(), Some(0), "{}", outcome.stderr());
    assert_eq!(writes(&scene.world), written, "nothing is written to a node");
    let dumped = scene.world.folder().join("dumped");
    let read = |path: &str| std::fs::read_to_string(dumped.join(path)).expect(path);
    let node = scene.world.node();
    for entity in node.state().config("") {
        let id = entity["_id"].as_str().unwrap();
        let path = match entity["type"].as_str().unwrap() {
            "metadata" => "master/node-metadata.conf.json".to_owned(),
            "pipe" => format!("master/pipes/{id}.conf.json"),
            _ => format!("master/systems/{id}.conf.json"),
        };
        let written: Value = serde_json::from_str(&read(&path)).unwrap();
        assert_eq!(written["source"], entity["source"], "{id}");
    }
    let variables: Value = serde_json::from_str(&read("master/variables.json")).unwrap();
    assert_eq!(variables, Value::Object(node.state().env()));
    let names: Vec<String> = node.state().secret_names().into_iter().map(|name| name + "\n").collect();
    assert_eq!(read("master/secrets.txt"), names.concat());
    assert!(dumped.join("nett/pipes/nett-abonnement.conf.json").exists());
    let left = std::fs::read_dir(scene.world.folder()).unwrap().flatten();
    let partial = left.filter(|entry| entry.file_name().to_string_lossy().ends_with(".partial"));
    assert_eq!(partial.count(), 0);

    let zipped = run(&scene, &["dump", "--zip", "zipped"]).await;
    assert_eq!(zipped.code(), Some(0), "{}", zipped.stderr());
    let archive = std::fs::read(scene.world.folder().join("zipped/master.zip")).expect("an archive");
    assert!(archive.starts_with(b"PK") && zipped.stdout().contains("master.zip: "), "{}", zipped.stdout());
    let again = run(&scene, &["dump", "dumped"]).await;
    assert_eq!(again.code(), Some(4), "a folder that exists is never written to");
    let gone = scene.repository("nett").folder().to_owned();
    std::fs::rename(&gone, gone.with_extension("away")).unwrap();
    assert_eq!(run(&scene, &["dump", "second"]).await.code(), Some(1));
    assert!(!scene.world.folder().join("second").exists(), "every node is read before anything is written");
}

/// The files below a folder.
fn files(folder: &std::path::Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.insert(entry.path(), std::fs::read(entry.path()).expect("a file"));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_into_the_configuration_takes_what_changed_and_nothing_else() {
    let scene = Scene::new();
    assert_eq!(run(&scene, &["deploy"]).await.code(), Some(0));
    let folder = scene.root.join("node").display().to_string();
    let before = files(&scene.root);
    let same = run(&scene, &["dump", "--into", &folder]).await;
    assert_eq!(same.code(), Some(0), "{}", same.stderr());
    assert!(same.stdout().contains("Nothing to change"), "{}", same.stdout());
    assert_eq!(files(&scene.root), before, "a dump after a deploy changes no file");

    change_master(&scene, |entities| {
        entity(entities, "crm-kunde")["description"] = json!("changed in the portal");
        let source = json!({ "type": "embedded", "entities": [] });
        entities.push(json!({ "_id": "added", "type": "pipe", "source": source }));
    });
    let mut variables = scene.world.node().state().env();
    variables["crm-page-size"] = json!(99);
    scene.world.node().set_env(variables).unwrap();
    let mut branch = scene.repository("nett").files(BRANCH);
    let is_pipe = |path: &&String| path.ends_with("pipes/nett-abonnement.conf.json");
    let path = branch.keys().find(is_pipe).unwrap().clone();
    let mut pipe: Value = serde_json::from_slice(&branch[&path]).unwrap();
    pipe["description"] = json!("changed in the repository");
    branch.insert(path, pipe.to_string().into_bytes());
    scene.repository("nett").commit(BRANCH, "change a pipe", &branch);
    let taken = run(&scene, &["dump", "--into", &folder, "--json"]).await;
    assert_eq!(taken.code(), Some(0), "{}", taken.stderr());
    let document: Value = serde_json::from_str(&taken.stdout()).unwrap();
    let written: Vec<&str> =
        document["files"].as_array().unwrap().iter().map(|file| text(&file["file"])).collect();
    assert_eq!(
        written,
        [
            "node/deployment/whitelist-test.txt",
            "node/pipes/added.conf.json",
            "node/pipes/crm-kunde.conf.json",
            "node/pipes/nett-abonnement.conf.json",
            "node/variables/variables-test.json",
        ]
    );
    let plan = run(&scene, &["plan", "--exit-code"]).await;
    assert_eq!(plan.code(), Some(0), "{}", plan.stdout());
    let others = |files: BTreeMap<PathBuf, Vec<u8>>| {
        let is_other = |path: &PathBuf| !written.iter().any(|file| path.ends_with(file));
        files.into_iter().filter(|(path, _)| is_other(path)).collect::<Vec<_>>()
    };
    assert_eq!(others(files(&scene.root)), others(before));

    change_master(&scene, |entities| entities.retain(|entity| entity["_id"] != "added"));
    let refused = run(&scene, &["dump", "--into", &folder]).await;
    assert_eq!(refused.code(), Some(4), "{}", refused.stdout());
    assert!(scene.root.join("node/pipes/added.conf.json").exists(), "a removal needs consent");
    assert_eq!(run(&scene, &["dump", "--into", &folder, "--yes"]).await.code(), Some(0));
    assert!(!scene.root.join("node/pipes/added.conf.json").exists());
    assert_eq!(run(&scene, &["plan", "--exit-code"]).await.code(), Some(0));
    let elsewhere = run(&scene, &["dump", "--into", "."]).await;
    assert_eq!(elsewhere.code(), Some(78), "{}", elsewhere.stderr());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_on_the_master_of_every_recorded_run_is_taken_back() {
    let Some(shared) = deployer_testkit::shared_dir() else {
        println!("skipped: recorded runs: the folder of recordings is absent; DEPLOYER_SHARED names it");
        return;
    };
    let mut taken = 0;
    for case in Case::all(&shared.join("golden")).into_iter().filter(Case::expects_success) {
        let world = World::builder().start();
        case.prepare(&world);
        let root = world.folder().join("copy");
        case.copy_root(&root);
        let (source, node_folder) = (root.display().to_string(), root.join("node").display().to_string());
        let run = |arguments: &[&str]| {
            let program = case.environment(world.program(PROGRAM), &world).args(arguments);
            program.args(["--source", &source]).run(LIMIT)
        };
        case.assert_exit(&run(&["deploy"]).await);
        if run(&["plan", "--exit-code"]).await.code() != Some(0) {
            println!("skipped: {}: the recorded run writes nothing", case.name);
            continue;
        }
        let before = files(&root);
        let same = run(&["dump", "--into", &node_folder]).await;
        assert_eq!(same.code(), Some(0), "{}: {}", case.name, same.stderr());
        assert_eq!(files(&root), before, "{}: a dump after a deploy changes no file", case.name);

        let mut changed_before = Vec::new();
        for group in world.node().state().groups() {
            let mut entities = world.node().state().config(&group);
            // A replica can have the id of the pipe that it is generated for.
            let of_file = entities.iter_mut().find(|entity| {
                let name = format!("pipes/{}.conf.json", entity["_id"].as_str().unwrap());
                let mut files = before.iter().filter(|(path, _)| path.ends_with(&name));
                files.any(|(_, text)| {
                    let file: Value = serde_json::from_slice(text).unwrap_or_default();
                    file["source"] == entity["source"]
                })
            });
            let Some(entity) = of_file else { continue };
            entity["description"] = json!("changed in the portal");
            world.node().set_config(&group, entities).unwrap();
            let dumped = run(&["dump", "--into", &node_folder]).await;
            assert_eq!(dumped.code(), Some(0), "{}: {}", case.name, dumped.stderr());
            let plan = run(&["plan", "--exit-code"]).await;
            assert_eq!(plan.code(), Some(0), "{}: {}", case.name, plan.stdout());
            let after = files(&root);
            let changed = after.iter().filter(|(path, bytes)| before.get(*path) != Some(bytes));
            let changed: Vec<_> = changed.filter(|(path, _)| !changed_before.contains(*path)).collect();
            assert_eq!(changed.len(), 1, "{}: {changed:?}", case.name);
            changed_before.extend(changed.into_iter().map(|(path, _)| path.clone()));
            taken += 1;
        }
    }
    assert!(taken > 0, "no recorded run was changed");
}
