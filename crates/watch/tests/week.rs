//! Ten thousand checks with pushes, outages, held plans and drift, by seed.

use std::collections::BTreeMap;
use std::time::Duration;

use deployer_watch::{Action, Compared, Ended, Notice, OnDrift, Rules, State, Watch};

const CHECKS: usize = 10_000;

/// Two nodes: `a` is always up, `b` fails when the script says so.
struct World {
    watch: Watch,
    random: fastrand::Rng,
    now: Duration,
    tip: u64,
    /// What each node has.
    nodes: BTreeMap<String, String>,
    /// The last deployed revision of each node.
    last: BTreeMap<String, String>,
    /// Successful deploys per node and revision, without corrections of drift.
    deploys: BTreeMap<(String, String), usize>,
    notices: Vec<Notice>,
}

impl World {
    fn new(seed: u64) -> Self {
        let rules =
            Rules { drift: OnDrift::Correct, drift_interval: Duration::from_secs(90), ..Rules::default() };
        Self {
            watch: Watch::new(rules, ["a", "b"], seed),
            random: fastrand::Rng::with_seed(seed),
            now: Duration::ZERO,
            tip: 0,
            nodes: BTreeMap::new(),
            last: BTreeMap::new(),
            deploys: BTreeMap::new(),
            notices: Vec::new(),
        }
    }

    /// Carries out one action. Outages happen only if `is_rough`. Returns the tip that a check read.
    fn carry_out(&mut self, action: Action, is_rough: bool) -> Option<u64> {
        let is_down = is_rough && self.random.u8(..10) < 2;
        let mut read = None;
        let notice = match action {
            Action::CheckRevision if is_down => self.watch.checked(self.now, Err("down")),
            Action::CheckRevision => {
                read = Some(self.tip);
                self.watch.checked(self.now, Ok(&self.tip.to_string()))
            }
            Action::Compare { target, revision } => {
                let differs = self.nodes.get(&target) != Some(&revision);
                let compared = if differs { Compared::Differs } else { Compared::Same };
                self.watch.compared(self.now, &target, compared)
            }
            Action::Deploy { target, revision, approved } => {
                let number: u64 = revision.parse().expect("a number");
                let ended = if target == "b" && is_down {
                    Ended::Failed { reason: format!("down at {:?}", self.now) }
                } else if target == "b" && number.is_multiple_of(7) && approved.is_none() {
                    Ended::Held { plan: format!("plan {number}") }
                } else {
                    let had = self.nodes.insert(target.clone(), revision.clone());
                    let before = self.last.insert(target.clone(), revision.clone());
                    let is_correction = had.as_deref() == Some("drift") && before.as_ref() == Some(&revision);
                    if !is_correction {
                        *self.deploys.entry((target.clone(), revision)).or_default() += 1;
                    }
                    Ended::Deployed
                };
                self.watch.deployed(self.now, &target, ended)
            }
        };
        self.notices.extend(notice);
        read
    }

    /// Moves to the next action and carries out all that is due.
    fn step(&mut self, is_rough: bool) -> Vec<u64> {
        self.now = self.watch.next().expect("a check is always due").max(self.now);
        let mut read = Vec::new();
        loop {
            let actions = self.watch.due(self.now);
            if actions.is_empty() {
                return read;
            }
            for action in actions {
                read.extend(self.carry_out(action, is_rough));
            }
        }
    }
}

#[test]
fn every_revision_that_a_check_reads_is_deployed_exactly_once_to_a_node_that_is_up() {
    for seed in 0..10 {
        let mut world = World::new(seed);
        let mut tips = Vec::new();
        while tips.len() < CHECKS {
            world.tip += u64::from(world.random.u8(..4) == 0);
            if world.random.u8(..50) == 0 {
                let node = if world.random.bool() { "a" } else { "b" };
                world.nodes.insert(node.to_owned(), "drift".to_owned());
            }
            tips.extend(world.step(true));
        }
        tips.dedup();
        for tip in &tips {
            let count = world.deploys.get(&("a".to_owned(), tip.to_string()));
            assert_eq!(count.copied().unwrap_or_default(), 1, "seed {seed}, revision {tip}");
        }
        assert!(tips.len() > CHECKS / 10, "seed {seed}: the script pushes");
    }
}

#[test]
fn the_worst_node_is_in_step_or_held_after_the_outages_end() {
    for seed in 0..10 {
        let mut world = World::new(seed);
        for _ in 0..CHECKS {
            world.tip += u64::from(world.random.u8(..4) == 0);
            world.step(true);
        }
        world.tip += 1;
        // The longest pause is one hour; a trigger does not need it.
        world.watch.trigger(world.now);
        for _ in 0..20 {
            world.step(false);
        }
        let tip = world.tip.to_string();
        let states: Vec<State> = world.watch.states().map(|(_, state)| state.clone()).collect();
        assert_eq!(states[0], State::InStep, "seed {seed}");
        if world.tip.is_multiple_of(7) {
            let plan = format!("plan {tip}");
            assert_eq!(states[1], State::Held { plan: plan.clone() }, "seed {seed}");
            assert!(world.watch.approve("b", &plan));
            world.step(false);
        }
        assert_eq!(world.nodes.get("a"), Some(&tip), "seed {seed}");
        assert_eq!(world.nodes.get("b"), Some(&tip), "seed {seed}");
    }
}

#[test]
fn a_failed_revision_is_reported_once_however_often_it_is_tried() {
    let mut world = World::new(3);
    for _ in 0..CHECKS {
        world.tip += u64::from(world.random.u8(..4) == 0);
        world.step(true);
    }
    let mut failed: BTreeMap<&str, usize> = BTreeMap::new();
    for notice in &world.notices {
        if let Notice::Failed { revision, .. } = notice {
            *failed.entry(revision).or_default() += 1;
        }
    }
    assert!(failed.len() > 100, "the script fails deploys");
    // Each revision is deployed once here, because nothing drifts.
    assert!(failed.values().all(|count| *count == 1), "{failed:?}");
}
