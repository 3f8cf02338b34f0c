//! What a replica knows, and how it is merged with the object that all replicas write.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use deployer_watch::Replicas;

use super::document::{Document, Post, Replica};
use crate::watching::{Boards, Elsewhere};

/// What a replica knows.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) replicas: Replicas,
    pub(super) sequence: u64,
    /// The deployments that this replica can serve.
    pub(super) able: BTreeSet<String>,
    /// Those that it serves. `None` before the first look.
    pub(super) ours: Option<BTreeSet<String>>,
    /// What it says of them.
    pub(super) posts: BTreeMap<String, Post>,
    /// The triggers that it has carried out.
    pub(super) triggers: BTreeMap<String, u64>,
    /// What people ask other replicas for.
    pub(super) outgoing: Asked,
    /// The object as it was read or written last.
    pub(super) document: Document,
    /// The deployments that this replica has served since it started alone, and has not begun. It deploys them.
    pub(super) fresh: BTreeSet<String>,
    /// When the place was looked at last.
    pub(super) looked: Duration,
    /// Why the place cannot be used.
    pub(super) failure: Option<String>,
}

/// What people ask for on one replica while another one serves the deployment.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) triggered: BTreeSet<String>,
    pub(super) approved: BTreeMap<String, String>,
}

impl Shared {
    /// A replica that has not looked at the object. It can serve the deployments `able`.
    pub(super) fn new(replicas: Replicas, able: BTreeSet<String>, now: Duration) -> Self {
        Self {
            replicas,
            sequence: 0,
            able,
            ours: None,
            posts: BTreeMap::new(),
            triggers: BTreeMap::new(),
            outgoing: Asked::default(),
            document: Document::empty(),
            fresh: BTreeSet::new(),
            looked: now,
            failure: None,
        }
    }

    /// Adds the sign of life, the states of the own deployments, and what people ask other replicas for.
    pub(super) fn merge(
        &mut self,
        document: &mut Document,
        now: Duration,
        own: &str,
        machine: &str,
        boards: &Boards,
    ) -> Asked {
        self.replicas.saw(now, document.signs());
        for dead in self.replicas.dead(now) {
            document.replicas.remove(&dead);
        }
        self.sequence = self.sequence.saturating_add(1);
        let sign =
            Replica { machine: machine.to_owned(), sequence: self.sequence, deployments: self.able.clone() };
        document.replicas.insert(own.to_owned(), sign);
        document.tidy();
        self.add_posts(document);
        let mut asked = Asked::default();
        for name in self.ours.iter().flatten() {
            let deployment = document.deployments.entry(name.clone()).or_default();
            if let Some(plan) = deployment.take_approval() {
                asked.approved.insert(name.clone(), plan);
            }
            if self.triggers.get(name) != Some(&deployment.triggers) {
                asked.triggered.insert(name.clone());
            }
        }
        for (name, board) in boards.all() {
            let mut content = board.lock();
            if content.elsewhere.is_none() || self.ours.as_ref().is_none_or(|ours| ours.contains(&name)) {
                continue;
            }
            if std::mem::take(&mut content.is_triggered) {
                self.outgoing.triggered.insert(name.clone());
            }
            if let Some(plan) = content.approved.take() {
                self.outgoing.approved.insert(name, plan);
            }
        }
        for name in &self.outgoing.triggered {
            let deployment = document.deployments.entry(name.clone()).or_default();
            deployment.triggers = deployment.triggers.saturating_add(1);
        }
        for (name, plan) in &self.outgoing.approved {
            document.deployments.entry(name.clone()).or_default().approved = Some(plan.clone());
        }
        asked
    }

    pub(super) fn add_posts(&self, document: &mut Document) {
        for name in self.ours.iter().flatten() {
            if let Some(post) = self.posts.get(name) {
                document.deployments.entry(name.clone()).or_default().post = post.clone();
            }
        }
    }
}

/// What a replica knows of a deployment that another one serves.
pub(super) fn elsewhere(replica: Option<&Replica>, post: Post) -> Elsewhere {
    let state = if post.state.is_empty() { "waiting".to_owned() } else { post.state };
    Elsewhere {
        replica: replica.map(|replica| replica.machine.clone()),
        state,
        plan: post.plan,
        newest: post.newest,
        deployed: post.deployed,
    }
}
