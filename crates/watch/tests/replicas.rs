//! Who serves what: equal shares, few moves, and no deployment without a replica for long. Cases come from seeds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use deployer_watch::{Replicas, Sign, shares};

const SEEDS: u64 = 200;
const INTERVAL: Duration = Duration::from_secs(15);

fn names(number: usize) -> BTreeSet<String> {
    (0..number).map(|number| format!("deployment-{number}")).collect()
}

fn ids(random: &mut fastrand::Rng, number: usize) -> BTreeSet<String> {
    (0..number).map(|_| format!("{:016x}", random.u64(..))).collect()
}

fn shared(replicas: &BTreeSet<String>, deployments: &BTreeSet<String>) -> BTreeMap<String, String> {
    shares(&replicas.iter().map(|id| (id.as_str(), deployments)).collect())
}

#[test]
fn shares_are_equal_within_one_and_few_deployments_move() {
    let (mut moved, mut least) = (0, 0);
    for seed in 0..SEEDS {
        let mut random = fastrand::Rng::with_seed(seed);
        let (deployments, number) = (names(random.usize(1..100)), random.usize(1..8));
        let mut replicas = ids(&mut random, number);
        let before = shared(&replicas, &deployments);
        assert!(before.keys().eq(&deployments), "each deployment once: seed {seed}");
        let counts: Vec<usize> =
            replicas.iter().map(|id| before.values().filter(|other| *other == id).count()).collect();
        let (most, fewest) = (counts.iter().max(), counts.iter().min());
        assert!(most.zip(fewest).is_some_and(|(most, fewest)| most - fewest <= 1), "{counts:?}: seed {seed}");

        replicas.extend(ids(&mut random, 1));
        let after = shared(&replicas, &deployments);
        moved += deployments.iter().filter(|name| before[*name] != after[*name]).count();
        least += deployments.len() / replicas.len();
    }
    // A new replica gets its share. Equal shares cost some more moves. Without rendezvous hashing, almost all would move.
    assert!(moved <= 2 * least, "{moved} moves, at least {least} are needed");
}

#[test]
fn a_deployment_goes_only_to_a_replica_that_can_serve_it() {
    let (all, few) = (names(10), names(2));
    let served = shares(&BTreeMap::from([("a", &few), ("b", &all)]));
    assert!(served.keys().eq(&all));
    assert!(all.difference(&few).all(|name| served[name] == "b"), "{served:?}");
    let other = BTreeSet::from(["other".to_owned()]);
    assert_eq!(shares(&BTreeMap::from([("a", &few), ("b", &other)]))["other"], "b");
    assert!(shares(&BTreeMap::new()).is_empty());
}

/// A replica of the simulation.
struct Replica {
    replicas: Replicas,
    sequence: u64,
    beat: Duration,
    serves: BTreeSet<String>,
    /// Until when it is paused.
    paused: Duration,
}

/// Replicas that share a place, in steps of one second.
struct World {
    random: fastrand::Rng,
    deployments: BTreeSet<String>,
    place: BTreeMap<String, Sign>,
    replicas: BTreeMap<String, Replica>,
}

impl World {
    fn join(&mut self, now: Duration) {
        let id = format!("{:016x}", self.random.u64(..));
        let replicas = Replicas::new(id.clone(), INTERVAL);
        let replica = Replica { replicas, sequence: 0, beat: now, serves: BTreeSet::new(), paused: now };
        self.replicas.insert(id, replica);
    }

    fn step(&mut self, now: Duration) {
        for (id, replica) in &mut self.replicas {
            if replica.paused > now || replica.beat > now {
                continue;
            }
            replica.replicas.saw(now, self.place.clone());
            replica.replicas.dead(now).iter().for_each(|dead| drop(self.place.remove(dead)));
            replica.sequence += 1;
            let sign = Sign { sequence: replica.sequence, deployments: self.deployments.clone() };
            self.place.insert(id.clone(), sign);
            replica.replicas.joined(now);
            let shares = replica.replicas.shares(now, &self.deployments);
            replica.serves =
                shares.into_iter().filter(|(_, other)| other == id).map(|(name, _)| name).collect();
            replica.beat = now + INTERVAL;
        }
    }

    /// How many running replicas serve a deployment.
    fn servers(&self, name: &str, now: Duration) -> usize {
        self.replicas.values().filter(|it| it.paused <= now && it.serves.contains(name)).count()
    }
}

#[test]
fn no_deployment_is_without_a_replica_for_longer_than_the_lifetime_and_two_intervals() {
    let longest = Replicas::new("", INTERVAL).lifetime() + 2 * INTERVAL;
    for seed in 0..SEEDS / 4 {
        let mut random = fastrand::Rng::with_seed(seed);
        let deployments = names(random.usize(1..20));
        let mut world = World { random, deployments, place: BTreeMap::new(), replicas: BTreeMap::new() };
        world.join(Duration::ZERO);
        world.join(Duration::ZERO);
        let mut served: BTreeMap<String, Duration> =
            world.deployments.iter().map(|name| (name.clone(), Duration::ZERO)).collect();
        // Trouble comes once in four minutes: a gap of service is never the sum of two troubles.
        for second in 0..3_600 {
            let now = Duration::from_secs(second);
            if second % 240 == 120 {
                let some = world.random.usize(..world.replicas.len());
                let id = world.replicas.keys().nth(some).expect("there is one").clone();
                match world.random.u8(..4) {
                    0 if world.replicas.len() > 1 => drop(world.replicas.remove(&id)),
                    1 if world.replicas.len() > 1 => {
                        world.replicas.remove(&id);
                        world.place.remove(&id);
                    }
                    2 if world.replicas.len() > 1 => {
                        let pause = Duration::from_secs(world.random.u64(1..100));
                        world.replicas.get_mut(&id).expect("it is there").paused = now + pause;
                    }
                    _ => world.join(now),
                }
            }
            world.step(now);
            for name in &world.deployments {
                if world.servers(name, now) > 0 {
                    served.insert(name.clone(), now);
                }
                let gap = now - served[name];
                assert!(gap <= longest, "{name} has no replica for {gap:?} at {now:?}: seed {seed}");
            }
        }
        let end = Duration::from_secs(3_600);
        let quiet = |name: &String| world.servers(name, end) == 1;
        assert!(
            world.deployments.iter().all(quiet),
            "one replica each, two minutes after the last trouble: seed {seed}"
        );
    }
}
