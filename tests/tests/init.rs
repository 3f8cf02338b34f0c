//! `init` and `settings`: one deploy, said by environment variables and by a file.

use std::time::Duration;

use deployer_testkit::world::{Outcome, Program, World};
use deployer_tests::golden::Case;
use deployer_tests::scene::{GIT_TOKEN, NODE_TOKEN, Scene, VAULT_TOKEN};

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
const LIMIT: Duration = Duration::from_secs(60);
const DONE: Option<i32> = Some(0);
const REFUSED: Option<i32> = Some(4);

/// The variables that a file of `init` refers to: those that hold credentials.
const REFERRED: [&str; 4] = ["MASTER_NODE", "EXTRA_NODES", "VAULT_GIT_TOKEN", "VAULT_APPROLE_ID"];

#[track_caller]
fn done(outcome: &Outcome) -> String {
    assert_eq!(outcome.code(), DONE, "{}\n{}", outcome.stdout(), outcome.stderr());
    outcome.stdout()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_run_is_one_plan_by_its_variables_and_by_the_file_that_init_writes() {
    let Some(shared) = deployer_testkit::shared_dir() else {
        println!("skipped: recorded runs: the folder of recordings is absent; DEPLOYER_SHARED names it");
        return;
    };
    for case in Case::all(&shared.join("golden")) {
        println!("case {}", case.name);
        let world = World::builder().start();
        case.prepare(&world);
        let by_variables = || case.environment(world.program(PROGRAM), &world);
        let planned = done(&by_variables().args(["plan", "--json"]).run(LIMIT).await);
        let file = world.write("written/.keep", "").with_file_name("deployer.toml");
        done(&by_variables().arg("--settings").arg(&file).arg("init").run(LIMIT).await);
        let text = std::fs::read_to_string(&file).expect("init wrote it");
        assert!(!text.contains("ghp_x") && !text.contains("\"jwt\""), "{text}");
        let by_file =
            case.some_of_the_environment(world.program(PROGRAM), &world, |name| REFERRED.contains(&name));
        let again = by_file.arg("--settings").arg(&file).args(["plan", "--json"]).run(LIMIT).await;
        assert_eq!(done(&again), planned, "case {}\n{text}", case.name);
    }
}

/// A program with the variables of a scene that hold credentials.
fn with_credentials(scene: &Scene) -> Program<'_> {
    let program = scene.world.program(PROGRAM);
    let program = match scene.world.server().ca_file() {
        Some(file) => program.env("SSL_CERT_FILE", file),
        None => program,
    };
    let variables = scene.variables().into_iter().filter(|(name, _)| REFERRED.contains(name));
    variables.fold(program, |program, (name, value)| program.env(name, value))
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_credential_may_come_from_a_command_in_the_folder_of_the_settings() {
    use std::os::unix::fs::PermissionsExt;

    let scene = Scene::new();
    let program = scene.world.write("conf/token", "#!/bin/sh\ncat \"$1\"\n");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("the file is ours");
    scene.world.write("conf/jwt", format!("{NODE_TOKEN}\n"));
    let file = program.with_file_name("deployer.toml");
    done(&scene.program(PROGRAM).arg("--settings").arg(&file).arg("init").run(LIMIT).await);
    let text = std::fs::read_to_string(&file).expect("init wrote it");
    let by_command =
        text.replace("{ env = \"MASTER_NODE\", field = \"JWT\" }", "{ command = [\"./token\", \"jwt\"] }");
    assert_ne!(by_command, text);
    std::fs::write(&file, by_command).expect("the world's folder is writable");
    let planned =
        with_credentials(&scene).arg("--settings").arg(&file).args(["plan", "--json"]).run(LIMIT).await;
    let by_variables = scene.program(PROGRAM).args(["plan", "--json"]).run(LIMIT).await;
    assert_eq!(done(&planned), done(&by_variables));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_begun_with_what_lies_in_the_folder_is_accepted_and_never_overwritten() {
    let scene = Scene::new();
    let run = |arguments: &'static [&'static str]| {
        scene.world.program(PROGRAM).args(arguments).current_dir(&scene.root).run(LIMIT)
    };
    insta::assert_snapshot!("init", done(&run(&["init"]).await));
    let text = scene.read("deployer.toml");
    insta::assert_snapshot!("init-file", text);
    done(&run(&["check"]).await);
    let shown =
        run(&["settings", "--environment", "prod", "--log-level", "info", "--log-format", "json"]).await;
    insta::assert_snapshot!("settings", done(&shown));
    scene.write("deployer.toml", "environment = \"mine\"\n");
    let refused = run(&["init"]).await;
    assert_eq!((refused.code(), refused.stdout()), (REFUSED, String::new()));
    insta::assert_snapshot!(refused.stderr(), @r"
    error[refused]: deployer.toml already exists
      hint: create another file with --settings FILE, or replace this one with --force
    ");
    assert_eq!(scene.read("deployer.toml"), "environment = \"mine\"\n");
    done(&run(&["init", "--force", "--json"]).await);
    assert_eq!(scene.read("deployer.toml"), text);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_the_environment_variables_name_them_and_hold_no_credential() {
    let scene = Scene::new();
    let program = scene.program(PROGRAM).env("TF_BUILD", "True");
    let shown = done(&program.args(["settings", "--environment", "prod"]).run(LIMIT).await);
    for credential in [NODE_TOKEN, GIT_TOKEN, VAULT_TOKEN] {
        assert!(!shown.contains(credential), "{shown}");
    }
    let parts = shown.split("  ").filter(|part| !part.is_empty()).map(|part| part.trim_start_matches(' '));
    let shown = parts
        .collect::<Vec<_>>()
        .join("  ")
        .replace(&scene.world.server().address().to_string(), "[address]")
        .replace(&scene.world.folder().display().to_string(), "[world]");
    insta::assert_snapshot!("settings-variables", shown);
}
