//! What a watching process shows.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use deployer_state::Ledger;
use deployer_watch::State;
use tokio::sync::Notify;

/// How many deploys are shown.
const SHOWN: usize = 20;

/// The state in a word while a deployment is deployed.
pub(crate) const DEPLOYING: &str = "deploying";

/// The boards of all deployments by name. A deployment that is alone has an empty name. Clones are the same boards.
#[derive(Debug, Clone, Default)]
pub(crate) struct Boards(Arc<Mutex<BTreeMap<String, Board>>>);

impl Boards {
    /// Adds a deployment.
    pub(crate) fn add(&self, name: &str) -> Board {
        let board = Board::default();
        board.lock().name = name.to_owned();
        self.lock().insert(name.to_owned(), board.clone());
        board
    }

    /// Removes a deployment.
    pub(crate) fn remove(&self, name: &str) {
        self.lock().remove(name);
    }

    /// The board of a deployment.
    pub(crate) fn get(&self, name: &str) -> Option<Board> {
        self.lock().get(name).cloned()
    }

    /// The boards by name.
    pub(crate) fn all(&self) -> BTreeMap<String, Board> {
        self.lock().clone()
    }

    /// What is known of each deployment now.
    pub(crate) fn contents(&self) -> Vec<Content> {
        self.all().values().map(Board::content).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Board>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What pages show of a deployment, and what hooks and people ask for. Clones are the same board.
#[derive(Debug, Clone)]
pub(crate) struct Board {
    content: Arc<Mutex<Content>>,
    /// Wakes the deployment for a trigger, an approval, or another share.
    pub(crate) wake: Arc<Notify>,
}

/// A deployment that another replica serves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Elsewhere {
    /// The replica, as its machine is called. `None` before the replica has said so.
    pub(crate) replica: Option<String>,
    /// The state in a word.
    pub(crate) state: String,
    /// The plan that is held.
    pub(crate) plan: Option<String>,
    /// The newest revision of the source.
    pub(crate) newest: Option<String>,
    /// The deployed revision.
    pub(crate) deployed: Option<String>,
}

impl Elsewhere {
    /// Whether the other replica deploys now, so that it has the leases of the nodes.
    pub(crate) fn is_deploying(&self) -> bool {
        self.state == DEPLOYING
    }
}

/// What is known.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    /// The deployment; empty if it is the only one.
    pub(crate) name: String,
    /// Set while another replica serves the deployment.
    pub(crate) elsewhere: Option<Elsewhere>,
    /// Whether the source was read or could not be read, or another replica serves the deployment.
    pub(crate) is_settled: bool,
    pub(crate) environment: String,
    pub(crate) source: String,
    /// The leases of its targets, as far as this replica has looked at them.
    pub(crate) leases: Ledger,
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
            name: String::new(),
            elsewhere: None,
            is_settled: false,
            environment: String::new(),
            source: String::new(),
            leases: Ledger::default(),
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
    /// Takes what somebody asks for.
    pub(crate) fn ask(&self, change: impl FnOnce(&mut Content)) {
        change(&mut self.lock());
        self.wake.notify_one();
    }

    /// Says what is watched from now on.
    pub(crate) fn begin(&self, environment: &str, source: String, leases: Ledger) {
        let mut content = self.lock();
        content.environment = environment.to_owned();
        (content.source, content.leases) = (source, leases);
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
    /// The plan that is held here or by the replica that serves the deployment.
    pub(crate) fn plan(&self) -> Option<&str> {
        match (&self.elsewhere, &self.state) {
            (Some(elsewhere), _) => elsewhere.plan.as_deref(),
            (None, State::Held { plan }) => Some(plan),
            (None, _) => None,
        }
    }

    /// Takes a state, and since when it is so.
    pub(crate) fn show(&mut self, state: State) {
        if self.state != state {
            self.state = state;
            self.since = SystemTime::now();
        }
    }

    /// Whether somebody asks for a check or approved a plan.
    pub(crate) fn has_wishes(&self) -> bool {
        self.is_triggered || self.approved.is_some()
    }

    /// Whether the source was read, or another replica reads it.
    pub(crate) fn is_ready(&self) -> bool {
        self.checked.is_some() || self.elsewhere.is_some()
    }

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
