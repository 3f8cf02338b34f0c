//! Leases in a place that has nothing else: snapshots, fingerprints and plans are in a folder that all processes share, or nowhere.

use std::path::PathBuf;

use deployer_testkit::server::{Moment, Rule};
use deployer_tests::checks::{assert_code, assert_says, said, writes};
use serde_json::Value;

use crate::{LIMIT, PIPE, Shared};

impl Shared {
    /// The names of what the place has that is no lease.
    fn others(&self) -> Vec<String> {
        self.place.objects().into_keys().filter(|name| !name.starts_with("lease-")).collect()
    }

    /// The names of the files in a folder.
    fn files(folder: &PathBuf) -> Vec<String> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_run_at_a_time_writes_and_leases_can_be_listed_and_broken() {
    let shared = Shared::with_leases_alone();
    let faults = shared.scene.world.faults();
    let mut hold = faults.hold(Rule::new("POST", "/api/secrets").nth(1), Moment::BeforeApply);
    let first = shared.on("pod-1", &["deploy"]).start();
    hold.arrived().await.expect("it writes");
    let refused = shared.run("pod-2", &["deploy"], 4).await;
    assert_says(&refused, ["kari@pod-1 has been deploying to https://", "--wait 10m"]);
    assert_eq!(writes(&shared.scene.world), ["POST /api/secrets"], "that of the first run");
    let listed = shared.run("pod-2", &["lock", "--json"], 0).await;
    let listed: Value = serde_json::from_str(&listed.stdout()).expect("a document");
    assert!(listed["state"].as_str().is_some_and(|place| place.ends_with("/state")), "{listed:#}");
    assert_eq!(listed["locks"][0]["epoch"], 1, "{listed:#}");
    shared.change("of the second");
    let second = shared.on("pod-2", &["deploy", "--wait", "5m"]).start();
    hold.release();
    assert_code(&first.wait(LIMIT).await, 0);
    assert_code(&second.wait(LIMIT).await, 0);
    assert_eq!(shared.description(), "of the second");

    let mut hold = faults.hold(Rule::new("PUT", "/api/config").nth(1), Moment::BeforeApply);
    shared.scene.write(PIPE, &shared.scene.read(PIPE).replace("of the second", "of the third"));
    let third = shared.on("pod-1", &["deploy"]).start();
    hold.arrived().await.expect("it writes");
    let broken = shared.run("pod-2", &["lock", "break", "master", "--epoch", "3"], 0).await;
    assert_says(&broken, ["is free"]);
    hold.release();
    third.wait(LIMIT).await;
    assert_eq!(shared.lease()["epoch"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_folder_nothing_else_is_saved() {
    let shared = Shared::with_leases_alone();
    let first = shared.run("pod-1", &["deploy"], 0).await;
    assert_says(&first, ["no snapshot is saved", "--state DIR"]);
    shared.change("second");
    let second = shared.run("pod-2", &["deploy"], 0).await;
    assert!(!said(&second).contains("unchanged secrets, not sent"), "{}", said(&second));
    assert_says(&shared.run("pod-2", &["plan", "--out", "state:pr"], 78).await, ["there is no state folder"]);
    shared.run("pod-2", &["status"], 0).await;
    assert_eq!(shared.others(), Vec::<String>::new());
    for machine in ["pod-1", "pod-2"] {
        assert_eq!(Shared::files(&shared.scene.world.folder().join(machine)), Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_named_has_everything_else() {
    let shared = Shared::with_leases_alone();
    let folder = shared.scene.world.folder().join("volume");
    let on = async |machine: &str, arguments: &[&str], code: i32| {
        let outcome = shared.on(machine, arguments).arg("--state").arg(&folder).run(LIMIT).await;
        assert_code(&outcome, code);
        outcome
    };
    on("pod-1", &["deploy"], 0).await;
    shared.change("second");
    let second = on("pod-2", &["deploy"], 0).await;
    assert_says(&second, ["unchanged secrets, not sent", "snapshot saved in "]);
    on("pod-1", &["restore", "--last"], 0).await;
    assert_eq!(shared.description(), Value::Null);
    assert_eq!(shared.others(), Vec::<String>::new());
    let files = Shared::files(&folder);
    assert!(!files.iter().any(|name| name.ends_with(".lock")), "leases lock the targets: {files:?}");

    // A run that was paused in a later epoch's time writes nothing there.
    let secrets: Vec<_> = files.iter().filter(|name| name.starts_with("secrets-")).collect();
    for name in secrets {
        let text = std::fs::read_to_string(folder.join(name)).expect("it is there");
        let mut document: Value = serde_json::from_str(&text).expect("a document");
        document["epoch"] = 99.into();
        std::fs::write(folder.join(name), document.to_string()).expect("it is ours");
    }
    let late = on("pod-2", &["deploy", "--resend-secrets"], 4).await;
    assert_says(&late, ["a later run wrote it (epoch 99"]);
}
