//! Nodes that refuse, fail, or answer strangely.

use crate::common::{World, always, build, deploy, desired, entities, jwt, pipe, prepare, target};
use deployer_core::traits::Landed;
use deployer_core::{Kind, Retry};
use deployer_testkit::server::{Answer, Cut, Rule};

const BROKEN: &str =
    "{\n  \"_id\": \"broken\",\n  \"type\": \"pipe\",\n  \"source\": {\n    \"type\": \"sqll\"\n  }\n}\n";

fn upload(force: &str) -> Rule {
    Rule::new("PUT", &format!("/api/config?force={force}"))
}

#[tokio::test]
async fn a_refused_configuration_points_at_file_and_line_and_changes_nothing() {
    let world = World::new();
    let target = world.target("");
    let error =
        deploy(&*target, desired(entities(&[&pipe("good", 1), BROKEN]), None, &[])).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (Kind::Rejected, Retry::Never));
    assert_eq!(error.related().len(), 1, "{error:?}");
    let objection = &error.related()[0];
    assert!(objection.message().starts_with("pipe broken: "), "{objection:?}");
    assert_eq!(objection.places()[0].to_string(), "pipes/broken.conf.json:5:5");
    assert!(world.node.state().config("").is_empty());
    assert_eq!(world.writes(), ["PUT /api/config?force=false"]);
}

#[tokio::test]
async fn where_it_is_allowed_objections_are_shown_and_overruled() {
    let world = World::new();
    let target = world.target("force = \"after-refusal\"");
    let steps = prepare(&*target, desired(entities(&[&pipe("good", 1), BROKEN]), None, &[])).await.unwrap();
    let done = steps[0].execute().await.unwrap();
    assert_eq!(done.detail, "2 entities, forced");
    assert_eq!(done.notes.len(), 1, "{:?}", done.notes);
    assert_eq!(done.notes[0].places[0].to_string(), "pipes/broken.conf.json:5:5");
    assert_eq!(world.node.state().config("").len(), 2);
    assert_eq!(world.writes(), ["PUT /api/config?force=false", "PUT /api/config?force=true"]);
}

#[tokio::test]
async fn objections_are_shown_also_when_the_forced_upload_breaks_off() {
    let world = World::new();
    let target = world.target("force = \"after-refusal\"");
    let steps = prepare(&*target, desired(entities(&[BROKEN]), None, &[])).await.unwrap();
    world.server.faults().cut(upload("true"), Cut::BeforeAnswer);
    let error = steps[0].execute().await.unwrap_err();
    assert_eq!(error.kind(), Kind::UnknownOutcome);
    assert_eq!(error.related()[0].related().len(), 1, "{error:?}");
    assert_eq!(steps[0].landed().await.unwrap(), Landed::Yes);
}

#[tokio::test]
async fn a_node_that_refuses_with_force_as_well_is_final() {
    let world = World::new();
    let breaker = "{\"detail\": \"The configuration circuit breaker was triggered\"}";
    let body = serde_json::from_str(breaker).unwrap();
    world.server.faults().answer(Rule::new("PUT", "/api/config"), Answer::json(400, &body));
    for settings in ["", "force = \"after-refusal\""] {
        let error = deploy(&*world.target(settings), desired(entities(&[&pipe("a", 1)]), None, &[]))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), Kind::Rejected);
        assert_eq!(error.details(), ["The configuration circuit breaker was triggered"]);
    }
    assert_eq!(world.writes().len(), 3);
}

#[tokio::test]
async fn each_status_says_what_to_do() {
    let problem = "{\"status\": 1, \"title\": \"t\", \"detail\": \"the node's words\"}";
    for (status, kind, retry, expected) in [
        (401, Kind::Unauthenticated, Retry::Never, "does not accept the token"),
        (403, Kind::Denied, Retry::Never, "the role Admin or Developer"),
        (404, Kind::NotFound, Retry::Never, "check `url`"),
        (503, Kind::Unavailable, Retry::Soon, "starting or hibernating"),
        (500, Kind::Unexpected, Retry::Never, "HTTP 500"),
    ] {
        let server = always(status, "application/problem+json", problem);
        let error = target(&server, "").observe().await.unwrap_err();
        let shown = format!("{error:?}");
        assert_eq!((error.kind(), error.retry()), (kind, retry), "{shown}");
        assert!(shown.contains(expected) && shown.contains("the node's words"), "{shown}");
    }
}

#[tokio::test]
async fn pages_in_place_of_answers_are_told_and_never_repeated() {
    let page = "<html><h1>403 Forbidden</h1>hunter2</html>";
    let denied = target(&always(403, "text/html", page), "").observe().await.unwrap_err();
    assert_eq!(denied.kind(), Kind::Denied);
    let login = target(&always(200, "text/html", page), "").observe().await.unwrap_err();
    assert_eq!(login.kind(), Kind::Unexpected);
    for error in [denied, login] {
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}

#[tokio::test]
async fn a_token_without_rights_is_told_by_its_roles() {
    let server = always(403, "application/json", "{}");
    let settings = format!("url = {:?}\ntoken = {{ env = \"SESAM_JWT\" }}", server.url(""));
    let target = build(&settings, &jwt("{\"principals\": {\"x\": [\"group:User\"]}}")).unwrap();
    let error = target.observe().await.unwrap_err();
    assert!(error.hints()[0].ends_with("it has group:User"), "{error:?}");
}

#[tokio::test]
async fn an_expired_token_is_rejected_without_a_request() {
    let world = World::new();
    let settings = format!("url = {:?}\ntoken = {{ env = \"SESAM_JWT\" }}", world.server.url(""));
    let error = build(&settings, &jwt("{\"exp\": 1}")).unwrap().observe().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unauthenticated);
    assert!(error.message().contains("1970-01-01T00:00:01Z"), "{error}");
    assert!(world.server.log().entries().is_empty());
}

#[tokio::test]
async fn what_may_not_be_read_besides_is_a_remark() {
    let world = World::new();
    let target = world.target("group = \"sales\"");
    for (path, status) in [("/api/env", 403), ("/api/secrets", 401), ("/api/config-all", 200)] {
        world.server.faults().answer(Rule::new("GET", path), Answer::html(status, "no"));
    }
    let observed = target.observe().await.unwrap();
    assert!(observed.variables.is_none() && observed.secrets.is_none() && observed.elsewhere.is_empty());
    assert_eq!(observed.notes.len(), 3);

    let steps = prepare(&*target, desired(vec![], Some("{\"a\": 1}"), &["db"])).await.unwrap();
    assert!(steps.iter().all(|step| step.undo().is_none()));
    for step in steps {
        step.execute().await.unwrap();
    }
    assert_eq!(world.node.state().env()["a"], 1);
}

#[tokio::test]
async fn a_group_that_the_node_does_not_know_is_empty() {
    let world = World::new();
    world
        .server
        .faults()
        .answer(Rule::new("GET", "/api/config/new"), Answer::json(404, &serde_json::Value::Null));
    let observed = world.target("group = \"new\"").observe().await.unwrap();
    assert!(observed.entities.is_empty());
    assert_eq!(observed.notes[0].message, "the node does not know the config group yet");
}

#[tokio::test]
async fn a_node_that_is_away_for_a_moment_is_worth_another_try() {
    let world = World::new();
    let target = world.target("");
    let steps = prepare(&*target, desired(entities(&[&pipe("a", 1)]), None, &[])).await.unwrap();
    world.server.faults().answer(upload("*").first(2), Answer::html(503, "away"));
    for _ in 0..2 {
        let error = steps[0].execute().await.unwrap_err();
        assert_eq!(error.kind(), Kind::UnknownOutcome, "a node that is away can have applied it: {error:?}");
        assert!(error.hints()[0].contains("starting or hibernating"), "{error:?}");
        assert_eq!(steps[0].landed().await.unwrap(), Landed::No);
    }
    steps[0].execute().await.unwrap();
    assert_eq!(steps[0].landed().await.unwrap(), Landed::Yes);
}

#[tokio::test]
async fn after_a_cut_connection_reading_tells_what_became_of_each_write() {
    for (cut, landed) in [(Cut::BeforeAnswer, Landed::Yes), (Cut::InBody(1), Landed::No)] {
        let world = World::new();
        let target = world.target("");
        let want = desired(entities(&[&pipe("a", 1)]), Some("{\"a\": 1}"), &["db"]);
        for step in prepare(&*target, want).await.unwrap() {
            let method = if step.name() == "send secrets" { "POST" } else { "PUT" };
            world.server.faults().cut(Rule::new(method, "*"), cut);
            let error = step.execute().await.unwrap_err();
            assert_eq!(error.kind(), Kind::UnknownOutcome, "{error:?}");
            assert_eq!(step.landed().await.unwrap(), landed, "{} {cut:?}", step.name());
            world.server.faults().clear();
        }
    }
}

#[tokio::test]
async fn secrets_that_were_there_before_cannot_be_told() {
    let world = World::new();
    world.node.set_secret(None, "db", "x").unwrap();
    let steps = prepare(&*world.target(""), desired(vec![], None, &["db"])).await.unwrap();
    assert_eq!(steps[0].landed().await.unwrap(), Landed::CannotTell);
    assert!(steps[0].undo().is_none());
}

#[tokio::test]
async fn a_write_answered_by_a_breakdown_or_a_stranger_has_an_unknown_outcome() {
    let world = World::new();
    let steps = prepare(&*world.target(""), desired(entities(&[&pipe("a", 1)]), None, &[])).await.unwrap();
    for status in [408, 500, 501, 502, 503, 504, 507, 520, 524, 200] {
        world.server.faults().answer(upload("false").first(1), Answer::html(status, "hunter2"));
        let error = steps[0].execute().await.unwrap_err();
        assert_eq!(error.kind(), Kind::UnknownOutcome, "{status} {error:?}");
        assert!(!format!("{error:?}").contains("hunter2"));
        world.server.faults().clear();
    }
}

#[tokio::test]
async fn a_content_that_is_neither_the_former_nor_the_written_one_is_a_conflict() {
    let world = World::new();
    let steps = prepare(&*world.target(""), desired(entities(&[&pipe("a", 1)]), None, &[])).await.unwrap();
    let stranger = serde_json::from_str(&pipe("c", 1)).unwrap();
    world.node.set_config("", vec![stranger]).unwrap();
    assert_eq!(steps[0].landed().await.unwrap(), Landed::Conflict);
}

#[tokio::test]
async fn an_entity_that_no_configuration_could_have_is_kept_and_named() {
    let world = World::new();
    let list = serde_json::json!([
        {"_id": "a", "type": "pipe"}, {"type": "pipe"}, {"_id": "b/c", "type": "pipe"}, {"_id": "d\\e", "type": "system:url"}
    ]);
    world.server.faults().answer(Rule::new("GET", "/api/config*"), Answer::json(200, &list));
    let target = world.target("");
    let observed = target.observe().await.unwrap();
    assert_eq!(observed.entities.len(), 4);
    assert_eq!(observed.notes.len(), 3, "{:?}", observed.notes);
    assert!(observed.notes[0].message.contains("no `_id`"), "{:?}", observed.notes);
    let plan = crate::common::plan(
        &*target,
        desired(entities(&[r#"{"_id": "a", "type": "pipe"}"#]), None, &[]),
        &observed,
    );
    let removed: Vec<&str> = plan.entities.iter().map(|change| change.id.as_str()).collect();
    assert_eq!(removed, ["(no _id, number 2)", "b/c", "d\\e"]);
    assert_eq!((plan.observed_entities, plan.observed_pipes), (4, 3));
    let systems = ["d\\e", ".."].map(str::to_owned).into();
    target.system_secrets(&systems).await.unwrap();
}

#[tokio::test]
async fn only_a_list_of_entities_is_the_configuration_of_a_node() {
    for body in ["{}", "null", "\"x\"", "7", "", "[1]", "[null]", "{\"_id\": \"a\"}", "[{\"_id\": \"a\"}"] {
        let world = World::new();
        let answer = Answer { status: 200, headers: Vec::new(), body: body.to_owned() };
        world.server.faults().answer(Rule::new("GET", "/api/config"), answer);
        let error = world.target("").observe().await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (Kind::Unexpected, Retry::Never), "{body}: {error:?}");
    }
    let world = World::new();
    world.server.faults().answer(
        Rule::new("GET", "/api/config"),
        Answer { status: 200, headers: Vec::new(), body: "[]".to_owned() },
    );
    assert!(world.target("").observe().await.unwrap().entities.is_empty());
}

#[tokio::test]
async fn a_write_is_done_when_the_node_confirms_it_and_unknown_otherwise() {
    let want = || desired(entities(&[&pipe("a", 1)]), Some("{\"a\": 1}"), &["db"]);
    for (status, body) in
        [(200, ""), (204, ""), (200, "{}"), (200, "[]"), (200, "null"), (200, "\"OK\""), (200, "{\"a\"")]
    {
        let world = World::new();
        let answer = Answer { status, headers: Vec::new(), body: body.to_owned() };
        for step in prepare(&*world.target(""), want()).await.unwrap() {
            for method in ["POST", "PUT"] {
                world.server.faults().answer(Rule::new(method, "*"), answer.clone());
            }
            let error = step.execute().await.unwrap_err();
            assert_eq!(error.kind(), Kind::UnknownOutcome, "{} {status} {body}: {error:?}", step.name());
            assert_eq!(step.landed().await.unwrap(), Landed::No, "nothing was applied");
            world.server.faults().clear();
        }
    }
    let world = World::new();
    deploy(&*world.target(""), want()).await.expect("the node confirms");
    deploy(&*world.target(""), desired(entities(&[&pipe("a", 1)]), Some("{}"), &[]))
        .await
        .expect("a node without variables answers with an empty object");
}

#[tokio::test]
async fn a_repeated_upload_compares_the_node_again() {
    let world = World::new();
    let target = world.target("");
    let steps = prepare(&*target, desired(entities(&[&pipe("a", 1)]), None, &[])).await.unwrap();
    world.server.faults().answer(upload("*").first(1), Answer::html(503, "away"));
    world.server.log().clear();
    assert_eq!(steps[0].execute().await.unwrap_err().kind(), Kind::UnknownOutcome);
    assert_eq!(world.server.log().matching("GET", "/api/config").len(), 0, "the runner has just compared");
    world.node.set_config("", vec![serde_json::from_str(&pipe("theirs", 1)).unwrap()]).unwrap();
    assert_eq!(steps[0].execute().await.unwrap_err().kind(), Kind::Conflict);
    assert_eq!(world.node.state().config("")[0]["_id"], "theirs");
}

#[tokio::test]
async fn an_entity_that_joins_the_group_between_two_reads_is_in_no_other_group() {
    for (settings, group) in [("group = \"sales\"", "sales"), ("", "default")] {
        let world = World::new();
        let list = serde_json::json!([
            {"_id": "new", "type": "pipe", "metadata": {"$config-group": group}},
            {"_id": "theirs", "type": "pipe", "metadata": {"$config-group": "other"}}
        ]);
        world.server.faults().answer(Rule::new("GET", "/api/config-all"), Answer::json(200, &list));
        let observed = world.target(settings).observe().await.unwrap();
        assert_eq!(observed.elsewhere.into_keys().collect::<Vec<_>>(), ["theirs"], "{group}");
    }
}
