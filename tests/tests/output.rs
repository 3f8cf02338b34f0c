//! What a user sees, whole. A changed snapshot is a changed product: `INSTA_UPDATE=always cargo test -p deployer-tests --test output`
//! writes them anew, for reading.

use std::time::Duration;

use deployer_testkit::world::Outcome;
use deployer_tests::generate::Size;
use deployer_tests::load::Load;
use deployer_tests::scene::Scene;

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
const LIMIT: Duration = Duration::from_secs(60);

async fn run(scene: &Scene, arguments: &[&str]) -> Outcome {
    scene.program(PROGRAM).args(arguments).run(LIMIT).await
}

/// The exit code and both outputs, with what differs from world to world made equal.
fn seen(scene: &Scene, outcome: &Outcome) -> String {
    let code = outcome.code().map_or("none".to_owned(), |code| code.to_string());
    let text = format!("exit {code}\n-- stdout\n{}-- stderr\n{}", outcome.stdout(), outcome.stderr());
    let text = text
        .replace(&scene.world.server().address().to_string(), "[address]")
        .replace(&scene.world.folder().display().to_string(), "[world]");
    without_ids(&text)
}

/// A text with the ids of commits, which hold the time, made equal.
fn without_ids(text: &str) -> String {
    let is_id = |word: &str| word.len() >= 12 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let words = text.split_inclusive(|character: char| !character.is_ascii_alphanumeric());
    let words = words.map(|word| {
        let letters = word.trim_end_matches(|character: char| !character.is_ascii_alphanumeric());
        if is_id(letters) { format!("[id]{}", &word[letters.len()..]) } else { word.to_owned() }
    });
    words.collect()
}

/// The same without the lines of diffs, which other cases show.
fn seen_without_diffs(scene: &Scene, outcome: &Outcome) -> String {
    let seen = seen(scene, outcome);
    let mut in_diff = false;
    let kept = seen.lines().filter(|line| {
        in_diff = line.starts_with("--- ")
            || (in_diff && line.starts_with(['+', '-', '@', ' ']) && *line != "-- stderr");
        !in_diff
    });
    kept.collect::<Vec<_>>().join("\n")
}

/// Deploys, and then changes something of every kind: entities, a variable, a secret.
async fn changed() -> Scene {
    let scene = Scene::new();
    assert_eq!(run(&scene, &["deploy"]).await.code(), Some(0));
    scene.replace(
        "node/pipes/kunde-nett.conf.json",
        "\"*fødselsnummer\"",
        "\"*fødselsnummer\", \"$SECRET(crm-tokn)\"",
    );
    scene.replace("node/variables/variables-test.json", "\"crm-page-size\": 50", "\"crm-page-size\": 75");
    scene.replace("node/deployment/whitelist-test.txt", "pipes/utkast-tariff.conf.json\n", "");
    scene.write(
        "node/pipes/utkast-pris.conf.json",
        "{\"_id\": \"utkast-pris\", \"type\": \"pipe\", \"source\": {\"type\": \"embedded\", \"entities\": []}}",
    );
    scene.replace(
        "node/deployment/whitelist-test.txt",
        "systems/crm.conf.json\n",
        "systems/crm.conf.json\npipes/utkast-pris.conf.json\n",
    );
    let secret = serde_json::json!({ "value": "value of crm-tokn" });
    scene.world.vault().put(deployer_tests::scene::MOUNT, "crm-tokn", secret);
    scene
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_in_each_format() {
    let scene = changed().await;
    for format in ["text", "json", "markdown", "unified"] {
        let outcome = run(&scene, &["plan", "--format", format]).await;
        insta::assert_snapshot!(format!("plan-{format}"), seen(&scene, &outcome));
    }
    let json = run(&scene, &["plan", "--json"]).await;
    assert_eq!(json.stdout(), run(&scene, &["plan", "--format", "json"]).await.stdout());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_plan_is_cut_for_a_comment_and_says_what_is_left_out() {
    let load = Load::start(Size { pipes: 100, secrets: 5 });
    let outcome = load.program(PROGRAM).args(["plan", "--full", "--format", "markdown"]).run(LIMIT).await;
    let page = outcome.stdout();
    assert!(page.chars().count() <= sesam_deployer::output::markdown::LONGEST, "{}", page.chars().count());
    let shown = page.matches("<details>").count();
    assert_eq!(page.matches("</details>").count(), shown, "no diff is cut in its middle");
    let json = load.program(PROGRAM).args(["plan", "--json"]).run(LIMIT).await;
    let plan: serde_json::Value = serde_json::from_str(&json.stdout()).unwrap();
    for node in plan["nodes"].as_array().unwrap() {
        for entity in node["entities"].as_array().unwrap() {
            let title = format!("{} on {}<", entity["id"].as_str().unwrap(), node["node"].as_str().unwrap());
            assert!(page.contains(&title), "{title} is not named");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_deploy_a_second_and_one_with_changes() {
    let scene = Scene::new();
    insta::assert_snapshot!("deploy-first", seen_without_diffs(&scene, &run(&scene, &["deploy"]).await));
    insta::assert_snapshot!("deploy-second", seen(&scene, &run(&scene, &["deploy"]).await));
    let scene = changed().await;
    insta::assert_snapshot!("deploy-changes", seen(&scene, &run(&scene, &["deploy"]).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_for_machines_is_one_document() {
    let scene = Scene::new();
    let outcome = run(&scene, &["deploy", "--json"]).await;
    let document: serde_json::Value = serde_json::from_str(&outcome.stdout()).unwrap();
    assert_eq!(document["outcome"], "deployed");
    assert_eq!(document["receipt"]["complete"], true);
    assert_eq!(outcome.stderr(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_offline_and_with_secrets() {
    let scene = Scene::new();
    insta::assert_snapshot!("check", seen(&scene, &run(&scene, &["check"]).await));
    assert_eq!(scene.world.log().entries(), [], "an offline check opens no connection");
    insta::assert_snapshot!("check-resolve", seen(&scene, &run(&scene, &["check", "--resolve"]).await));
    insta::assert_snapshot!("check-json", seen(&scene, &run(&scene, &["check", "--json"]).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_input_gives_the_same_bytes() {
    let scene = changed().await;
    for format in ["text", "json", "markdown", "unified"] {
        let [first, second] = [
            run(&scene, &["plan", "--format", format]).await,
            run(&scene, &["plan", "--format", format]).await,
        ];
        assert_eq!(first.stdout(), second.stdout(), "{format}");
        assert_eq!(first.stderr(), second.stderr(), "{format}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn colour_is_used_when_asked_for_and_never_in_documents() {
    let scene = changed().await;
    let plain = run(&scene, &["plan"]).await;
    assert!(!plain.stdout().contains('\u{1b}'), "this is no terminal");
    let painted = run(&scene, &["plan", "--color", "always"]).await;
    assert!(painted.stdout().contains("\u{1b}[32m+"), "{}", painted.stdout());
    assert_eq!(without_colour(&painted.stdout()), plain.stdout());
    for format in ["json", "markdown"] {
        let document = run(&scene, &["plan", "--color", "always", "--format", format]).await;
        assert!(!document.stdout().contains('\u{1b}'), "{format}");
    }
    let never = scene.program(PROGRAM).args(["plan", "--color", "never"]).run(LIMIT).await;
    assert_eq!(never.stdout(), plain.stdout());
}

/// A text without the sequences that set colours.
fn without_colour(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| plain + part.split_once('m').map_or("", |(_, text)| text))
}

/// The demo is the first thing that a newcomer runs.
#[tokio::test(flavor = "multi_thread")]
async fn the_demo_fits_a_terminal_and_ends_with_what_crosses() {
    let demo = tokio::process::Command::new(env!("CARGO_BIN_EXE_demo")).arg(PROGRAM).output();
    let output = demo.await.expect("the demo starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.lines().count() < 150, "{} lines:\n{said}", said.lines().count());
    let last = said.rsplit("── ").next().unwrap_or_default();
    assert!(last.starts_with("What crosses between the nodes"), "{last}");
}
