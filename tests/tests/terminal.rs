//! What a person at a terminal sees: colours, and progress for whatever takes longer than half a second.

use std::time::Duration;

use deployer_testkit::server::Rule;
use deployer_testkit::skip_or_fail;
use deployer_testkit::world::Outcome;
use deployer_tests::scene::Scene;

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
const LIMIT: Duration = Duration::from_secs(60);

/// Runs a program on a pseudo-terminal, whose output it copies.
const ON_A_TERMINAL: &str =
    "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

/// What the program prints on a terminal; none, and a reason, where there is no Python to make one.
async fn on_a_terminal(scene: &Scene, arguments: &[&str]) -> Option<Outcome> {
    let can = std::process::Command::new("python3").args(["-c", "import pty"]).status();
    if !can.is_ok_and(|status| status.success()) {
        skip_or_fail("output on a terminal", "python3 with the module pty is needed to make one");
        return None;
    }
    let program = scene.program("python3").args(["-c", ON_A_TERMINAL, PROGRAM]).args(arguments);
    Some(program.env("TERM", "xterm-256color").run(LIMIT).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_reads_and_writes_show_their_progress() {
    let scene = Scene::new();
    let slow = Duration::from_millis(900);
    scene.world.faults().delay(Rule::new("GET", "/v1/*"), slow);
    scene.world.faults().delay(Rule::new("PUT", "/api/config"), slow);
    let Some(outcome) = on_a_terminal(&scene, &["deploy"]).await else { return };
    let shown = outcome.stdout();
    assert_eq!(outcome.code(), Some(0), "{shown}");
    for part in ["read secrets 0/8", "master: upload configuration"] {
        assert!(shown.contains(part), "{part:?} is not in {shown:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_is_painted_unless_no_color_is_set() {
    let scene = Scene::new();
    let Some(painted) = on_a_terminal(&scene, &["plan"]).await else { return };
    assert!(painted.stdout().contains("\u{1b}[32m+"), "{}", painted.stdout());
    let program = scene.program("python3").args(["-c", ON_A_TERMINAL, PROGRAM, "plan"]);
    let plain = program.env("TERM", "xterm-256color").env("NO_COLOR", "1").run(LIMIT).await;
    assert!(!plain.stdout().contains("\u{1b}[32m+"), "{}", plain.stdout());
}
