//! What a watching process shows.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use deployer_watch::State;
use tokio::sync::Notify;

/// How many deploys are shown.
const SHOWN: usize = 20;

/// What pages show, and what hooks and people ask for. Clones are the same board.
#[derive(Debug, Clone)]
pub(crate) struct Board {
    content: Arc<Mutex<Content>>,
    /// Wakes the process for a trigger or an approval.
    pub(crate) wake: Arc<Notify>,
}

/// What is known.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    pub(crate) environment: String,
    pub(crate) source: String,
    pub(crate) state: State,
    /// Why the state is what it is.
    pub(crate) why: Option<String>,
    /// Since when the state is what it is.
    pub(crate) since: SystemTime,
    pub(crate) newest: Option<String>,
    pub(crate) deployed: Option<String>,
    pub(crate) source_failure: Option<String>,
    /// How often the source was read.
    pub(crate) checks: u64,
    /// When the source was read last.
    pub(crate) checked: Option<SystemTime>,
    /// When a deploy succeeded last.
    pub(crate) last_success: Option<SystemTime>,
    /// The latest deploys, the newest first.
    pub(crate) runs: VecDeque<Run>,
    /// The nodes by name.
    pub(crate) nodes: BTreeMap<String, Node>,
    /// Deploys by outcome: `deployed`, `held`, `failed`.
    pub(crate) deploys: BTreeMap<&'static str, u64>,
    /// Seconds that deploys took in all.
    pub(crate) seconds: f64,
    /// Whether somebody asked for a check now.
    pub(crate) is_triggered: bool,
    /// The plan that somebody approved.
    pub(crate) approved: Option<String>,
}

/// A node.
#[derive(Debug, Clone, Default)]
pub(crate) struct Node {
    /// The outcome of the latest deploy.
    pub(crate) outcome: Option<&'static str>,
    /// Deploys by outcome.
    pub(crate) deploys: BTreeMap<&'static str, u64>,
    /// Whether it no longer has what was deployed.
    pub(crate) is_drifted: bool,
}

impl Node {
    /// Takes a deploy.
    pub(crate) fn add(&mut self, outcome: &'static str) {
        self.outcome = Some(outcome);
        *self.deploys.entry(outcome).or_default() += 1;
        if outcome == "deployed" {
            self.is_drifted = false;
        }
    }
}

/// A deploy.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) at: SystemTime,
    pub(crate) revision: String,
    /// `deployed`, `held` or `failed`.
    pub(crate) outcome: &'static str,
    pub(crate) summary: String,
    pub(crate) receipt: String,
    pub(crate) error: Option<String>,
}

impl Default for Board {
    fn default() -> Self {
        let now = SystemTime::now();
        let content = Content {
            environment: String::new(),
            source: String::new(),
            state: State::Waiting,
            why: None,
            since: now,
            newest: None,
            deployed: None,
            source_failure: None,
            checks: 0,
            checked: None,
            last_success: None,
            runs: VecDeque::new(),
            nodes: BTreeMap::new(),
            deploys: BTreeMap::new(),
            seconds: 0.0,
            is_triggered: false,
            approved: None,
        };
        Self { content: Arc::new(Mutex::new(content)), wake: Arc::default() }
    }
}

impl Board {
    /// Says what is watched from now on.
    pub(crate) fn begin(&self, environment: &str, source: String) {
        let mut content = self.lock();
        content.environment = environment.to_owned();
        content.source = source;
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known now.
    pub(crate) fn content(&self) -> Content {
        self.lock().clone()
    }
}

impl Content {
    /// A node by its name.
    pub(crate) fn node(&mut self, name: &str) -> &mut Node {
        self.nodes.entry(name.to_owned()).or_default()
    }

    /// Takes a deploy and how long it took.
    pub(crate) fn add(&mut self, run: Run, took: Duration) {
        *self.deploys.entry(run.outcome).or_default() += 1;
        self.seconds += took.as_secs_f64();
        if run.outcome == "deployed" {
            self.last_success = Some(SystemTime::now());
        }
        self.runs.push_front(run);
        self.runs.truncate(SHOWN);
    }
}
