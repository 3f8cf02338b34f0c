//! What begins while the configuration is read.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use deployer_core::{Error, Kind};
use deployer_testkit::fakes::Mishap;

use crate::scene::{Scene, fail, pipe};

const LONG: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn nodes_are_read_and_the_first_store_is_opened_while_the_configuration_is_read() {
    let scene = Scene::new();
    let before: Arc<Mutex<Vec<String>>> = Arc::default();
    let (script, calls) = (scene.script.clone(), Arc::clone(&before));
    let note = move || calls.lock().expect("nothing panics").extend(script.calls());
    scene.script.on("source fetch", 1, Mishap::Slow(LONG));
    scene.script.on("source read *", 1, Mishap::meanwhile(note));
    scene.plan().await;
    let before = before.lock().expect("nothing panics");
    for call in ["main open", "master observe", "extra observe"] {
        assert!(before.iter().any(|other| other == call), "{call}: {before:?}");
    }
    assert_eq!((scene.script.count("main open"), scene.script.count("* observe")), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_configuration_that_cannot_be_read_ends_what_has_begun() {
    let scene = Scene::new();
    let denied = Error::new(Kind::Denied, "the folder cannot be read");
    scene.script.on("source fetch", 1, Mishap::FailLate(LONG, denied));
    scene.script.on("* observe", usize::MAX, Mishap::Hang);
    let error = scene.refused().await;
    assert_eq!(error.message(), "the folder cannot be read", "{error:?}");
    assert_eq!(scene.store.left_behind(), 1, "the login has begun");
    assert!(scene.deployment.close(&scene.runner()).await.is_empty());
    assert_eq!(scene.store.left_behind(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_failed_login_to_a_store_that_no_secret_needs_is_no_failure() {
    let scene = Scene::new();
    scene.source.write("node/pipes/m.conf.json", pipe("m", "master", "$ENV(url)"));
    scene.source.write("node/pipes/e.conf.json", pipe("e", "extra", "$ENV(url)"));
    scene.script.on("main open", usize::MAX, fail(Kind::Denied));
    scene.plan().await;
}

#[tokio::test(start_paused = true)]
async fn what_all_reads_of_a_store_depend_on_is_one_failure() {
    let scene = Scene::new();
    scene.script.on("main check", usize::MAX, fail(Kind::Settings));
    let error = scene.refused().await;
    assert_eq!((error.message(), error.kind()), ("programmed settings", Kind::Settings));
    assert!(error.places().is_empty(), "without the places of all secrets: {error:?}");
}
