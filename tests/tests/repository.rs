//! A configuration that is read from a git repository, with a folder of it as its root.

use std::collections::BTreeMap;
use std::time::Duration;

use deployer_testkit::world::Outcome;
use deployer_tests::checks::{assert_code, assert_says};
use deployer_tests::scene::{BRANCH, EXTRA_NODES, SLACK_TOKEN, Scene};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
const LIMIT: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn the_commit_is_told_in_plan_report_and_commits_and_the_nodes_end_as_from_a_folder() {
    let scene = Scene::new();
    scene.world.slack().token(SLACK_TOKEN);
    scene.world.slack().channel("deploys");
    let world = &scene.world;
    let repository = world.git().create("configuration", BRANCH, &scene.files("sesam"));
    let first = repository.tip(BRANCH).expect("a commit");
    repository.commit(
        BRANCH,
        "Not this one",
        &BTreeMap::from([("sesam/node/pipes".to_owned(), b"no".to_vec())]),
    );
    let more = format!(
        "[environments.test.source]\nkind = \"git\"\nurl = \"{}\"\nbranch = \"{BRANCH}\"\ncommit = \"{first}\"\nfolder = \"sesam\"\n\
         username = \"deployer\"\ntoken = {{ env = \"GIT_TOKEN\" }}\n{}",
        world.git_url("configuration"),
        scene.slack_section("#deploys"),
    );
    let run = async |arguments: &[&str]| -> Outcome {
        let program = scene.program_with_file(PROGRAM, &more).env("SLACK_TOKEN", SLACK_TOKEN);
        let outcome = program.args(arguments).run(LIMIT).await;
        assert_code(&outcome, 0);
        outcome
    };
    let short = format!("/git/configuration@{}", &first[..12]);
    assert_says(&run(&["plan"]).await, [&format!("{short}\n")]);
    let json: Value = serde_json::from_str(&run(&["plan", "--json"]).await.stdout()).expect("JSON");
    let revision = json["revision"].as_str().expect("a revision");
    assert!(revision.ends_with(&format!("/git/configuration@{first}")), "{revision}");

    run(&["deploy"]).await;
    for name in EXTRA_NODES {
        let message = scene.repository(name).commits(BRANCH).remove(0).message;
        assert!(message.contains("Deployed from ") && message.contains(&short), "{message}");
    }
    let told = world.slack().received().concat();
    assert!(String::from_utf8_lossy(&told).contains(&short), "the report names the commit");

    let other = Scene::new();
    assert_code(&other.program_with_file(PROGRAM, "").arg("deploy").run(LIMIT).await, 0);
    assert_eq!(scene.state(), other.state());
}
