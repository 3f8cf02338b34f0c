//! A run that loses the right to write while it writes.

use std::sync::Arc;

use deployer_core::plugin::{WriteAccess, WriteCheck};
use deployer_core::{Error, Kind, Result};
use deployer_engine::run::Unattended;
use deployer_testkit::fakes::Mishap;

use crate::scene::{Scene, outcomes};

#[derive(Debug)]
struct Lost;

impl WriteCheck for Lost {
    fn check(&self) -> Result<()> {
        Err(Error::new(Kind::Refused, "the lease is lost"))
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_loses_its_access_during_a_step_begins_no_other_one_and_undoes_nothing() {
    let scene = Scene::new();
    let (planned, access) = (scene.plan().await, WriteAccess::default());
    let lose = access.clone();
    scene.script.on("* execute *", 1, Mishap::meanwhile(move || lose.allow(Some(Arc::new(Lost)))));
    let runner = scene.runner().with_writes(access);
    let applied = scene.deployment.apply(&planned, &Unattended, &runner).await;
    assert_eq!(applied.error.map(|error| error.kind()), Some(Kind::Refused));
    assert_eq!(scene.executed().len(), 1, "{:?}", scene.executed());
    assert_eq!(scene.script.count("* undo *"), 0);
    let steps = [outcomes(&applied.receipt, "master"), outcomes(&applied.receipt, "extra")].concat();
    assert!(steps.iter().any(|step| step.ends_with("not done")), "{steps:?}");
    assert!(!steps.iter().any(|step| step.ends_with(": put back")), "{steps:?}");
}
