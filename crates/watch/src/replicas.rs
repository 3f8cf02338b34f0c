//! Which replica serves which deployment: a function of the replicas that give signs of life, so that all replicas agree.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sha2::{Digest, Sha256};

/// How many intervals without a sign of life end a replica.
const LIFETIME: u32 = 4;

/// A sign of life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sign {
    /// Grows with each sign.
    pub sequence: u64,
    /// The deployments that the replica can serve.
    pub deployments: BTreeSet<String>,
}

/// A replica that gives signs of life.
#[derive(Debug)]
struct Seen {
    sign: Sign,
    /// When this sign was first read.
    since: Duration,
}

/// The replicas as one of them sees them. Times are measured by its own clock, from any fixed start. No clock of another replica counts.
#[derive(Debug)]
pub struct Replicas {
    own: String,
    interval: Duration,
    /// When the others could first see this replica.
    joined: Option<Duration>,
    seen: BTreeMap<String, Seen>,
}

impl Replicas {
    /// Only the replica `own`, which gives a sign of life per interval.
    pub fn new(own: impl Into<String>, interval: Duration) -> Self {
        Self { own: own.into(), interval, joined: None, seen: BTreeMap::new() }
    }

    /// After how long without a new sign of life a replica has ended.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        self.interval.saturating_mul(LIFETIME)
    }

    /// Takes the signs of life of all replicas. One whose sign is missing has ended.
    pub fn saw(&mut self, now: Duration, mut signs: BTreeMap<String, Sign>) {
        if signs.remove(&self.own).is_none() {
            // Others removed it, for example because it was paused.
            self.joined = None;
        }
        self.seen.retain(|id, _| signs.contains_key(id));
        for (id, sign) in signs {
            match self.seen.get(&id) {
                Some(seen) if seen.sign == sign => {}
                _ => drop(self.seen.insert(id, Seen { sign, since: now })),
            }
        }
    }

    /// The own sign of life was stored: the others see it within an interval.
    pub fn joined(&mut self, now: Duration) {
        self.joined.get_or_insert(now);
    }

    /// The other replicas that have ended without saying so.
    pub fn dead(&self, now: Duration) -> Vec<String> {
        let dead = self.seen.iter().filter(|(_, seen)| !self.is_alive(now, seen));
        dead.map(|(id, _)| id.clone()).collect()
    }

    /// The replica of each deployment. A replica that has just joined serves nothing before the others can see it, unless it is alone.
    #[must_use]
    pub fn shares(&self, now: Duration, deployments: &BTreeSet<String>) -> BTreeMap<String, String> {
        let alive = self.seen.iter().filter(|(_, seen)| self.is_alive(now, seen));
        let mut living: BTreeMap<&str, &BTreeSet<String>> =
            alive.map(|(id, seen)| (id.as_str(), &seen.sign.deployments)).collect();
        let is_seen = self.joined.is_some_and(|joined| now.saturating_sub(joined) >= self.interval);
        if is_seen || living.is_empty() {
            living.insert(&self.own, deployments);
        }
        shares(&living)
    }

    fn is_alive(&self, now: Duration, seen: &Seen) -> bool {
        now.saturating_sub(seen.since) < self.lifetime()
    }
}

/// The replica of each deployment, by rendezvous hashing with equal shares. Each replica comes with the deployments that it can serve. If
/// every replica can serve all, the numbers of deployments of two replicas differ by at most one.
#[must_use]
pub fn shares(living: &BTreeMap<&str, &BTreeSet<String>>) -> BTreeMap<String, String> {
    let all: BTreeSet<&String> = living.values().copied().flatten().collect();
    let Some(least) = all.len().checked_div(living.len()) else { return BTreeMap::new() };
    // So many replicas serve one more than the least number.
    let mut more = all.len() % living.len();
    let mut pairs: Vec<(u64, &String, &str)> = living
        .iter()
        .flat_map(|(replica, deployments)| {
            deployments.iter().map(|deployment| (weight(replica, deployment), deployment, *replica))
        })
        .collect();
    pairs.sort_unstable_by(|one, other| other.cmp(one));
    let mut numbers: BTreeMap<&str, usize> = living.keys().map(|replica| (*replica, 0)).collect();
    let mut shares: BTreeMap<String, String> = BTreeMap::new();
    for (_, deployment, replica) in &pairs {
        let Some(number) = numbers.get_mut(replica) else { continue };
        if shares.contains_key(*deployment) || *number > least || (*number == least && more == 0) {
            continue;
        }
        if *number == least {
            more -= 1;
        }
        *number += 1;
        shares.insert((*deployment).clone(), (*replica).to_owned());
    }
    // A deployment whose replicas all have their share, because others cannot serve it.
    for (_, deployment, _) in &pairs {
        if shares.contains_key(*deployment) {
            continue;
        }
        let able = numbers.iter_mut().filter(|(replica, _)| {
            living.get(*replica).is_some_and(|deployments| deployments.contains(*deployment))
        });
        if let Some((replica, number)) = able.min_by_key(|(_, number)| **number) {
            *number += 1;
            shares.insert((*deployment).clone(), (*replica).to_owned());
        }
    }
    shares
}

/// The preference of a deployment for a replica, the same on every machine.
fn weight(replica: &str, deployment: &str) -> u64 {
    let digest = Sha256::new().chain_update(replica).chain_update([0]).chain_update(deployment).finalize();
    digest.iter().take(8).fold(0, |weight, byte| (weight << 8) | u64::from(*byte))
}
