//! What a node still deploys, and what it cannot run.

use deployer_core::model::{NodePlan, SecretState};
use deployer_testkit::server::Server;
use serde_json::json;
use sesam_node::Node;

use crate::common::{World, desired, entities, pipe, plan, target, values};

/// Observes, plans, deploys; the plan.
async fn deployed(target: &dyn deployer_core::traits::NodeTarget, texts: &[&str]) -> NodePlan {
    let want = desired(entities(texts), None, &[]);
    let secrets = values(&want);
    let plan = plan(target, want, &target.observe().await.expect("it can be read"));
    for step in target.prepare(&plan, &secrets).await.expect("it can be prepared") {
        step.execute().await.expect("it can be written");
    }
    plan
}

#[tokio::test]
async fn pipes_of_the_plan_are_told_until_they_are_in_or_out() {
    let node = Node::builder().jwt("jwt").deploying_polls(1).build().unwrap();
    let server = Server::http(node.router());
    let target = target(&server, "");
    let theirs = json!({"_id": "theirs", "type": "pipe", "source": {"type": "embedded", "entities": []}});
    node.set_config("another", vec![theirs]).unwrap();
    let first = deployed(&*target, &[&pipe("a", 1), &pipe("b", 1)]).await;
    assert_eq!(
        target.settling(&first).await.unwrap().deploying,
        ["a", "b"],
        "those of other groups are not ours"
    );
    assert!(target.settling(&first).await.unwrap().deploying.is_empty());
    let second = deployed(&*target, &[&pipe("a", 2)]).await;
    let mut deploying = target.settling(&second).await.unwrap().deploying;
    deploying.sort();
    assert_eq!(deploying, ["a", "b"], "one that goes counts as well");
    let pipes = server.log().matching("GET", "/api/pipes");
    assert!(
        !pipes.is_empty() && pipes.iter().all(|entry| entry.path.ends_with("?fields=runtime")),
        "no configuration is fetched"
    );
}

#[tokio::test]
async fn what_the_node_cannot_run_is_told_with_file_and_line() {
    let world = World::new();
    let target = world.target("force = \"after-refusal\"");
    let broken =
        "{\n  \"_id\": \"broken\",\n  \"type\": \"pipe\",\n  \"source\": {\n    \"type\": \"sqll\"\n  }\n}\n";
    let system = "{\"_id\": \"erp\", \"type\": \"system:rest\",\n \"url_pattern\": \"$ENV(gone)/%s\"}";
    let plan = deployed(&*target, &[&pipe("good", 1), broken, system]).await;
    let invalid = target.settling(&plan).await.unwrap().invalid;
    let told: Vec<String> =
        invalid.iter().map(|note| format!("{} {}", note.places[0], note.message)).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].starts_with("pipes/broken.conf.json:5:5 the node cannot run the pipe broken: "),
        "{told:?}"
    );
    assert!(told[1].starts_with("systems/erp.conf.json:"), "{told:?}");
    assert!(told[1].contains("the node cannot run the system erp: "), "{told:?}");
}

#[tokio::test]
async fn secrets_of_systems_are_listed_only_where_they_matter_and_named_when_they_are_lost() {
    const ERP: &str = "{\"_id\": \"erp\", \"type\": \"system:url\", \"url_pattern\": \"http://erp/%s\"}";
    let world = World::new();
    let target = world.target("");
    deployed(&*target, &[&pipe("a", 1), ERP]).await;
    world.node.set_secret(Some("erp"), "key", "x").unwrap();
    let mut observed = target.observe().await.unwrap();
    assert!(world.server.log().matching("GET", "/api/systems").is_empty());
    let own = target.system_secrets(&["erp".to_owned(), "gone".to_owned()].into()).await.unwrap();
    let own: Vec<String> = own.iter().map(|(system, names)| format!("{system} {names:?}")).collect();
    assert_eq!(own, ["erp {\"key\"}", "gone {}"]);

    observed.system_secrets = target.system_secrets(&["erp".to_owned()].into()).await.unwrap();
    let want = desired(entities(&[&pipe("a", 1)]), None, &[]);
    let plan = plan(&*target, want.clone(), &observed);
    let steps = target.prepare(&plan, &values(&want)).await.unwrap();
    let done = steps[0].execute().await.unwrap();
    assert_eq!(done.notes[0].message, "secrets are gone with the system that they were set on: erp (key)");
    assert_eq!(
        steps[0].undo().unwrap().execute().await.unwrap().detail,
        "put back 2 entities; secrets that were set on a system itself are gone, set them again: erp (key)"
    );
}

#[tokio::test]
async fn a_system_gets_its_secrets_after_the_configuration() {
    let world = World::new();
    let target = world.target("");
    let erp = "{\"_id\": \"e r\", \"type\": \"system:url\", \"url_pattern\": \"http://erp/%s\"}";
    let mut want = desired(entities(&[erp]), None, &[]);
    want.system_secrets.insert("e r".to_owned(), ["key".into()].into());
    let plan = plan(&*target, want, &target.observe().await.unwrap());
    assert_eq!(plan.system_secrets[0].state, SecretState::New);
    let secrets = [("key".into(), deployer_core::SecretValue::new("v"))].into();
    let mut done = Vec::new();
    for step in target.prepare(&plan, &secrets).await.unwrap() {
        done.push(format!("{}: {}", step.name(), step.execute().await.unwrap().detail));
    }
    assert_eq!(
        done,
        ["upload configuration: 1 entity", "send secrets of the system e r: 1 secret, 1 of them new"]
    );
    assert_eq!(
        world.writes(),
        ["PUT /api/config?force=false", "POST /api/systems/e%20r/secrets?encrypt=true"]
    );
    assert_eq!(world.node.system_secret_value_for_test("e r", "key").as_deref(), Some("v"));
}
