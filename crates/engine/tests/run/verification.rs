//! Everything is verified before the first write.

use deployer_core::Kind;
use deployer_testkit::fakes::Mishap;

use crate::scene::{Scene, fail, pipe};

#[tokio::test(start_paused = true)]
async fn a_deploy_writes_everything_and_the_next_one_finds_nothing() {
    let scene = Scene::new();
    let applied = scene.deploy().await;
    assert!(applied.error.is_none() && applied.receipt.is_complete(), "{applied:?}");
    assert_eq!(scene.master.held().secrets.len(), 1);
    assert_eq!(scene.extra.held().entities.len(), 1);
    scene.assert_converged().await;
    let writes = scene.extra.held().writes;
    let applied = scene.deploy().await;
    assert!(applied.error.is_none(), "{applied:?}");
    assert_eq!(scene.extra.held().writes, writes);
    assert_eq!(scene.executed().last().map(String::as_str), Some("master execute send secrets"));
}

#[tokio::test(start_paused = true)]
async fn one_secret_missing_on_any_node_and_nothing_is_written_anywhere() {
    for (file, node) in [("m", "master"), ("e", "extra")] {
        let scene = Scene::new();
        scene.source.write(&format!("node/pipes/{file}.conf.json"), pipe(file, node, "$SECRET(tow)"));
        let error = scene.refused().await;
        assert_eq!(error.kind(), Kind::Verification);
        let text = format!("{error:?}");
        assert!(text.contains("\"tow\"") || text.contains("tow"), "{text}");
        assert!(text.contains(&format!("pipes/{file}.conf.json:1:")), "the place of use: {text}");
        assert!(text.contains("two"), "the nearest name: {text}");
        assert_eq!(scene.executed(), Vec::<String>::new());
        assert_eq!(scene.script.count("* prepare"), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn all_problems_are_told_at_once() {
    let scene = Scene::new();
    scene.source.write("node/pipes/m.conf.json", pipe("m", "master", "$ENV(no-variable) $SECRET(no-secret)"));
    scene.source.write("node/pipes/broken.conf.json", "{");
    scene.store.deny("two");
    scene.script.on("master observe", 1, fail(Kind::Denied));
    scene.script.on("extra observe", 1, fail(Kind::NotFound));
    let error = scene.refused().await;
    let told = format!("{error:?}");
    for part in [
        "no-variable",
        "no-secret",
        "broken.conf.json",
        "read two",
        "node master: programmed denied",
        "node extra: programmed not-found",
    ] {
        assert!(told.contains(part), "{part} is not told: {told}");
    }
    assert_eq!(error.related().len(), 6, "{told}");
    assert_eq!(scene.executed(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn checking_offline_asks_nobody_but_the_source() {
    let scene = Scene::new();
    scene.deployment.check(&scene.runner()).await.expect("it is good");
    assert!(
        scene.script.calls().iter().all(|call| call.starts_with("source ")),
        "{:?}",
        scene.script.calls()
    );
    scene.deployment.check_secrets(&scene.runner()).await.expect("it is good");
    assert_eq!((scene.script.count("main open"), scene.script.count("* observe")), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn no_file_is_read_twice() {
    let scene = Scene::new();
    scene.plan().await;
    let mut calls = scene.script.calls();
    calls.sort();
    let count = calls.len();
    calls.dedup();
    assert_eq!(calls.len(), count, "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn secrets_that_are_not_verified_are_warned_about_and_not_sent() {
    let mut scene = Scene::new();
    scene.deployment.verify.secrets = false;
    scene.source.write(
        "node/pipes/m.conf.json",
        pipe("m", "master", "$SECRET(one) $SECRET(no-secret) $SECRET(denied)"),
    );
    scene.store.deny("denied");
    let planned = scene.plan().await;
    let notes = format!("{:?}", planned.plan.notes);
    for part in ["no-secret", "denied", "nothing is sent for it"] {
        assert!(notes.contains(part), "{part}: {notes}");
    }
    let applied = scene.apply(&planned).await;
    assert!(applied.error.is_none(), "{applied:?}");
    let sent: Vec<String> = scene.master.held().secrets.keys().map(ToString::to_string).collect();
    assert_eq!(sent, ["one"]);
    assert_eq!(scene.script.count("main read two"), 0, "what is neither verified nor sent is not read");
}

#[tokio::test(start_paused = true)]
async fn what_another_program_changed_in_the_source_meanwhile_does_not_count() {
    let scene = Scene::new();
    let source = scene.source.clone();
    let change = move || source.write("node/pipes/m.conf.json", "{");
    scene.script.on("source read *", 1, Mishap::meanwhile(change));
    scene.plan().await;
}

#[tokio::test(start_paused = true)]
async fn an_id_of_another_config_group_is_told_with_the_group_and_the_file() {
    let scene = Scene::new();
    scene.master.intrude(|held| {
        held.elsewhere.insert("m".to_owned(), "analytics".to_owned());
    });
    let refused = scene.refused().await;
    assert_eq!(refused.message(), "node master: \"m\" exists in the config group \"analytics\" already");
    assert_eq!(
        (refused.kind(), refused.places()[0].to_string().as_str()),
        (Kind::Verification, "pipes/m.conf.json:1:1")
    );
    assert_eq!(scene.executed(), Vec::<String>::new());
}
