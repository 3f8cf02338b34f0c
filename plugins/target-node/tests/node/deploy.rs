//! Deploying to the embedded node.

use crate::common::{World, deploy, desired, entities, pipe, plan, prepare, values};
use deployer_core::Kind;
use serde_json::json;

const SYSTEM: &str = "{\"_id\": \"erp\", \"type\": \"system:rest\", \"url_pattern\": \"$ENV(base)/%s\"}";

#[tokio::test]
async fn a_deploy_writes_everything_and_the_next_nothing_but_secrets() {
    let world = World::new();
    let target = world.target("");
    let want = || {
        desired(
            entities(&[&pipe("orders", 1), SYSTEM]),
            Some("{\"base\": \"http://erp\", \"n\": 1.0}"),
            &["db"],
        )
    };

    let done = deploy(&*target, want()).await.unwrap();
    assert_eq!(
        done,
        [
            "send secrets: 1 secret, 1 of them new",
            "set variables: 2 variables",
            "upload configuration: 2 entities"
        ]
    );
    assert_eq!(
        world.writes(),
        ["POST /api/secrets?encrypt=true", "PUT /api/env", "PUT /api/config?force=false"]
    );
    assert_eq!(world.node.state().config("").len(), 2);
    assert_eq!(world.node.secret_value_for_test("db").as_deref(), Some("value of db"));

    let observed = target.observe().await.unwrap();
    let again = plan(&*target, want(), &observed);
    assert!(again.is_empty(), "{again:?}");
    let steps = target.prepare(&again, &values(&want())).await.unwrap();
    assert_eq!(steps.iter().map(|step| step.name()).collect::<Vec<_>>(), ["send secrets"]);
}

#[tokio::test]
async fn observing_is_one_round_trip_deep_and_writes_nothing() {
    let world = World::new();
    world.node.set_secret(None, "db", "x").unwrap();
    world.server.faults().round_trip(std::time::Duration::from_millis(50));
    let observed = world.target("").observe().await.unwrap();
    assert_eq!(world.server.log().longest_chain(|_| true).len(), 1);
    assert!(world.writes().is_empty());
    assert!(observed.secrets.unwrap().contains("db"));
    assert!(observed.notes.is_empty(), "{:?}", observed.notes);
}

#[tokio::test]
async fn what_is_observed_has_one_fingerprint_until_it_changes() {
    let world = World::new();
    let target = world.target("");
    deploy(&*target, desired(entities(&[&pipe("a", 1)]), Some("{}"), &[])).await.unwrap();
    let first = target.observe().await.unwrap().base;
    assert_eq!(target.observe().await.unwrap().base, first);
    world.node.set_secret(None, "db", "x").unwrap();
    assert_ne!(target.observe().await.unwrap().base, first);
}

#[tokio::test]
async fn a_group_leaves_the_others_alone_and_carries_no_metadata() {
    let world = World::new();
    deploy(&*world.target(""), desired(entities(&[&pipe("base", 1)]), None, &[])).await.unwrap();
    let metadata = "{\"_id\": \"node\", \"type\": \"metadata\"}";
    let target = world.target("group = \"sales & co\"");
    let done = deploy(&*target, desired(entities(&[metadata, &pipe("offers", 2)]), None, &[])).await.unwrap();
    assert_eq!(done, ["upload configuration: 1 entity"]);
    assert_eq!(world.writes().pop().unwrap(), "PUT /api/config/sales%20&%20co?force=false");
    assert_eq!(world.node.state().config("").len(), 1);
    assert_eq!(world.node.state().config("sales & co")[0]["_id"], "offers");

    let observed = target.observe().await.unwrap();
    assert_eq!(observed.entities.len(), 1);
    assert_eq!(observed.elsewhere.get("base").map(String::as_str), Some("default"));
    let default = world.target("").observe().await.unwrap();
    assert_eq!(default.elsewhere.get("offers").map(String::as_str), Some("sales & co"));
}

#[tokio::test]
async fn an_address_that_ends_in_api_is_taken_as_the_root() {
    let world = World::new();
    for path in ["", "/", "/api", "/api/"] {
        let settings = format!("url = {:?}\ntoken = {{ env = \"SESAM_JWT\" }}", world.server.url(path));
        crate::common::build(&settings, "bearer jwt").unwrap().observe().await.unwrap();
    }
    assert_eq!(world.server.log().matching("GET", "/api/config").len(), 8, "with and without -all");
}

#[tokio::test]
async fn numbers_beyond_a_double_arrive_and_come_back_as_written() {
    let world = World::new();
    let target = world.target("");
    let big = "{\"_id\": \"big\", \"type\": \"pipe\", \"source\": {\"type\": \"embedded\", \"entities\": [{\"_id\": \"1\", \"n\": 123456789012345678901234567890}]}}";
    let want = || desired(entities(&[big]), None, &[]);
    deploy(&*target, want()).await.unwrap();
    let observed = target.observe().await.unwrap();
    assert!(plan(&*target, want(), &observed).is_empty());
}

#[tokio::test]
async fn all_is_put_back_as_far_as_a_node_allows() {
    let world = World::new();
    let target = world.target("");
    world.node.set_secret(None, "old", "kept").unwrap();
    deploy(&*target, desired(entities(&[&pipe("a", 1), SYSTEM]), Some("{\"base\": 1, \"gone\": 2}"), &[]))
        .await
        .unwrap();
    let before = target.observe().await.unwrap();

    let want = desired(
        entities(&[&pipe("a", 2), &pipe("b", 1)]),
        Some("{\"base\": 1, \"new\": 3}"),
        &["old", "fresh"],
    );
    let steps = prepare(&*target, want).await.unwrap();
    for step in &steps {
        step.execute().await.unwrap();
    }
    let mut put_back = Vec::new();
    for step in steps.iter().rev() {
        put_back.push(step.undo().unwrap().execute().await.unwrap().detail);
    }
    assert_eq!(
        put_back,
        [
            "put back 2 entities",
            "put back 2 variables",
            "removed 1 new secret (fresh); 1 secret kept the new value, a node never tells the old",
        ]
    );
    assert_eq!(target.observe().await.unwrap().base, before.base);
}

#[tokio::test]
#[expect(
    clippy::field_reassign_with_default,
    reason = "the switches can be built in no other way outside their crate"
)]
async fn a_node_that_merges_variables_ends_with_the_wanted_ones() {
    let mut switches = sesam_node::Switches::default();
    switches.env_put_merges = true;
    let node = sesam_node::Node::builder().jwt("jwt").switches(switches).build().unwrap();
    let server = deployer_testkit::server::Server::http(node.router());
    let target = crate::common::target(&server, "");
    deploy(&*target, desired(vec![], Some("{\"a\": 1, \"b\": 2}"), &[])).await.unwrap();
    let steps = prepare(&*target, desired(vec![], Some("{\"b\": 3, \"c\": 4}"), &[])).await.unwrap();
    steps[0].execute().await.unwrap();
    assert_eq!(json!(node.state().env()), json!({"b": 3, "c": 4}));
    steps[0].undo().unwrap().execute().await.unwrap();
    assert_eq!(json!(node.state().env()), json!({"a": 1, "b": 2}));
}

#[tokio::test]
async fn a_plan_made_by_another_program_holds_as_long_as_the_node_is_unchanged() {
    let world = World::new();
    let maker = world.target("");
    let want = || desired(entities(&[&pipe("a", 1)]), None, &[]);
    let made = plan(&*maker, want(), &maker.observe().await.unwrap());

    let other = world.target("");
    assert_eq!(other.prepare(&made, &values(&want())).await.unwrap().len(), 1);
    deploy(&*maker, want()).await.unwrap();
    let error = world.target("").prepare(&made, &values(&want())).await.err().unwrap();
    assert_eq!(error.kind(), Kind::Conflict);
}
