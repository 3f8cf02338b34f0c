//! Progress that began always ends.

use std::sync::{Arc, Mutex};

use deployer_core::Kind;
use deployer_engine::run::{Event, Policy, Progress, Runner, Unattended};

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
