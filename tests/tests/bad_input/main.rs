//! Bad input, through the whole program: the place, the reason, what to do next, and the exit code. Never a panic.

mod entities;
mod files;
mod fuzz;
mod settings;

use std::time::Duration;

use deployer_testkit::world::Outcome;
use deployer_tests::scene::Scene;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

pub(crate) const DONE: Option<i32> = Some(0);
pub(crate) const VERIFICATION: Option<i32> = Some(3);
pub(crate) const USAGE: Option<i32> = Some(64);
pub(crate) const SETTINGS: Option<i32> = Some(78);

/// A file of the whitelist.
pub(crate) const PIPE: &str = "node/pipes/crm-kunde.conf.json";
pub(crate) const WHITELIST: &str = "node/deployment/whitelist-test.txt";
pub(crate) const VARIABLES: &str = "node/variables/variables-test.json";

/// Settings in a file for the commands that talk to nobody.
pub(crate) const OFFLINE: &str = r#"environment = "test"

[nodes.master]
target = false

[nodes.nett]
target = false
templates = "extra_nodes/nett"

[nodes.marked]
target = false
templates = "extra_nodes/marked"
proxy = true
"#;

pub(crate) async fn run(scene: &Scene, command: &str) -> Outcome {
    scene.program(PROGRAM).arg(command).run(LIMIT).await
}

/// `check` with the settings of a file, run in the root of the configuration.
pub(crate) async fn check_with(scene: &Scene, settings: &str) -> Outcome {
    with_file(scene, settings, &["check"]).await
}

pub(crate) async fn with_file(scene: &Scene, settings: &str, arguments: &[&str]) -> Outcome {
    scene.write("deployer.toml", settings);
    scene.world.program(PROGRAM).args(arguments).current_dir(&scene.root).run(LIMIT).await
}

/// What a command said on standard error, addresses made equal.
///
/// # Panics
/// When it ended otherwise.
#[track_caller]
pub(crate) fn said(scene: &Scene, outcome: &Outcome, code: Option<i32>) -> String {
    assert_eq!(outcome.code(), code, "{}", outcome.stderr());
    outcome.stderr().replace(&scene.world.server().address().to_string(), "[address]")
}

/// What `check` and `plan` say alike when both refuse the configuration.
pub(crate) async fn refusal(scene: &Scene) -> String {
    let [check, plan] = [run(scene, "check").await, run(scene, "plan").await];
    assert_eq!((check.stdout(), plan.stdout()), (String::new(), String::new()), "there is no result");
    let refusal = said(scene, &check, VERIFICATION);
    assert_eq!(said(scene, &plan, VERIFICATION), refusal);
    refusal
}

pub(crate) fn list(scene: &Scene, line: &str) {
    scene.write(WHITELIST, &format!("{}\n{line}\n", scene.read(WHITELIST)));
}
