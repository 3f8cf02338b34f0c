//! The state folder: where it is, what a run does without it, and the lock of a target.

use std::os::unix::fs::PermissionsExt;

use deployer_testkit::server::{Moment, Rule};
use deployer_tests::checks::{assert_code, assert_nothing_written, assert_says, said, writes};
use deployer_tests::scene::Scene;

use crate::{LIMIT, PROGRAM};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_on_the_same_targets_is_refused_while_the_first_one_writes() {
    let scene = Scene::new();
    let mut hold = scene.world.faults().hold(Rule::new("POST", "/api/secrets"), Moment::BeforeApply);
    let first = scene.program(PROGRAM).arg("deploy").start();
    hold.arrived().await.expect("it writes");

    let second = scene.program(PROGRAM).arg("deploy").run(LIMIT).await;
    assert_code(&second, 4);
    let target = format!("is deploying to {}", scene.world.node_url());
    assert_says(&second, ["node master: another run (process ", &target, "wait until it has ended"]);
    assert_eq!(writes(&scene.world), ["POST /api/secrets"], "that of the first run");
    for harmless in [&["plan"][..], &["deploy", "--dry-run"], &["check"]] {
        assert_code(&scene.program(PROGRAM).args(harmless).run(LIMIT).await, 0);
    }
    hold.release();
    assert_code(&first.wait(LIMIT).await, 0);
    assert_code(&scene.program(PROGRAM).arg("deploy").run(LIMIT).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_nodes_held_is_kept_for_its_owner_unless_nobody_wants_it() {
    let scene = Scene::new();
    let snapshots = |folder: &str| -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(scene.world.folder().join(folder)).into_iter().flatten().flatten();
        let paths = entries.map(|entry| entry.path());
        paths.filter(|path| path.display().to_string().contains("/snapshot-test-")).collect()
    };
    let home = "home/.local/state/sesam-deployer";
    assert_code(&scene.program(PROGRAM).args(["deploy", "--dry-run"]).run(LIMIT).await, 0);
    assert_eq!(snapshots(home).len(), 0);
    assert_code(&scene.program(PROGRAM).args(["deploy", "--no-snapshot"]).run(LIMIT).await, 0);
    assert_eq!(snapshots(home).len(), 0);
    for (text, command) in [("a", &["deploy"][..]), ("b", &["deploy", "--state", "kept/here"])] {
        let pipe = "node/pipes/global-kunde.conf.json";
        scene.write(pipe, &scene.read(pipe).replacen('{', &format!("{{\"title-{text}\": 1,"), 1));
        assert_code(&scene.program(PROGRAM).args(command).run(LIMIT).await, 0);
    }
    for folder in [home, "kept/here"] {
        let found = snapshots(folder);
        assert_eq!(found.len(), 1, "{folder}");
        let mode =
            |path: &std::path::Path| path.metadata().expect("it is there").permissions().mode() & 0o777;
        assert_eq!((mode(&found[0]), mode(found[0].parent().expect("a folder"))), (0o600, 0o700));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_home_to_write_to_a_run_warns_and_goes_on_and_a_named_folder_has_to_work() {
    let scene = Scene::new();
    let file = scene.world.write("no-folder", "a file");
    let without = scene.program(PROGRAM).env("HOME", &file).arg("deploy").run(LIMIT).await;
    assert_code(&without, 0);
    assert_says(&without, ["no snapshot is saved", "--state DIR"]);

    let scene = Scene::new();
    let file = scene.world.write("no-folder", "a file");
    for refused in [
        scene.program(PROGRAM).arg("deploy").arg("--state").arg(&file).run(LIMIT).await,
        scene.program(PROGRAM).env("SESAM_DEPLOYER_STATE", &file).arg("deploy").run(LIMIT).await,
        scene
            .program_with_file(PROGRAM, "[environments.test]\nstate = \"../no-folder\"\n")
            .arg("deploy")
            .run(LIMIT)
            .await,
    ] {
        assert_code(&refused, 1);
        assert!(said(&refused).contains("use the state folder"), "{}", said(&refused));
        assert_nothing_written(&scene.world, &refused);
    }
}
