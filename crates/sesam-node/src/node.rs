//! The node and its settings, with access for tests.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use crate::config::kinds::EntityKind;
use crate::exact::ExactJson;
use crate::request_log::LoggedRequest;
use crate::routes;
use crate::runner::{Answers, Runs};
use crate::shared::{Shared, now};
use crate::snapshot::NodeState;
use crate::state::contents::Contents;
use crate::storage::Storage;
use crate::switches::{Rules, Switches};
use crate::upload::{self, Scope, Upload};

/// An embedded Sesam node. Clones are the same node.
#[derive(Debug, Clone)]
pub struct Node {
    pub(crate) shared: Arc<Shared>,
}

/// The settings of a [`Node`].
#[derive(Debug, Default)]
pub struct NodeBuilder {
    jwt: Option<SecretString>,
    switches: Switches,
    deploying_polls: u32,
    data_dir: Option<PathBuf>,
    answers: Answers,
}

impl NodeBuilder {
    /// The only token that the node accepts [default: any token]. Requests without a token are always rejected.
    #[must_use]
    pub fn jwt(mut self, token: impl Into<String>) -> Self {
        self.jwt = Some(SecretString::from(token.into()));
        self
    }

    /// The behaviour in cases where the documentation of Sesam is not specific.
    #[must_use]
    pub fn switches(mut self, switches: Switches) -> Self {
        self.switches = switches;
        self
    }

    /// The data directory [default: none, the state is in memory]. It is created if it does not exist.
    #[must_use]
    pub fn data_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(directory.into());
        self
    }

    /// Canned answers for pipes that the node cannot run [default: none].
    #[must_use]
    pub fn answers(mut self, answers: Answers) -> Self {
        self.answers = answers;
        self
    }

    /// The number of requests that show a changed pipe as `Deploying`, and a removed pipe as `Removing` [default: 0].
    #[must_use]
    pub fn deploying_polls(mut self, polls: u32) -> Self {
        self.deploying_polls = polls;
        self
    }

    /// Creates the node.
    ///
    /// # Errors
    ///
    /// The data directory cannot be created, read or locked, or a file in it is damaged.
    pub fn build(self) -> io::Result<Node> {
        let (storage, mut contents) = match self.data_dir {
            Some(directory) => {
                let (storage, contents) = Storage::open(&directory)?;
                (Some(storage), contents)
            }
            None => (None, Contents::default()),
        };
        let deploying_polls = self.deploying_polls.max(self.answers.script().deploying);
        let rules = Rules { switches: self.switches, deploying_polls };
        // Pipes that were deployed before a restart stay deployed.
        contents.rederive(&Rules { deploying_polls: 0, ..rules.clone() });
        Ok(Node {
            shared: Arc::new(Shared::new(self.jwt, rules, contents, storage, Runs::new(self.answers))),
        })
    }
}

impl Node {
    /// Returns the default settings of a node.
    #[must_use]
    pub fn builder() -> NodeBuilder {
        NodeBuilder::default()
    }

    /// The routes of the service API under `/api`, for a server with its own transport.
    pub fn router(&self) -> Router {
        routes::router(&self.shared)
    }

    /// The current state, without the values of secrets.
    #[must_use]
    pub fn state(&self) -> NodeState {
        NodeState::new(self.shared.read())
    }

    /// Replaces the configuration of a group with force and without the circuit breaker. The empty name is the default group. Returns the
    /// response of an upload: an object with the list `validation_errors`.
    ///
    /// # Errors
    ///
    /// An entity is nested too deeply, or the data directory cannot be written.
    pub fn set_config(&self, group: &str, entities: Vec<Value>) -> io::Result<Value> {
        let switches =
            Switches { force_overrides_circuit_breaker: true, ..self.shared.rules.switches.clone() };
        let rules = Rules { switches, deploying_polls: self.shared.rules.deploying_polls };
        let posted = entities.iter().map(exact).collect::<io::Result<Vec<ExactJson>>>()?;
        let now = now();
        self.shared.change(|state| {
            let upload = Upload { scope: Scope::Group(group), posted, force: true, now: &now };
            let (Ok(report) | Err(report)) = upload::apply(state, upload, &rules);
            Ok(serde_json::to_value(report)?)
        })
    }

    /// Replaces all variables.
    ///
    /// # Errors
    ///
    /// A value is nested too deeply, or the data directory cannot be written.
    pub fn set_env(&self, variables: Map<String, Value>) -> io::Result<()> {
        let variables = variables.into_iter().map(|(name, value)| Ok((name, exact(&value)?)));
        let variables = variables.collect::<io::Result<_>>()?;
        self.shared.change(|state| {
            state.stored_mut().variables = variables;
            state.rederive(&self.shared.rules);
            Ok(())
        })
    }

    /// Adds or replaces one secret, global or of a system.
    ///
    /// # Errors
    ///
    /// The system does not exist, or the data directory cannot be written.
    pub fn set_secret(&self, system: Option<&str>, name: &str, value: &str) -> io::Result<()> {
        self.shared.change(|state| {
            if system.is_some_and(|id| state.entity(EntityKind::System, id).is_none()) {
                return Err(io::Error::new(io::ErrorKind::NotFound, "the system does not exist"));
            }
            state.secrets_mut().of_mut(system).insert(name.to_owned(), SecretString::from(value));
            Ok(())
        })
    }

    /// Disables a pipe, as somebody in the portal does.
    ///
    /// # Errors
    ///
    /// The pipe does not exist, or the data directory cannot be written.
    pub fn disable_pipe(&self, id: &str) -> io::Result<()> {
        self.shared.change(|state| {
            if state.entity(EntityKind::Pipe, id).is_none() {
                return Err(io::Error::new(io::ErrorKind::NotFound, "the pipe does not exist"));
            }
            state.stored_mut().pumps.entry(id.to_owned()).or_default().is_disabled = true;
            Ok(())
        })
    }

    /// The value of a global secret, for tests: the service API never returns it.
    #[must_use]
    pub fn secret_value_for_test(&self, name: &str) -> Option<String> {
        self.value_for_test(None, name)
    }

    /// The value of a secret of a system, for tests: the service API never returns it.
    #[must_use]
    pub fn system_secret_value_for_test(&self, system: &str, name: &str) -> Option<String> {
        self.value_for_test(Some(system), name)
    }

    fn value_for_test(&self, system: Option<&str>, name: &str) -> Option<String> {
        let state = self.shared.lock();
        Some(state.secrets.of(system)?.get(name)?.expose_secret().to_owned())
    }

    /// The latest 100,000 accepted requests, in the order of their arrival. Requests without the token are not logged.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.shared.requests.entries()
    }

    /// Clears the log of requests.
    pub fn clear_requests(&self) {
        self.shared.requests.clear();
    }
}

/// Keeps a value of a test.
fn exact(value: &Value) -> io::Result<ExactJson> {
    ExactJson::of(value)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, format!("the document {error}")))
}
