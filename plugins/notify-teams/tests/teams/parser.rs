//! The cards, judged by the official parser.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use deployer_core::model::{Outcome, Report};
use deployer_notify_teams::TEAMS;
use deployer_testkit::server::Server;
use deployer_testkit::{npm, skip_or_fail};
use serde_json::{Value, json};

use crate::common::{Flow, SIGNATURE, build};

/// What the parser of the npm package `adaptivecards` has against each card.
fn complaints(package: &Path, cards: &[Value]) -> Vec<Vec<String>> {
    let mut node = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/validate.js"))
        .arg(package)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs: it has installed the package");
    let input = serde_json::to_vec(cards).expect("JSON");
    node.stdin.take().expect("a pipe").write_all(&input).expect("node reads");
    let output = node.wait_with_output().expect("node ends");
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).expect("a list a card")
}

fn package() -> Result<PathBuf, String> {
    let wanted = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/package.json");
    Ok(npm::install(&wanted)?.join("node_modules/adaptivecards/dist/adaptivecards.js"))
}

/// The cards of small, failed and huge reports, and of a test.
async fn cards() -> Vec<Value> {
    let flow = Flow::default();
    let server = Server::http(flow.router());
    let teams = build(TEAMS.example, &server.url(&format!("{}{SIGNATURE}", Flow::PATH))).expect("settings");
    let small = Report::new(Outcome::Deployed, "prod".to_owned(), "1 to add on master".to_owned())
        .with_nodes(vec!["master: 1 to add".to_owned()])
        .with_link(Some("https://ci.example/run?id=1&step=2".to_owned()))
        .with_diff("--- a\n+++ b\n\n+  \"æøå\": \"<b> & ``` 漢字 {{DATE(x)}}\"\n".to_owned());
    let failed =
        small.clone().with_outcome(Outcome::Failed).with_link(None).with_errors(vec!["refused".to_owned()]);
    let huge = failed.clone().with_nodes(vec!["n: x".to_owned(); 900]).with_diff("+ y\n".repeat(9_000));
    for report in [&small, &failed, &huge, &small.clone().with_diff(String::new())] {
        teams.deliver(report).await.expect("it is taken");
    }
    teams.test().await.expect("it is taken");
    flow.cards()
}

#[tokio::test]
async fn the_official_parser_has_nothing_against_the_cards() {
    let package = match package() {
        Ok(package) => package,
        Err(reason) => return skip_or_fail("the parser of the npm package adaptivecards", &reason),
    };
    let mut cards = cards().await;
    assert_eq!(cards.len(), 5);
    let mut wrong = cards[0].clone();
    wrong["body"][0]["type"] = json!("RichTextBlokk");
    wrong["body"][1]["spacing"] = json!("Vast");
    cards.push(wrong);
    let mut complaints = complaints(&package, &cards);
    let of_wrong = complaints.pop().expect("a list a card");
    assert_eq!(of_wrong.len(), 2, "the parser sees what is wrong: {of_wrong:?}");
    assert_eq!(complaints, vec![Vec::<String>::new(); 5]);
}
