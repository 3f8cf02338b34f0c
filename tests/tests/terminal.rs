//! The program on a terminal: colours, progress, consent, short output, and completions.

use std::time::Duration;

use deployer_testkit::server::{Moment, Rule};
use deployer_testkit::world::{Outcome, Program, Signal};
use deployer_tests::checks::writes;
use deployer_tests::scene::Scene;
use deployer_tests::terminal;

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
const LIMIT: Duration = Duration::from_secs(60);

/// A program on a terminal; none, with a reason, if there is no Python to make one.
fn on_a_terminal<'s>(scene: &'s Scene, answer: &str, arguments: &[&str]) -> Option<Program<'s>> {
    let program = || terminal::on_a_terminal(|python| scene.program(python), answer, PROGRAM).args(arguments);
    terminal::has_terminals("output on a terminal").then(program)
}

async fn run(scene: &Scene, answer: &str, arguments: &[&str]) -> Option<Outcome> {
    Some(on_a_terminal(scene, answer, arguments)?.run(LIMIT).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_reads_and_writes_show_their_progress() {
    let scene = Scene::new();
    let slow = Duration::from_millis(900);
    scene.world.faults().delay(Rule::new("GET", "/v1/*"), slow);
    scene.world.faults().delay(Rule::new("PUT", "/api/config"), slow);
    let Some(outcome) = run(&scene, "", &["deploy", "--yes"]).await else { return };
    let shown = outcome.stdout();
    assert_eq!(outcome.code(), Some(0), "{shown}");
    for part in ["read secrets 0/8", "master: upload configuration"] {
        assert!(shown.contains(part), "{part:?} is not in {shown:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watched_status_is_shown_again_in_its_place_until_the_terminal_is_closed() {
    let scene = Scene::new();
    let Some(program) = on_a_terminal(&scene, "", &["status", "--watch", "1"]) else { return };
    let (sender, mut rounds) = tokio::sync::mpsc::unbounded_channel();
    scene.world.faults().call(Rule::new("GET", "/api/config"), Moment::AfterApply, move |_| {
        // Nobody listens any more when the test has failed.
        let _ = sender.send(());
    });
    let running = program.start();
    for _ in 0..2 {
        tokio::time::timeout(LIMIT, rounds.recv()).await.expect("another look").expect("the server runs");
    }
    running.signal(Signal::TERM);
    let shown = running.wait(LIMIT).await.stdout();
    assert!(shown.contains("\u{1b}[H\u{1b}[2J") && shown.contains("Status of test"), "{shown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_is_painted_unless_no_color_is_set() {
    let scene = Scene::new();
    let Some(painted) = run(&scene, "", &["plan"]).await else { return };
    assert!(painted.stdout().contains("\u{1b}[32m+"), "{}", painted.stdout());
    let Some(program) = on_a_terminal(&scene, "", &["plan"]) else { return };
    let plain = program.env("NO_COLOR", "1").run(LIMIT).await;
    assert!(!plain.stdout().contains("\u{1b}[32m+"), "{}", plain.stdout());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_that_changes_something_is_approved_by_a_person() {
    let scene = Scene::new();
    for (answer, says) in [("no\n", "the plan was not approved"), ("\u{4}", "the plan was not approved")] {
        let Some(refused) = run(&scene, answer, &["deploy"]).await else { return };
        let shown = refused.stdout();
        assert_eq!(refused.code(), Some(4), "{shown}");
        assert!(shown.contains("Deploy to test? master: 29 to add") && shown.contains(says), "{shown}");
        assert!(shown.contains("Refused. Nothing was written."), "{shown}");
        assert_eq!(writes(&scene.world), Vec::<String>::new());
    }
    let Some(approved) = run(&scene, "yes\n", &["deploy"]).await else { return };
    assert_eq!(approved.code(), Some(0), "{}", approved.stdout());
    let Some(unchanged) = run(&scene, "", &["deploy"]).await else { return };
    assert_eq!(unchanged.code(), Some(0), "nothing changes, so nobody is asked: {}", unchanged.stdout());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_plan_and_a_snapshot_are_approved_as_well_and_yes_asks_nobody() {
    let scene = Scene::new();
    let Some(planned) = run(&scene, "", &["plan", "--out", "plan.json"]).await else { return };
    assert!(planned.stdout().contains("sesam-deployer apply plan.json"), "{}", planned.stdout());
    let Some(refused) = run(&scene, "n\n", &["apply", "plan.json"]).await else { return };
    assert_eq!(refused.code(), Some(4), "{}", refused.stdout());
    let Some(applied) = run(&scene, "", &["apply", "plan.json", "--yes"]).await else { return };
    assert_eq!(applied.code(), Some(0), "{}", applied.stdout());
    let Some(restored) = run(&scene, "yes\n", &["restore", "--last"]).await else { return };
    assert_eq!(restored.code(), Some(0), "{}", restored.stdout());
    assert!(scene.world.node().state().config("").is_empty(), "the snapshot is from before the first deploy");
}

#[tokio::test(flavor = "multi_thread")]
async fn long_output_goes_through_the_pager() {
    let scene = Scene::new();
    let pager = scene.world.write("pager", "#!/bin/sh\necho through the pager\nexec cat\n");
    std::fs::set_permissions(&pager, std::os::unix::fs::PermissionsExt::from_mode(0o700))
        .expect("it is ours");
    let Some(program) = on_a_terminal(&scene, "", &["plan", "--full"]) else { return };
    let long = program.env("PAGER", &pager).run(LIMIT).await;
    assert_eq!(long.code(), Some(0), "{}", long.stdout());
    assert!(
        long.stdout().contains("through the pager") && long.stdout().contains("\"_id\""),
        "{}",
        long.stdout()
    );
}

/// Loads the completions as a person's shell does, and prints the words that it offers for two beginnings.
const IN_BASH: &str = r#"
eval "$("$0" completions bash)"
function=$(complete -p sesam-deployer); function=${function#*-F }; function=${function%% *}
offers() { COMP_WORDS=(sesam-deployer "$@"); COMP_CWORD=$#; "$function" sesam-deployer "${!#}" "${COMP_WORDS[-2]}"; echo "${COMPREPLY[*]}"; }
offers depl
offers plan --environment ""
"#;

#[tokio::test(flavor = "multi_thread")]
async fn bash_completes_commands_and_the_environments_of_the_settings_file() {
    let scene = Scene::new();
    scene
        .world
        .write("deployer.toml", "environment = \"test\"\n[environments.prod]\n[environments.staging]\n");
    let run = |command: &str| scene.world.program("bash").args(["-c", command, PROGRAM]).run(LIMIT);
    let outcome = run(IN_BASH).await;
    assert_eq!(outcome.code(), Some(0), "{}", outcome.stderr());
    assert_eq!(outcome.stdout(), "deploy\nprod staging\n", "{}", outcome.stderr());
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = scene.world.program(PROGRAM).args(["completions", shell]).run(LIMIT).await;
        assert_eq!((script.code(), script.stderr()), (Some(0), String::new()), "{shell}");
        assert!(script.stdout().contains("sesam-deployer"), "{shell}");
    }
    assert_eq!(scene.world.program(PROGRAM).args(["completions", "tcsh"]).run(LIMIT).await.code(), Some(64));
}
