//! Giving back what was created for a run.

use std::time::Duration;

use deployer_core::Kind;
use deployer_testkit::fakes::{MemoryStore, Mishap};
use tokio::time::Instant;

use crate::scene::{Scene, fail};

#[tokio::test(start_paused = true)]
async fn every_store_and_target_is_closed_whatever_the_others_do() {
    let mut scene = Scene::new();
    let second = MemoryStore::new("second", &scene.script);
    scene.add_store("second", second);
    scene.plan().await;
    scene.script.on("main close", 1, Mishap::Hang);
    scene.script.on("second close", 1, fail(Kind::Unavailable));
    scene.script.on("master close", 1, Mishap::Hang);
    let begun = Instant::now();
    let notes = scene.deployment.close(&scene.runner()).await;
    assert!(begun.elapsed() <= Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(scene.script.count("* close"), 4);
    let told: Vec<&str> = notes.iter().map(|note| note.message.as_str()).collect();
    assert_eq!(
        told,
        [
            "memory main: timed out revoking temporary credentials",
            "memory second: programmed unavailable",
            "memory master: timed out revoking temporary credentials",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn closing_works_after_an_interruption() {
    let scene = Scene::new();
    scene.plan().await;
    assert_eq!(scene.store.left_behind(), 1);
    scene.cancel.cancel();
    assert!(scene.deployment.close(&scene.runner()).await.is_empty());
    assert_eq!(scene.store.left_behind(), 0);
}

#[tokio::test(start_paused = true)]
async fn stores_that_were_closed_before_the_end_are_closed_once() {
    let mut scene = Scene::new();
    let planned = scene.plan().await;
    let runner = scene.runner();
    let closing = scene.deployment.close_stores(&runner);
    let (applied, notes) = tokio::join!(scene.apply(&planned), closing);
    assert!(applied.error.is_none() && notes.is_empty(), "{applied:?} {notes:?}");
    assert_eq!(scene.store.left_behind(), 0);
    assert!(scene.deployment.close(&runner).await.is_empty());
    assert_eq!((scene.script.count("main close"), scene.script.count("* close")), (1, 3));
}
