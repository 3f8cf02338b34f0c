//! The node: its settings, its state, and the door for tests.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use crate::config::kinds::EntityKind;
use crate::config::replace::{self, Scope, Upload};
use crate::problem::Problem;
use crate::request_log::{LoggedRequest, RequestLog};
use crate::routes;
use crate::snapshot::NodeState;
use crate::state::{Rules, State};
use crate::storage::Storage;
use crate::switches::Switches;

/// An embedded Sesam node. Clones are the same node.
#[derive(Debug, Clone)]
pub struct Node {
    pub(crate) inner: Arc<Inner>,
}

/// What the clones of a node share.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) jwt: Option<SecretString>,
    pub(crate) rules: Rules,
    pub(crate) requests: RequestLog,
    /// When the node was started, or restarted through its API.
    pub(crate) started: Mutex<Timestamp>,
    state: Mutex<State>,
    storage: Option<Storage>,
}

/// The settings of a [`Node`].
#[derive(Debug, Default)]
pub struct NodeBuilder {
    jwt: Option<SecretString>,
    switches: Switches,
    deploying_polls: u32,
    data_dir: Option<PathBuf>,
}

impl NodeBuilder {
    /// The only token the node accepts. Without one, it accepts any token, but none at all is refused still.
    #[must_use]
    pub fn jwt(mut self, token: impl Into<String>) -> Self {
        self.jwt = Some(SecretString::from(token.into()));
        self
    }

    /// The behaviour that real nodes leave open.
    #[must_use]
    pub fn switches(mut self, switches: Switches) -> Self {
        self.switches = switches;
        self
    }

    /// Keeps the state in a directory, which is created if need be. Default: in memory.
    #[must_use]
    pub fn data_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(directory.into());
        self
    }

    /// How many requests that show a pipe see it as `Deploying` after it changed, and as `Removing` after it went.
    /// Default: 0, deployed at once.
    #[must_use]
    pub fn deploying_polls(mut self, polls: u32) -> Self {
        self.deploying_polls = polls;
        self
    }

    /// Makes the node.
    ///
    /// # Errors
    ///
    /// The data directory cannot be created, read or locked, or a file in it is damaged.
    pub fn build(self) -> io::Result<Node> {
        let (storage, mut state) = match self.data_dir {
            Some(directory) => {
                let (storage, state) = Storage::open(&directory)?;
                (Some(storage), state)
            }
            None => (None, State::default()),
        };
        let rules = Rules { switches: self.switches, deploying_polls: self.deploying_polls };
        // What was deployed before a restart is deployed.
        state.rederive(&Rules { deploying_polls: 0, ..rules.clone() });
        let inner = Inner {
            jwt: self.jwt,
            rules,
            requests: RequestLog::default(),
            started: Mutex::new(Timestamp::now()),
            state: Mutex::new(state),
            storage,
        };
        Ok(Node { inner: Arc::new(inner) })
    }
}

impl Node {
    /// Begins the settings of a node.
    #[must_use]
    pub fn builder() -> NodeBuilder {
        NodeBuilder::default()
    }

    /// The service API under `/api`, for a server that brings its own transport.
    pub fn router(&self) -> Router {
        routes::router(&self.inner)
    }

    /// The present state. Values of secrets are not part of it.
    #[must_use]
    pub fn state(&self) -> NodeState {
        NodeState::new(self.inner.lock().clone())
    }

    /// Replaces the configuration of a group, by force and past the circuit breaker; the empty name is the default
    /// group. Returns the answer an upload would get: an object with the list `validation_errors`.
    ///
    /// # Errors
    ///
    /// The state cannot be written to the data directory.
    pub fn set_config(&self, group: &str, entities: Vec<Value>) -> io::Result<Value> {
        let switches =
            Switches { force_overrides_circuit_breaker: true, ..self.inner.rules.switches.clone() };
        let rules = Rules { switches, deploying_polls: self.inner.rules.deploying_polls };
        let posted = entities.into_iter().map(Into::into).collect();
        let now = now();
        self.inner.change(|state| {
            let upload = Upload { scope: Scope::Group(group), posted, force: true, now: &now };
            let (Ok(report) | Err(report)) = replace::apply(state, upload, &rules);
            Ok(serde_json::to_value(report)?)
        })
    }

    /// Replaces all variables.
    ///
    /// # Errors
    ///
    /// The state cannot be written to the data directory.
    pub fn set_env(&self, variables: Map<String, Value>) -> io::Result<()> {
        self.inner.change(|state| {
            state.stored_mut().variables =
                variables.into_iter().map(|(name, value)| (name, value.into())).collect();
            state.rederive(&self.inner.rules);
            Ok(())
        })
    }

    /// Adds or overwrites one secret, global or of a system.
    ///
    /// # Errors
    ///
    /// The system does not exist, or the state cannot be written to the data directory.
    pub fn set_secret(&self, system: Option<&str>, name: &str, value: &str) -> io::Result<()> {
        self.inner.change(|state| {
            if system.is_some_and(|id| state.entity(EntityKind::System, id).is_none()) {
                return Err(io::Error::new(io::ErrorKind::NotFound, "the system does not exist"));
            }
            state.secrets_mut().of_mut(system).insert(name.to_owned(), SecretString::from(value));
            Ok(())
        })
    }

    /// The value of a global secret. For tests: a node never tells it through its API.
    #[must_use]
    pub fn secret_value_for_test(&self, name: &str) -> Option<String> {
        self.value_for_test(None, name)
    }

    /// The value of a system's secret. For tests: a node never tells it through its API.
    #[must_use]
    pub fn system_secret_value_for_test(&self, system: &str, name: &str) -> Option<String> {
        self.value_for_test(Some(system), name)
    }

    fn value_for_test(&self, system: Option<&str>, name: &str) -> Option<String> {
        let state = self.inner.lock();
        Some(state.secrets.of(system)?.get(name)?.expose_secret().to_owned())
    }

    /// All requests so far, in the order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.inner.requests.entries()
    }

    /// Empties the log of requests.
    pub fn clear_requests(&self) {
        self.inner.requests.clear();
    }
}

impl Inner {
    /// The state as it is. Only changes that need not outlive the process are made through it.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state as one: an error of `change`, or of writing to the data directory, leaves it as it was. The
    /// writing blocks the calling thread for the time of two flushes to the disk.
    pub(crate) fn change<T, E: From<io::Error>>(
        &self,
        change: impl FnOnce(&mut State) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut state = self.lock();
        let mut next = state.clone();
        let result = change(&mut next)?;
        if let Some(storage) = &self.storage {
            storage.write(&state, &next)?;
        }
        *state = next;
        Ok(result)
    }

    pub(crate) fn started(&self) -> Timestamp {
        *self.started.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn restart(&self) {
        *self.started.lock().unwrap_or_else(PoisonError::into_inner) = Timestamp::now();
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::storage(&error)
    }
}

/// The present time, ISO 8601.
pub(crate) fn now() -> String {
    Timestamp::now().to_string()
}
