//! Progress that began always ends.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use deployer_core::Kind;
use deployer_engine::run::{Event, Policy, Progress, Runner, Unattended};
use deployer_testkit::fakes::Mishap;

use crate::scene::{Scene, fail};

/// The parts and writes that began and did not end.
#[derive(Debug, Default)]
struct Open(Mutex<Vec<String>>);

impl Progress for Open {
    fn event(&self, event: Event<'_>) {
        let mut open = self.0.lock().expect("nothing panics");
        match event {
            Event::Began { part, .. } => open.push(part.to_owned()),
            Event::Writing { node, step } => open.push(format!("{node} {step}")),
            Event::Ended { part } => open.retain(|other| other != part),
            Event::Wrote { node, step } => open.retain(|other| *other != format!("{node} {step}")),
            _ => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_fails_what_began_ends() {
    let calls =
        ["source fetch", "source read *", "main open", "main read *", "master observe", "master settling"];
    for call in calls.into_iter().chain(["master prepare", "master execute *", "extra execute *"]) {
        let scene = Scene::new();
        scene.script.on(call, usize::MAX, fail(Kind::Denied));
        let open = Arc::new(Open::default());
        let runner = Runner::new(Policy::default(), scene.cancel.clone(), Arc::clone(&open) as _);
        if let Ok(planned) = scene.deployment.plan(&runner).await {
            scene.deployment.apply(&planned, &Unattended, &runner).await;
        }
        assert_eq!(*open.0.lock().expect("nothing panics"), Vec::<String>::new(), "{call}");
    }
}

/// What a run reported to wait for, and for how many seconds.
#[derive(Debug, Default)]
struct Waits(Mutex<Vec<(String, u64)>>);

impl Progress for Waits {
    fn event(&self, event: Event<'_>) {
        if let Event::Waiting { attempted, waited } = event {
            self.0.lock().expect("nothing panics").push((attempted.to_owned(), waited.as_secs()));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_reports_what_it_waits_for_at_growing_distances() {
    for (call, attempted) in [
        ("main open", "log in to memory main"),
        ("main read *", "read secrets from memory main"),
        ("master observe", "memory master: read what runs"),
        ("master execute send secrets", "memory master: send secrets"),
    ] {
        let scene = Scene::new();
        scene.script.on(call, 1, Mishap::Slow(Duration::from_secs(50)));
        let waits = Arc::new(Waits::default());
        let runner = Runner::new(Policy::default(), scene.cancel.clone(), Arc::clone(&waits) as _);
        let planned = scene.deployment.plan(&runner).await.expect("slow is not wrong");
        scene.deployment.apply(&planned, &Unattended, &runner).await;
        let waits = waits.0.lock().expect("nothing panics").clone();
        assert_eq!(waits, [10, 20, 40].map(|seconds| (attempted.to_owned(), seconds)), "{call}");
    }
}
