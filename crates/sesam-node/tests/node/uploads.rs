//! Uploads: forms, groups, force, the circuit breaker, and the single-entity requests.

use std::io::{Cursor, Write};

use serde_json::{Value, json};
use sesam_node::{Node, Switches};

use crate::support::{Answered, TOKEN, call, get, send};

fn node_with(change: impl FnOnce(&mut Switches)) -> Node {
    let mut switches = Switches::default();
    change(&mut switches);
    Node::builder().jwt(TOKEN).switches(switches).build().unwrap()
}

fn pipe(id: &str) -> Value {
    json!({"_id": id, "source": {"type": "empty"}, "type": "pipe"})
}

fn tagged(id: &str, group: &str) -> Value {
    json!({"_id": id, "metadata": {"$config-group": group}, "source": {"type": "empty"}, "type": "pipe"})
}

fn ids(config: &Value) -> Vec<&str> {
    config.as_array().unwrap().iter().map(|entity| entity["_id"].as_str().unwrap()).collect()
}

fn zip(members: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in members {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// The elements and levels of all issues of a report.
fn issues(answered: &Answered) -> Vec<(String, String)> {
    let report = answered.json();
    let reports = report["validation_errors"].as_array().unwrap().iter();
    let issues = reports.flat_map(|report| report["config-errors"].as_array().unwrap().clone());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    issues.map(|issue| (text(&issue["elements"]), text(&issue["level"]))).collect()
}

#[tokio::test]
async fn every_form_of_an_upload_is_read() {
    let json_body = json!([pipe("p")]).to_string().into_bytes();
    let zip_body = zip(&[("pipes/p.conf.json", &pipe("p").to_string())]);
    let form = |content_type: &str, content: &[u8]| {
        let head = format!(
            "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"config\"\r\n{content_type}\r\n"
        );
        [head.as_bytes(), content, b"\r\n--x--\r\n"].concat()
    };
    let form_type = "multipart/form-data; boundary=x";
    for (content_type, body) in [
        ("application/json", json_body.clone()),
        ("application/json; charset=utf-8", json_body.clone()),
        ("text/plain", json_body.clone()),
        ("application/zip", zip_body.clone()),
        ("application/octet-stream", zip_body.clone()),
        (form_type, form("Content-Type: application/json\r\n", &json_body)),
        (form_type, form("Content-Type: application/zip\r\n", &zip_body)),
        (form_type, form("", &zip_body)),
        (form_type, form("", &json_body)),
    ] {
        let node = node_with(|_| {});
        let answered = send(&node, "PUT /config?force=False", &[("content-type", content_type)], body).await;
        assert_eq!(
            (answered.status.as_u16(), answered.json()),
            (200, json!({"validation_errors": []})),
            "{content_type}"
        );
        assert_eq!(node.state().config(""), [pipe("p")]);
    }
}

#[tokio::test]
async fn an_unreadable_upload_is_refused_and_changes_nothing() {
    let node = node_with(|_| {});
    node.set_config("", vec![pipe("p")]).unwrap();
    let deep = "[".repeat(100_000);
    for (content_type, body) in [
        ("application/json", b"[{]".to_vec()),
        ("application/json", b"[\"\xff\"]".to_vec()),
        ("application/json", deep.into_bytes()),
        ("application/zip", b"PK\x03\x04 and no more".to_vec()),
        ("application/zip", zip(&[("a.conf.json", "{")])),
        ("multipart/form-data; boundary=x", b"--x".to_vec()),
        ("multipart/form-data", b"".to_vec()),
    ] {
        let answered = send(&node, "PUT /config?force=true", &[("content-type", content_type)], body).await;
        assert_eq!(answered.status, 400, "{content_type}: {}", answered.text());
    }
    assert_eq!(node.state().config(""), [pipe("p")]);
}

#[tokio::test]
async fn stray_members_of_an_archive_are_configuration_unless_switched() {
    for ignored in [false, true] {
        let node = node_with(|switches| switches.stray_zip_members_are_ignored = ignored);
        let content = zip(&[
            ("pipes/p.conf.json", &json!([pipe("p"), pipe("q")]).to_string()),
            ("pipes/stray.json", r#"{"_id":"stray","type":"test"}"#),
            ("pipes/notes.txt", "none"),
        ]);
        send(&node, "PUT /config?force=true", &[], content).await;
        assert_eq!(ids(&get(&node, "/config").await).contains(&"stray"), !ignored);
    }
}

#[tokio::test]
async fn a_group_is_replaced_and_the_others_stay() {
    let node = node_with(|_| {});
    call(&node, "PUT /config", json!([pipe("a"), pipe("b")])).await;
    call(&node, "PUT /config/one%2Ftwo", json!([pipe("c")])).await;
    call(&node, "PUT /config", json!([pipe("b")])).await;
    assert_eq!(ids(&get(&node, "/config").await), ["b"]);
    assert_eq!(ids(&get(&node, "/config/one%2Ftwo").await), ["c"]);
    assert_eq!(get(&node, "/config/none").await, json!([]));
    assert_eq!(get(&node, "/config-all").await, json!([pipe("b"), tagged("c", "one/two")]));
    assert_eq!(node.state().groups(), ["", "one/two"]);
    call(&node, "PUT /config-all", json!([tagged("x", "g"), pipe("y")])).await;
    assert_eq!(node.state().config("g"), [tagged("x", "g")]);
    assert_eq!(node.state().groups(), ["", "g"]);
}

#[tokio::test]
async fn groups_and_their_tags() {
    let node = node_with(|_| {});
    call(&node, "PUT /config", json!([pipe("a")])).await;
    for (request, body, elements) in [
        ("PUT /config/g", json!([pipe("a")]), "$['_id']"),
        ("PUT /config", json!([tagged("b", "g")]), "$['metadata']['$config-group']"),
        ("PUT /config/g", json!([tagged("b", "h")]), "$['metadata']['$config-group']"),
        ("PUT /config/g", json!([{"_id": "node", "type": "metadata"}]), "$['type']"),
    ] {
        let refused = call(&node, request, body).await;
        assert_eq!(refused.status, 400);
        assert_eq!(issues(&refused), [(elements.to_owned(), "error".to_owned())]);
    }
    call(&node, "PUT /config/g?force=true", json!([pipe("a"), pipe("b")])).await;
    assert_eq!(node.state().config("g"), [pipe("b")], "an id of another group has no place, even by force");

    let node = node_with(|switches| {
        switches.foreign_group_tag_is_accepted = true;
        switches.metadata_in_named_group = true;
        switches.echo_group_tag = true;
        switches.default_is_the_default_group = true;
    });
    let body = json!([tagged("b", "h"), {"_id": "node", "type": "metadata"}]);
    assert_eq!(call(&node, "PUT /config/g", body).await.status, 200);
    assert_eq!(get(&node, "/config/g").await[0], tagged("b", "g"));
    assert_eq!(get(&node, "/pipes/b").await["config"]["original"], tagged("b", "g"));
    call(&node, "PUT /config/default", json!([pipe("d")])).await;
    assert_eq!(ids(&get(&node, "/config").await), ["d"]);
}

#[tokio::test]
async fn identities_are_checked() {
    let node = node_with(|_| {});
    let posted = json!([
        {"type": "pipe"}, {"_id": 1, "type": "pipe"}, pipe("a/b"), pipe("twice"), pipe("twice"), "text", pipe("ok"),
        pipe("system:mine"),
    ]);
    let refused = call(&node, "PUT /config", posted.clone()).await;
    assert_eq!(refused.status, 400);
    let elements: Vec<String> = issues(&refused).into_iter().map(|(elements, _)| elements).collect();
    assert_eq!(elements, ["$", "$['_id']", "$['_id']", "$['_id']", "$", "$['_id']"]);
    assert!(node.state().config("").is_empty());
    let forced = call(&node, "PUT /config?force=True", posted).await;
    assert_eq!((forced.status.as_u16(), issues(&forced).len()), (200, 6));
    assert_eq!(ids(&get(&node, "/config").await), ["a/b", "ok", "system:mine", "twice"]);
}

#[tokio::test]
async fn force_stores_what_is_invalid() {
    let node = node_with(|_| {});
    let bad = json!({"_id": "bad", "source": {"type": "sql"}, "type": "pipe"});
    let refused = call(&node, "PUT /config", json!([bad, pipe("good")])).await;
    assert_eq!(refused.status, 400);
    assert!(node.state().config("").is_empty());
    let forced = call(&node, "PUT /config?force=true", json!([bad, pipe("good")])).await;
    assert_eq!(
        (forced.status.as_u16(), issues(&forced)),
        (200, vec![("$['source']".to_owned(), "error".to_owned())])
    );
    let runtime = &get(&node, "/pipes/bad").await["runtime"];
    assert_eq!(
        (&runtime["is-valid-config"], runtime["config-errors"].as_array().unwrap().len()),
        (&json!(false), 1)
    );
    assert_eq!(get(&node, "/pipes/good").await["runtime"]["is-valid-config"], true);
}

#[tokio::test]
async fn the_circuit_breaker() {
    let metadata = |on: &Value| json!({"_id": "node", "global_defaults": {"use_config_circuit_breaker": on}, "type": "metadata"});
    let config = |count: usize, on: &Value| {
        let pipes = (0..count).map(|number| pipe(&format!("p{number}")));
        Value::Array(pipes.chain([metadata(on)]).collect())
    };
    let is_on = json!("$ENV(breaker)");
    for (overrides, force, before, after, status) in [
        (false, false, 20, 10, 200),
        (false, false, 20, 9, 400),
        (false, true, 20, 9, 400),
        (true, true, 20, 9, 200),
        (true, false, 20, 9, 400),
        (false, false, 110, 99, 200),
        (false, false, 109, 98, 400),
    ] {
        let node = node_with(|switches| switches.force_overrides_circuit_breaker = overrides);
        call(&node, "PUT /env", json!({"breaker": true})).await;
        call(&node, "PUT /config", config(before, &is_on)).await;
        let answered = call(&node, &format!("PUT /config?force={force}"), config(after, &is_on)).await;
        assert_eq!(answered.status, status, "{before} to {after}: {}", answered.text());
        let left = if status == 200 { after } else { before };
        assert_eq!(node.state().config("").len(), left + 1);
        if status == 400 {
            assert_eq!(issues(&answered), [("$".to_owned(), "error".to_owned())]);
        }
    }
    let node = node_with(|_| {});
    call(&node, "PUT /config", config(20, &json!(false))).await;
    assert_eq!(call(&node, "PUT /config", json!([])).await.status, 200);
}

#[tokio::test]
async fn single_entities() {
    let node = node_with(|_| {});
    let created = call(&node, "POST /pipes", json!([tagged("p", "g"), pipe("q")])).await;
    assert_eq!(created.status, 201);
    assert_eq!(created.json()[0]["config"]["original"], tagged("p", "g"));
    assert_eq!(ids(&get(&node, "/config/g").await), ["p"]);
    let conflict = call(&node, "POST /pipes", json!([pipe("q")])).await;
    assert_eq!(
        (conflict.status.as_u16(), &conflict.json()["detail"]),
        (409, &json!("The pipe 'q' already exists!"))
    );
    assert_eq!(call(&node, "POST /pipes", json!([{"_id": "s", "type": "system:url"}])).await.status, 400);
    assert_eq!(call(&node, "PUT /pipes/p/config", pipe("q")).await.status, 400);
    assert_eq!(call(&node, "PUT /pipes/p/config", pipe("p")).await.status, 200);
    assert_eq!(ids(&get(&node, "/config").await), ["p", "q"], "the tag decides the group");
    assert_eq!(get(&node, "/pipes/p/config").await, pipe("p"));
    assert_eq!(call(&node, "PUT /pipes/new/config", pipe("new")).await.status, 404);
    let node = node_with(|switches| switches.put_creates_missing = true);
    assert_eq!(call(&node, "PUT /pipes/new/config", pipe("new")).await.status, 200);
    assert_eq!(call(&node, "DELETE /pipes/new", Value::Null).await.json()["_id"], "new");
    assert_eq!(get(&node, "/datasets/new").await["runtime"]["origin"], "user", "the dataset stays");
}

#[tokio::test]
async fn a_download_as_zip_is_laid_out_and_formatted() {
    let node = node_with(|_| {});
    let entities = json!([pipe("N:p"), {"_id": "s", "type": "system:url"}, {"_id": "node", "type": "metadata"}, {"_id": "u", "type": "test"}]);
    call(&node, "PUT /config?force=true", entities).await;
    let answered = send(&node, "GET /config", &[("accept", "text/html, Application/Zip;q=0.5")], "").await;
    assert_eq!(answered.content_type, "application/zip");
    let mut archive = zip::ZipArchive::new(Cursor::new(answered.body)).unwrap();
    let mut names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    names.sort();
    assert_eq!(
        names,
        ["node-metadata.conf.json", "pipes/N:p.conf.json", "systems/s.conf.json", "unknown/u.conf.json"]
    );
    let text = std::io::read_to_string(archive.by_name("systems/s.conf.json").unwrap()).unwrap();
    assert_eq!(text, "{\n  \"_id\": \"s\",\n  \"type\": \"system:url\"\n}\n");
}
