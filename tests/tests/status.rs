//! `status`: the nodes against what a deploy would write.

use std::time::Duration;

use deployer_testkit::world::Outcome;
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
    serde_json::from_str(&outcome.stdout()).unwrap()
}

/// Each difference as `kind name node: state (changed)`, without nodes that have it as wanted.
fn differences(document: &Value) -> Vec<String> {
    let rows = document["differences"].as_array().unwrap().iter();
    let lines = rows.flat_map(|row| {
        let name = format!("{} {}", row["kind"].as_str().unwrap(), row["name"].as_str().unwrap());
        let cells = row["nodes"].as_object().unwrap().iter().filter(|(_, cell)| cell["state"] != "same");
        let cells = cells.map(move |(node, cell)| {
            let owner = cell["owner"].as_str().map(|owner| format!(" of {owner}")).unwrap_or_default();
            let changed = cell["changed"].as_str().unwrap_or("unknown");
            format!("{name} {node}: {}{owner} ({changed})", cell["state"].as_str().unwrap())
        });
        cells.collect::<Vec<_>>()
    });
    lines.collect()
}

/// Changes the master behind the deployer's back.
fn change_master(scene: &Scene, change: impl FnOnce(&mut Vec<Value>)) {
    let node = scene.world.node();
    let mut entities = node.state().config("").to_vec();
    change(&mut entities);
    node.set_config("", entities).unwrap();
}

fn entity<'a>(entities: &'a mut [Value], id: &str) -> &'a mut Value {
    entities.iter_mut().find(|entity| entity["_id"] == id).unwrap()
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
