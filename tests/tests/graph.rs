//! `graph`, `plan --html` and `deploy --report`: pictures, JSON documents, pages and plans agree, and `graph` needs no server. The pictures of the
//! book are those of the program: with `UPDATE_PICTURES=1` they are written.

use std::collections::BTreeSet;
use std::time::Duration;

use deployer_tests::scene::Scene;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
const LIMIT: Duration = Duration::from_secs(60);

/// Runs the program in the scene and returns its standard output.
async fn stdout(scene: &Scene, arguments: &[&str]) -> String {
    let outcome = scene.program(PROGRAM).args(arguments).run(LIMIT).await;
    assert_eq!(outcome.code(), Some(0), "{arguments:?}: {}", outcome.stderr());
    outcome.stdout()
}

async fn json(scene: &Scene, arguments: &[&str]) -> Value {
    serde_json::from_str(&stdout(scene, arguments).await).expect("a JSON document")
}

/// The titles of the groups of an SVG: one per row.
fn titles(svg: &str) -> Vec<&str> {
    svg.split("<g><title>").skip(1).filter_map(|rest| rest.split("</title>").next()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn picture_and_document_show_each_crossing_of_the_plan_once_and_ask_no_server() {
    let scene = Scene::new();
    let document = json(&scene, &["graph", "--json"]).await;
    let svg = stdout(&scene, &["graph", "--format", "svg"]).await;
    assert_eq!(svg, stdout(&scene, &["graph", "--format", "svg"]).await);
    assert!(scene.world.log().entries().is_empty(), "graph needs no server");

    let crossings = document["crossings"].as_array().expect("a list");
    assert_eq!(crossings.len(), 8, "{document:#}");
    for crossing in crossings {
        let text = |key: &str| crossing[key].as_str().unwrap_or_default().to_owned();
        let head = format!("{} crosses from {} to {} as ", text("pipe"), text("from"), text("to"));
        let rows: Vec<&str> = titles(&svg).into_iter().filter(|title| title.starts_with(&head)).collect();
        let [row] = rows[..] else { panic!("{head}: {rows:?}") };
        for replica in crossing["replicas"].as_array().into_iter().flatten() {
            let name = |key: &str| replica[key].as_str().unwrap_or_default();
            let shown = format!("{} on {}", name("id"), name("node"));
            let replicas =
                row.split("replicas: ").nth(1).and_then(|rest| rest.split("; ").next()).unwrap_or_default();
            assert_eq!(replicas.split(", ").filter(|part| *part == shown).count(), 1, "{shown}: {row}");
        }
    }

    let plan = json(&scene, &["plan", "--json"]).await;
    let nodes = plan["nodes"].as_array().into_iter().flatten();
    let entities = nodes.flat_map(|node| node["entities"].as_array().into_iter().flatten());
    let of_plan: BTreeSet<String> =
        entities.map(|entity| entity["crossing"].to_string()).filter(|crossing| crossing != "null").collect();
    let of_graph: BTreeSet<String> = crossings.iter().map(ToString::to_string).collect();
    assert_eq!(of_plan, of_graph);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_take_their_format_from_their_ending_and_a_node_limits_the_picture() {
    let scene = Scene::new();
    let starts = [
        ("nodes.svg", "<svg xmlns="),
        ("nodes.html", "<!doctype html>"),
        ("nodes.mmd", "graph LR\n"),
        ("nodes.dot", "digraph crossings {"),
        ("nodes.json", "{\n  \"crossings\""),
        ("nodes.txt", "master: "),
    ];
    for (name, start) in starts {
        let path = scene.world.folder().join(name);
        let printed = stdout(&scene, &["graph", "--out", &path.display().to_string()]).await;
        assert_eq!(printed, "");
        let text = std::fs::read_to_string(path).expect("graph wrote the file");
        assert!(text.starts_with(start), "{name}: {text}");
    }
    let nett = json(&scene, &["graph", "--json", "--node", "nett"]).await;
    let names: Vec<&str> =
        nett["nodes"].as_array().into_iter().flatten().filter_map(|node| node["node"].as_str()).collect();
    assert_eq!(names, ["master", "nett"]);
    assert_eq!(nett["crossings"].as_array().map(Vec::len), Some(5), "{nett:#}");
    for wrong in [&["graph", "--out", "nodes.png"][..], &["graph", "--json", "--format", "svg"]] {
        assert_eq!(scene.program(PROGRAM).args(wrong).run(LIMIT).await.code(), Some(64), "{wrong:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_shows_every_change_and_crossing_of_the_plan_and_a_failure_is_a_page_too() {
    let scene = Scene::new();
    let path = scene.world.folder().join("plan.html");
    let arguments = ["plan", "--json", "--html", &path.display().to_string()];
    let plan = json(&scene, &arguments).await;
    let page = std::fs::read_to_string(&path).expect("plan wrote the page");
    json(&scene, &arguments).await;
    assert_eq!(page, std::fs::read_to_string(&path).expect("plan wrote the page"), "same plan, same bytes");
    let mut changes = 0;
    for entity in plan["nodes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|node| node["entities"].as_array())
        .flatten()
    {
        let id = entity["id"].as_str().unwrap_or_default();
        assert!(page.contains(&format!("<code>{id}</code>")), "{id}");
        changes += 1;
    }
    assert_eq!(page.matches("<details class=\"change\" data-action=\"add\"").count(), changes);
    let crosses = titles(&page).into_iter().filter(|title| title.contains(" crosses from ")).count();
    assert_eq!(crosses, 8, "{page}");

    scene.write("node/pipes/crm-kunde.conf.json", "{");
    let outcome = scene.program(PROGRAM).args(arguments).run(LIMIT).await;
    assert_ne!(outcome.code(), Some(0), "{}", outcome.stdout());
    let page = std::fs::read_to_string(&path).expect("plan wrote the page");
    assert!(page.contains("<h1>No plan for test</h1>") && page.contains("crm-kunde.conf.json:1"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pictures_of_the_book_are_those_of_the_program() {
    let scene = Scene::new();
    let pictures = [
        ("crossing.svg", &["graph", "--format", "svg"][..]),
        ("entity.svg", &["graph", "global-måler", "--format", "svg"]),
        ("node.svg", &["graph", "--pipes", "--format", "svg"]),
    ];
    for (name, arguments) in pictures {
        let path = deployer_tests::workspace().join("docs/pictures").join(name);
        let picture = stdout(&scene, arguments).await;
        if std::env::var_os("UPDATE_PICTURES").is_some() {
            std::fs::write(&path, &picture).expect("writable");
        }
        let is = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(is == picture, "docs/pictures/{name} is stale: run this test with UPDATE_PICTURES=1");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entity_is_drawn_with_its_sources_and_readers_on_every_node() {
    let scene = Scene::new();
    let text = stdout(&scene, &["graph", "global-måler"]).await;
    for line in [
        "  pipe global-måler  merges 2 datasets",
        "    <- global-kunde in a hop",
        "    <- nett-måler on nett, through nett-måler-to-master",
        "    <- prognose-marked on master",
    ] {
        assert!(text.lines().any(|it| it == line), "{line}: {text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let document = json(&scene, &["graph", "global-måler", "--up", "0", "--down", "0", "--json"]).await;
    assert_eq!(document["entities"].as_array().map(Vec::len), Some(1), "{document:#}");
    let unknown = scene.program(PROGRAM).args(["graph", "global-maler"]).run(LIMIT).await;
    assert_eq!(unknown.code(), Some(78));
    assert!(unknown.stderr().contains("did you mean \"global-måler\"?"), "{}", unknown.stderr());
    assert!(scene.world.log().entries().is_empty(), "graph needs no server");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_crossing_with_a_reader_is_a_link_and_all_links_have_ends() {
    let scene = Scene::new();
    let document = json(&scene, &["graph", "--json"]).await;
    let list = |key: &str| document[key].as_array().cloned().unwrap_or_default();
    let readers: usize =
        list("crossings").iter().map(|crossing| crossing["readers"].as_array().map_or(0, Vec::len)).sum();
    let links = list("links");
    assert_eq!(links.iter().filter(|link| link["crosses"] == true).count(), readers, "{document:#}");
    for end in links.iter().flat_map(|link| [&link["from"], &link["to"]]) {
        let is_it = |entity: &Value| entity["node"] == end["node"] && entity["id"] == end["id"];
        assert!(list("entities").iter().any(is_it), "{end}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_drawn_with_their_sign_and_a_report_has_the_receipt() {
    let scene = Scene::new();
    let report = scene.world.folder().join("report.html");
    let path = report.display().to_string();
    stdout(&scene, &["deploy", "--yes", "--report", &path]).await;
    let page = std::fs::read_to_string(&report).expect("deploy wrote the page");
    for part in [
        "<h1>Deploy to test</h1>",
        "<h2>What was done</h2>",
        "upload configuration: done: ",
        "Deployed to test. ",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(stdout(&scene, &["graph", "--changes"]).await.lines().count(), 1, "nothing changes");

    let pipe = "node/pipes/global-kunde.conf.json";
    scene.write(pipe, &scene.read(pipe).replacen('{', "{\n  \"description\": \"changed\",", 1));
    let text = stdout(&scene, &["graph", "--changes", "--up", "0"]).await;
    assert!(text.lines().any(|line| line.starts_with("~ pipe global-kunde  merges 2 datasets")), "{text}");
    assert!(text.contains("  pipe global-måler") && !text.contains("crm-kunde"), "{text}");
    let plan = json(&scene, &["plan", "--json"]).await;
    assert_eq!(plan["consent"]["needed"], false, "{plan:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_cannot_be_written_fails_the_run_and_hides_nothing() {
    let scene = Scene::new();
    let folder = scene.world.folder().display().to_string();
    let outcome = scene.program(PROGRAM).args(["deploy", "--yes", "--report", &folder]).run(LIMIT).await;
    assert_eq!(outcome.code(), Some(1), "{}", outcome.stderr());
    let said = outcome.stdout() + &outcome.stderr();
    assert!(said.contains("Deployed to test.") && said.contains(&folder), "{said}");

    scene.write("node/pipes/crm-kunde.conf.json", "{");
    let outcome = scene.program(PROGRAM).args(["deploy", "--yes", "--report", &folder]).run(LIMIT).await;
    assert_eq!(outcome.code(), Some(3), "{}", outcome.stderr());
    let said = outcome.stderr();
    assert!(said.contains("crm-kunde.conf.json:1") && said.contains(&folder), "{said}");
}
