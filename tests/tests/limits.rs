//! Servers that never answer: a run gives each of them up after `silence_seconds`, and names it.

use std::time::Duration;

use deployer_testkit::server::{Moment, Rule};
use deployer_tests::checks::{assert_code, assert_nothing_written, assert_says};
use deployer_tests::scene::{MOUNT, Scene};

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
/// Longer than any run takes.
const LIMIT: Duration = Duration::from_secs(60);
/// One attempt takes as long as the silence can last.
const SETTINGS: &str = "[limits]\nsilence_seconds = 1\nstore_requests = 1\n\
                        [environments.test.stores.vault.http]\ntimeout_seconds = 1\n\
                        [environments.test.nodes.master.target.http]\ntimeout_seconds = 1\n\
                        [environments.test.nodes.nett.target.http]\ntimeout_seconds = 1\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_mute_server_is_given_up_and_named() {
    for (named, path, most) in [
        ("log in to Vault", "/v1/auth/github/login".to_owned(), 1),
        // The first read, and those that wait for their turn when it fails.
        ("Vault", format!("/v1/{MOUNT}/data/*"), 2),
        ("node master", "/api/config".to_owned(), 1),
        // For the branch, and for the permission to push.
        ("node nett", "/git/nett.git/info/refs".to_owned(), 2),
    ] {
        let scene = Scene::new();
        let _hold = scene.world.faults().hold(Rule::path(&path), Moment::BeforeApply);
        let outcome = scene.program_with_file(PROGRAM, SETTINGS).arg("deploy").run(LIMIT).await;
        assert_code(&outcome, 1);
        assert_nothing_written(&scene.world, &outcome);
        let entries = scene.world.log().entries();
        let is_tried = |tried: &str| match path.strip_suffix('*') {
            Some(start) => tried.starts_with(start),
            None => tried == path,
        };
        let tried = entries.iter().filter(|entry| is_tried(entry.path_only())).count();
        assert!((1..=most).contains(&tried), "{path}: {tried} attempts");
        assert_says(&outcome, [named, &*scene.world.vault_url(), "no answer within 1"]);
    }
}
