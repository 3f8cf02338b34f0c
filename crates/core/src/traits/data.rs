//! The pipes of a node at work: what goes in, running them, and what comes out.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

use crate::error::Result;

/// The data of a node that is used for tests. [`NodeTarget::data`](super::NodeTarget::data) returns it.
///
/// All calls can be made again, also after a failure whose outcome is unknown, except [`start`](Self::start).
#[async_trait]
pub trait NodeData: Debug + Send + Sync {
    /// Whether the node allows its pipes to be run for a test.
    ///
    /// # Errors
    /// As [`NodeTarget::observe`](super::NodeTarget::observe), also below.
    async fn is_developer_mode(&self) -> Result<bool>;

    /// The state of every pipe, in the node's order.
    async fn pipes(&self) -> Result<Vec<PipeState>>;

    /// Ends a run that is under way, whoever started it.
    async fn stop(&self) -> Result<()>;

    /// Starts a run of all pipes from nothing, except what was posted if `keeps_posted`. Returns the token of the run.
    ///
    /// # Errors
    /// `UnknownOutcome` if a run may have begun whose token is lost.
    async fn start(&self, keeps_posted: bool, limit: Duration) -> Result<String>;

    /// How far a run has come.
    async fn run_state(&self, token: &str) -> Result<RunState>;

    /// Posts entities, as JSON, to a pipe that takes them.
    async fn post(&self, pipe: &str, entities: &[u8]) -> Result<()>;

    /// What a pipe outputs, byte for byte.
    async fn output(&self, pipe: &str, output: &PipeOutput) -> Result<Vec<u8>>;

    /// The latest events of the execution log of a pipe, the oldest first, at most `limit`.
    async fn log(&self, pipe: &str, limit: usize) -> Result<Vec<PipeEvent>>;

    /// How many entities a dataset has; none if it does not exist.
    async fn entities_in(&self, dataset: &str) -> Result<u64>;

    /// Enables or disables a pipe. A pipe that publishes answers only while it is enabled.
    async fn set_enabled(&self, pipe: &str, enabled: bool) -> Result<()>;
}

/// The state of a pipe.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PipeState {
    /// Its `_id`.
    pub id: String,
    /// Its place in the flow of data.
    pub role: PipeRole,
    /// Whether the node finds its configuration valid. A node that does not say so counts as one that does not.
    pub is_valid: bool,
    /// What the node finds wrong with its configuration.
    pub problems: Vec<String>,
    /// Whether it is disabled.
    pub is_disabled: bool,
    /// What it does now, in the node's word; empty if the node says nothing.
    pub state: String,
    /// When it ran last, in the node's words; empty before it ran.
    pub last_run: String,
    /// How many entities wait in its source and in its dependencies.
    pub queue: u64,
    /// Whether it ran to its end; `None` before it ran.
    pub success: Option<bool>,
    /// Its last message.
    pub message: String,
    /// The dataset of the entities that it could not process, if it has one.
    pub dead_letters: Option<String>,
}

impl PipeState {
    /// A valid pipe that has not run.
    pub fn new(id: String, role: PipeRole) -> Self {
        Self {
            id,
            role,
            is_valid: true,
            problems: Vec::new(),
            is_disabled: false,
            state: String::new(),
            last_run: String::new(),
            queue: 0,
            success: None,
            message: String::new(),
            dead_letters: None,
        }
    }
}

/// An event of the execution log of a pipe.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PipeEvent {
    /// When it happened, in the node's words.
    pub time: String,
    /// What happened: `pump-started`, `pump-failed`, `read-error`.
    pub kind: String,
    /// What the node says about it. Never an entity.
    pub text: String,
}

impl PipeEvent {
    /// Takes what a node says.
    pub fn new(time: String, kind: String, text: String) -> Self {
        Self { time, kind, text }
    }
}

/// The place of a pipe in the flow of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PipeRole {
    /// It belongs to the node itself, and not to a configuration.
    Foreign,
    /// Its entities are a part of its configuration.
    Input,
    /// Its source or its sink is a dataset that other pipes use.
    Internal,
    /// It sends data out of the node.
    Output,
    /// It publishes data for others to fetch.
    Endpoint,
}

impl PipeRole {
    /// Whether its output is compared with an expected file.
    pub fn is_tested(self) -> bool {
        matches!(self, Self::Output | Self::Endpoint)
    }
}

/// How far a run has come.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunState {
    /// It is under way.
    Running,
    /// It ended well.
    Succeeded,
    /// It ended in another way, in the node's words.
    Failed(String),
}

/// An output of a pipe.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PipeOutput {
    /// The entities at a stage; `None` as they enter the sink.
    Entities(Option<String>),
    /// A published document: its format, and the parameters of the request.
    Published(String, Vec<(String, String)>),
}
