//! Somebody else changes a node at every call of a run: their work is never lost without being named and kept.

use std::sync::Mutex;

use async_trait::async_trait;
use deployer_core::model::{Action, NodePlan, Receipt};
use deployer_core::{Error, Kind, Result};
use deployer_engine::run::{Approval, Replanned};
use deployer_engine::saved::{Purpose, SavedNode};
use deployer_testkit::fakes::Mishap;

use crate::scene::{Scene, ids, outcomes, running};

const UPLOAD: &str = "master execute upload configuration";
const COMPARE: &str = "master landed upload configuration";

/// Approves every plan, and keeps the snapshots.
#[derive(Debug, Default)]
struct Keep {
    snapshots: Mutex<Vec<SavedNode>>,
    refuse: bool,
}

#[async_trait]
impl Approval for Keep {
    async fn approve(&self, replanned: &Replanned<'_>) -> Result<()> {
        assert_eq!(replanned.before.purpose, Purpose::Snapshot);
        self.snapshots.lock().expect("nothing panics").extend(replanned.before.nodes.clone());
        if self.refuse { Err(Error::new(Kind::Refused, "no consent")) } else { Ok(()) }
    }
}

impl Keep {
    /// Whether a snapshot has an entity.
    fn kept(&self, id: &str) -> bool {
        let snapshots = self.snapshots.lock().expect("nothing panics");
        snapshots.iter().flat_map(|node| &node.desired.entities).any(|entity| **entity.id() == *id)
    }
}

/// Somebody else adds a pipe to the master at the next call of a kind.
fn add(scene: &Scene, call: &str) {
    let master = scene.master.clone();
    let pipe = || running(r#"{"_id": "theirs", "type": "pipe"}"#);
    scene.script.on(call, 1, Mishap::meanwhile(move || master.intrude(|held| held.entities.push(pipe()))));
}

fn replanned<'a>(receipt: &'a Receipt, node: &str) -> &'a [NodePlan] {
    let node = receipt.nodes.iter().find(|receipt| receipt.node.as_str() == node);
    node.map(|node| node.replanned.as_slice()).unwrap_or_default()
}

/// Whether a plan names the removal of their pipe.
fn names_it(plan: &NodePlan) -> bool {
    plan.entities.iter().any(|change| change.id == "theirs" && change.action == Action::Remove)
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_changed_at_any_call_loses_nothing_unnamed_and_unkept() {
    let calls = {
        let scene = Scene::new();
        scene.deploy().await;
        scene.script.calls()
    };
    let mut named = 0;
    for exact in [false, true] {
        for call in calls.iter().filter(|call| call.starts_with("master ")) {
            let scene = Scene::new();
            let mut planned = None;
            if exact || *call != "master observe" {
                planned = Some(scene.plan().await);
            }
            add(&scene, call);
            let mut planned = match planned {
                Some(planned) => planned,
                None => scene.plan().await,
            };
            planned.exact = exact;
            let approval = Keep::default();
            let runner = scene.runner();
            let applied = scene.deployment.apply(&planned, &approval, &runner).await;
            let case = format!("{call}, exact: {exact}");
            if ids(&scene.master).contains(&"theirs".to_owned()) {
                let error = applied.error.unwrap_or_else(|| panic!("{case}: not what was asked for"));
                assert!([Kind::Conflict, Kind::Refused].contains(&error.kind()), "{case}: {error:?}");
                continue;
            }
            if call == UPLOAD {
                // They wrote between the comparison and the upload. A node offers no condition to notice that.
                continue;
            }
            assert!(!exact, "{case}: an exact plan does not remove what it does not name");
            named += 1;
            let plans = planned.plan.nodes.iter().chain(replanned(&applied.receipt, "master"));
            assert!(plans.clone().any(names_it), "{case}: removed and not named");
            let before = planned.before.nodes.iter().flat_map(|node| &node.desired.entities);
            let kept = approval.kept("theirs") || before.into_iter().any(|entity| &**entity.id() == "theirs");
            assert!(kept, "{case}: removed and not kept");
        }
    }
    assert!(named > 3, "some calls are early enough to plan again");
}

#[tokio::test(start_paused = true)]
async fn the_configuration_is_compared_right_before_its_upload_for_a_reviewed_plan_too() {
    let scene = Scene::new();
    let mut planned = scene.plan().await;
    planned.exact = true;
    add(&scene, COMPARE);
    let before = scene.master.held();
    let applied = scene.apply(&planned).await;
    assert_eq!(applied.error.map(|error| error.kind()), Some(Kind::Refused));
    assert_eq!(
        outcomes(&applied.receipt, "master"),
        ["send secrets: put back", "set variables: put back", "upload configuration: not done"]
    );
    assert!(scene.master.held().variables.same_values(&before.variables));
    assert_eq!(ids(&scene.master), ["theirs"]);
}

#[tokio::test(start_paused = true)]
async fn reading_back_neither_the_old_nor_the_new_state_is_a_conflict_and_the_write_is_not_repeated() {
    for exact in [false, true] {
        let scene = Scene::new();
        let mut planned = scene.plan().await;
        planned.exact = exact;
        scene.script.on(UPLOAD, 1, Mishap::Fail(Error::new(Kind::UnknownOutcome, "no answer came")));
        scene.script.spare(COMPARE, 1);
        add(&scene, COMPARE);
        let approval = Keep::default();
        let applied = scene.deployment.apply(&planned, &approval, &scene.runner()).await;
        if exact {
            assert_eq!(applied.error.map(|error| error.kind()), Some(Kind::Refused));
            assert_eq!((scene.script.count(UPLOAD), ids(&scene.master)), (1, vec!["theirs".to_owned()]));
        } else {
            assert!(applied.error.is_none(), "{applied:?}");
            assert!(replanned(&applied.receipt, "master").iter().any(names_it) && approval.kept("theirs"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_is_made_again_and_not_approved_is_not_carried_out() {
    let scene = Scene::new();
    let planned = scene.plan().await;
    add(&scene, COMPARE);
    let approval = Keep { refuse: true, ..Keep::default() };
    let applied = scene.deployment.apply(&planned, &approval, &scene.runner()).await;
    assert_eq!(applied.error.map(|error| error.kind()), Some(Kind::Refused));
    assert_eq!((scene.script.count(UPLOAD), ids(&scene.master)), (0, vec!["theirs".to_owned()]));
    assert!(!applied.receipt.wrote_anything(), "{:?}", applied.receipt);
}

/// Approves, but not before somebody else has changed the master once more.
#[derive(Debug)]
struct Slow(deployer_testkit::fakes::MemoryTarget, Mutex<usize>);

#[async_trait]
impl Approval for Slow {
    async fn approve(&self, _: &Replanned<'_>) -> Result<()> {
        let mut asked = self.1.lock().expect("nothing panics");
        *asked += 1;
        if *asked == 1 {
            self.0.intrude(|held| held.entities.push(running(r#"{"_id": "later", "type": "pipe"}"#)));
        }
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_that_a_decision_takes_is_part_of_the_window() {
    let scene = Scene::new();
    let planned = scene.plan().await;
    add(&scene, "master base");
    let approval = Slow(scene.master.clone(), Mutex::default());
    let applied = scene.deployment.apply(&planned, &approval, &scene.runner()).await;
    assert!(applied.error.is_none(), "{applied:?}");
    assert_eq!(*approval.1.lock().expect("nothing panics"), 2, "the node changed while it was decided");
    let last = replanned(&applied.receipt, "master").last().expect("it was planned again");
    assert!(last.entities.iter().any(|change| change.id == "later"), "{last:?}");
}
