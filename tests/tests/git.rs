//! Extra nodes in git repositories, over HTTPS with a token.

use std::collections::BTreeMap;

use std::time::Duration;

use deployer_testkit::canary::Canary;
use deployer_testkit::server::{Cut, Moment, Rule};
use deployer_testkit::world::{Outcome, Program, World};
use deployer_tests::checks::{assert_code, assert_nothing_written, assert_says, pushes};
use deployer_tests::scene::{BRANCH, Credentials, EXTRA_NODES, GIT_TOKEN, Scene};

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
/// Longer than any run takes.
const LIMIT: Duration = Duration::from_secs(60);
/// The push to the extra node that the tests disturb.
const PUSH: &str = "/git/nett.git/git-receive-pack";

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_loses_a_race_is_made_again_on_top_of_the_others_commit() {
    let scene = Scene::new();
    let theirs = scene.repository("nett");
    let files = BTreeMap::from([
        ("notes.txt".to_owned(), b"Written meanwhile.\n".to_vec()),
        ("node/pipes/stranger.conf.json".to_owned(), br#"{"_id": "stranger", "type": "pipe"}"#.to_vec()),
    ]);
    scene.world.faults().call(Rule::new("POST", PUSH).nth(1), Moment::BeforeApply, move |_| {
        theirs.commit(BRANCH, "Meanwhile", &files);
    });
    let outcome = scene.program(PROGRAM).arg("deploy").run(LIMIT).await;
    assert_code(&outcome, 0);

    let repository = scene.repository("nett");
    let messages: Vec<String> = repository.commits(BRANCH).into_iter().map(|commit| commit.message).collect();
    assert_eq!(messages.len(), 3, "{messages:?}");
    assert!(messages[0].starts_with("Deploy nett to test"), "{messages:?}");
    assert_eq!(messages[1..], ["Meanwhile", "Start"]);
    let held = repository.files(BRANCH);
    assert_eq!(held["notes.txt"], b"Written meanwhile.\n");
    assert!(held.contains_key("node/pipes/nett-anlegg.conf.json"));
    assert!(!held.contains_key("node/pipes/stranger.conf.json"), "the plan was not made again");
    repository.fsck().expect("a sound repository");
    assert_eq!(pushes(&scene.world).iter().filter(|push| push.ends_with(PUSH)).count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_whose_answer_is_lost_is_found_to_have_been_taken() {
    let scene = Scene::new();
    scene.world.faults().cut(Rule::new("POST", PUSH), Cut::BeforeAnswer);
    let outcome = scene.program(PROGRAM).arg("deploy").run(LIMIT).await;
    assert_code(&outcome, 0);
    assert_says(&outcome, ["push to branch main: done: applied, as reading back shows"]);
    assert_eq!(scene.repository("nett").commits(BRANCH).len(), 2);
    assert_eq!(pushes(&scene.world).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_push_shows_the_hosts_words() {
    let scene = Scene::new();
    scene.repository("nett").decline_pushes("No deployments on Fridays.\nAsk Kari.");
    let outcome = scene.program(PROGRAM).arg("deploy").run(LIMIT).await;
    assert_code(&outcome, 1);
    assert_says(
        &outcome,
        ["error[rejected]", "node nett: ", "remote: No deployments on Fridays.", "remote: Ask Kari."],
    );
    assert_says(
        &outcome,
        ["upload configuration: done", "push to branch main: failed", "Deploy failed after writing: "],
    );
    assert_eq!(scene.repository("nett").commits(BRANCH).len(), 1);
    assert_eq!(scene.repository("marked").commits(BRANCH).len(), 2, "one node's refusal is not another's");
}

/// Deploys with a part of the extra nodes' settings replaced, and expects a failure before any write, in these words.
async fn fails(scene: &Scene, part: &str, new: &str, words: &[&str]) {
    let outcome = scene.program_but(PROGRAM, "EXTRA_NODES", part, new).arg("deploy").run(LIMIT).await;
    expect_failure(scene, &outcome, words);
}

fn expect_failure(scene: &Scene, outcome: &Outcome, words: &[&str]) {
    assert_code(outcome, 1);
    assert_says(outcome, words);
    assert_nothing_written(&scene.world, outcome);
    assert!(scene.world.vault().live_tokens().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_told() {
    let words = ["error[unauthenticated]", "node nett: ", "node marked: ", "rejects the token"];
    fails(&Scene::new(), GIT_TOKEN, "no-token-of-this-host", &words).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_must_not_push_is_told_before_anything_is_written() {
    let scene = Scene::new();
    scene.repository("nett").forbid_pushes();
    let outcome = scene.program(PROGRAM).arg("deploy").run(LIMIT).await;
    let words = [
        "error[denied]",
        "node nett: ",
        "the token has no write access to",
        "/git/nett.git",
        "give the token write access",
    ];
    expect_failure(&scene, &outcome, &words);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_branch_is_told_with_those_that_exist() {
    let words =
        ["error[not-found]", "node nett: ", "has no branch mian", "its branches: main", "did you mean main?"];
    fails(&Scene::new(), "\"EXTRA_NODE_GIT_BRANCH\":\"main\"", "\"EXTRA_NODE_GIT_BRANCH\":\"mian\"", &words)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_repository_is_told() {
    let scene = Scene::new();
    scene.world.git().create_empty("blank", BRANCH);
    let words = [
        "error[not-found]",
        "node nett: ",
        "is empty: it has no branch and no commit",
        "push a first commit",
    ];
    fails(&scene, "/git/nett.git", "/git/blank.git", &words).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_repository_is_told() {
    let words =
        ["error[not-found]", "node nett: ", "there is no repository", "/git/gone.git", "check the address"];
    fails(&Scene::new(), "/git/nett.git", "/git/gone.git", &words).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn author_committer_and_message_are_those_that_were_asked_for() {
    let scene = Scene::new();
    let outcome = scene
        .program(PROGRAM)
        .env("GIT_AUTHOR_NAME", "Kari Nordmann")
        .env("GIT_AUTHOR_EMAIL", "kari@example.org")
        .env("GIT_COMMITTER_NAME", "Release Pipeline")
        .env("GIT_COMMITTER_EMAIL", "release@example.org")
        .env("RELEASE_URL", "https://ci.example.org/release/17")
        .arg("deploy")
        .run(LIMIT)
        .await;
    assert_code(&outcome, 0);
    for name in EXTRA_NODES {
        let repository = scene.repository(name);
        let commit = repository.commits(BRANCH).remove(0);
        assert_eq!(commit.author, "Kari Nordmann <kari@example.org>");
        assert_eq!(commit.committer, "Release Pipeline <release@example.org>");
        assert_eq!(
            commit.message,
            format!("Deploy {name} to test\n\nRun: https://ci.example.org/release/17")
        );
        repository.fsck().expect("a sound repository");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_ones_own_is_filled_in() {
    let scene = Scene::new();
    let outcome = scene
        .program(PROGRAM)
        .env("RELEASE_URL", "https://ci.example.org/17")
        .args(["deploy", "--message", "Ship {node} ({environment}), see {link}"])
        .run(LIMIT)
        .await;
    assert_code(&outcome, 0);
    let commit = scene.repository("marked").commits(BRANCH).remove(0);
    assert_eq!(commit.message, "Ship marked (test), see https://ci.example.org/17");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_removed_pipes_go_and_files_outside_of_the_node_folder_stay() {
    let scene = Scene::new();
    assert_code(&scene.program(PROGRAM).arg("deploy").run(LIMIT).await, 0);
    let before = scene.repository("nett").files(BRANCH);
    let removed = "node/pipes/nett-abonnement.conf.json";
    assert!(before.contains_key(removed));
    scene.replace("node/deployment/whitelist-test.txt", "pipes/nett-abonnement.conf.json\n", "");

    assert_code(&scene.program(PROGRAM).arg("deploy").run(LIMIT).await, 0);
    let repository = scene.repository("nett");
    let after = repository.files(BRANCH);
    let gone: Vec<&String> = before.keys().filter(|path| !after.contains_key(*path)).collect();
    assert!(gone.contains(&&removed.to_owned()), "{gone:?}");
    assert!(gone.iter().all(|path| path.starts_with("node/pipes/")), "{gone:?}");
    assert_eq!(after["README.md"], before["README.md"]);
    repository.fsck().expect("a sound repository");
}

/// A scene whose git token must not show, where the program is given it, or another one that must not show either.
fn with_canary() -> Scene {
    let token = Canary::header_safe("git");
    let credentials = Credentials { git: token.value().to_owned(), ..Credentials::default() };
    Scene::with(World::builder().canary(&token), credentials, |name| format!("value of {name}"))
}

async fn run(program: Program<'_>) -> Outcome {
    program.args(["deploy", "--log-level", "trace"]).run(LIMIT).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_shows_in_no_url_argument_file_or_error() {
    let scene = with_canary();
    assert_code(&run(scene.program(PROGRAM)).await, 0);
    assert_eq!(scene.world.spawned(), Vec::<String>::new(), "HTTPS needs no other program");

    let scene = with_canary();
    scene.repository("nett").decline_pushes("No.");
    assert_code(&run(scene.program(PROGRAM)).await, 1);

    let scene = with_canary();
    scene.repository("nett").forbid_pushes();
    assert_code(&run(scene.program(PROGRAM)).await, 1);

    let scene = with_canary();
    let gone = scene.program_but(PROGRAM, "EXTRA_NODES", "/git/nett.git", "/git/gone.git");
    assert_code(&run(gone).await, 1);

    let scene = with_canary();
    scene.world.faults().cut(Rule::new("POST", PUSH), Cut::InBody(10));
    assert_code(&run(scene.program(PROGRAM)).await, 1);
    assert_eq!(scene.repository("nett").commits(BRANCH).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_in_the_address_is_refused_without_showing_it() {
    let scene = with_canary();
    let program = scene.program_but(
        PROGRAM,
        "EXTRA_NODES",
        "https://127.0.0.1",
        "https://deployer:hunter2-hunter2@127.0.0.1",
    );
    let outcome = program.arg("deploy").run(LIMIT).await;
    assert_code(&outcome, 78);
    assert!(!deployer_tests::checks::said(&outcome).contains("hunter2"), "{}", outcome.stderr());
    assert!(scene.world.log().entries().is_empty());
}
