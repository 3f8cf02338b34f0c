//! The runs of a node, and the data that they leave.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::answers::{Answers, Published};
use super::dataset::Dataset;
use super::pass::{self, Moved, PipeRun};
use super::publish;
use super::script::{Failure, Faults};
use crate::config::kinds::EntityKind;
use crate::exact::ExactJson;
use crate::state::contents::Contents;
use crate::state::derived::Derived;

/// The most memory of posted entities, in bytes.
const MOST_RECEIVED: usize = 512 * 1024 * 1024;
/// The memory of an entity besides its text, in bytes.
const OVERHEAD: usize = 128;

/// The parameters of a run that have an effect here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunOptions {
    /// Whether posted entities are forgotten first.
    pub(crate) deletes_input: bool,
    /// Whether pipes start from nothing.
    pub(crate) resets: bool,
    /// The longest run. A longer one fails.
    pub(crate) limit: Duration,
}

/// A run that began.
#[derive(Debug, Clone)]
pub(crate) struct Started {
    pub(crate) token: String,
    pub(crate) duration: Duration,
}

/// The runs of a node.
#[derive(Debug, Default)]
pub(crate) struct Runs {
    answers: Answers,
    faults: Faults,
    state: Mutex<State>,
    stopped: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// The configuration that all below belongs to: another one empties it.
    configuration: Option<Arc<Derived>>,
    received: BTreeMap<String, Vec<ExactJson>>,
    moved: Moved,
    /// The latest run.
    run: Option<Run>,
    number: u64,
}

#[derive(Debug)]
struct Run {
    token: String,
    ends: Instant,
    at: Timestamp,
    /// What the run has moved, until it has ended.
    result: Option<Moved>,
    is_stopped: bool,
    /// Whether the run takes longer than its limit.
    is_late: bool,
}

impl Runs {
    pub(crate) fn new(answers: Answers) -> Self {
        let faults = Faults::new(answers.script());
        Self { answers, faults, ..Self::default() }
    }

    /// How a request fails, if the script says so.
    pub(crate) fn failure(&self, method: &str, address: &str) -> Option<Failure> {
        self.faults.next(method, address)
    }

    /// Waits until a run is stopped, from this call on.
    pub(crate) fn stopped(&self) -> Notified<'_> {
        self.stopped.notified()
    }

    pub(crate) fn answers(&self) -> &Answers {
        &self.answers
    }

    /// The state for a configuration, with the result of a run that has ended.
    fn state(&self, contents: &Contents) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = state.configuration.as_ref().is_some_and(|it| Arc::ptr_eq(it, &contents.derived));
        if !is_same {
            let number = state.number;
            *state = State { configuration: Some(Arc::clone(&contents.derived)), number, ..State::default() };
        }
        let ended = state.run.as_mut().filter(|run| !run.is_stopped && run.ends <= Instant::now());
        if let Some(moved) = ended.and_then(|run| run.result.take()) {
            state.moved = moved;
        }
        state
    }

    /// Takes entities that were posted to a pipe. An entity replaces an earlier one with its `_id`.
    ///
    /// # Errors
    /// In words, if the node would keep too many.
    pub(crate) fn receive(
        &self,
        contents: &Contents,
        pipe: &str,
        entities: Vec<ExactJson>,
    ) -> Result<(), String> {
        let mut state = self.state(contents);
        let kept = state.received.values().flatten().chain(&entities);
        if kept.map(|entity| entity.text().len() + OVERHEAD).sum::<usize>() > MOST_RECEIVED {
            let most = MOST_RECEIVED / 1024 / 1024;
            return Err(format!("the embedded node keeps at most {most} MiB of posted entities"));
        }
        let id = |entity: &ExactJson| entity.members().get("_id").map(|id| id.get().to_owned());
        let received = state.received.entry(pipe.to_owned()).or_default();
        let mut places: BTreeMap<Option<String>, usize> =
            received.iter().map(id).enumerate().map(|(at, id)| (id, at)).collect();
        for entity in entities {
            match places.get(&id(&entity)) {
                Some(at) => received[*at] = entity,
                None => {
                    places.insert(id(&entity), received.len());
                    received.push(entity);
                }
            }
        }
        Ok(())
    }

    /// Begins a run.
    ///
    /// # Errors
    /// In words, while another one is under way.
    pub(crate) fn start(&self, contents: &Contents, options: RunOptions) -> Result<Started, String> {
        let mut state = self.state(contents);
        if state.run.as_ref().is_some_and(Run::is_running) {
            return Err("the pipes are being run already".to_owned());
        }
        if options.deletes_input {
            state.received.clear();
        }
        let before = if options.resets { Moved::default() } else { state.moved.clone() };
        let failing = &self.answers.script().failing;
        let scripted = self.answers.script().duration();
        let is_late = scripted > options.limit;
        let result = (!is_late).then(|| pass::run(contents, &state.received, before, &self.answers, failing));
        state.number += 1;
        let token = format!("run-{}", state.number);
        let duration = scripted.min(options.limit);
        // What an earlier run moved is gone as soon as the next one starts from nothing.
        state.moved = if options.resets { Moved::default() } else { std::mem::take(&mut state.moved) };
        let (ends, at) = (Instant::now() + duration, Timestamp::now());
        state.run = Some(Run { token: token.clone(), ends, at, result, is_stopped: false, is_late });
        Ok(Started { token, duration })
    }

    /// Ends the run that is under way.
    pub(crate) fn stop(&self, contents: &Contents) {
        let mut state = self.state(contents);
        if let Some(run) = state.run.as_mut().filter(|run| run.is_running()) {
            run.is_stopped = true;
            run.result = None;
            self.stopped.notify_waiters();
        }
    }

    /// The word for a run.
    pub(crate) fn status(&self, contents: &Contents, token: &str) -> String {
        let state = self.state(contents);
        match state.run.as_ref().filter(|run| run.token == token) {
            None => "not-running".to_owned(),
            Some(run) if run.is_stopped => "not-running".to_owned(),
            Some(run) if run.is_running() => "running".to_owned(),
            Some(run) if run.is_late => "failed".to_owned(),
            Some(_) => self.answers.script().status.clone(),
        }
    }

    /// The lines of the log of the latest run, each with its time.
    pub(crate) fn log(&self, contents: &Contents, token: Option<&str>) -> Vec<(Timestamp, String)> {
        let state = self.state(contents);
        let run = state.run.as_ref().filter(|run| token.is_none_or(|token| run.token == token));
        let Some(run) = run else { return Vec::new() };
        let lines = self.answers.script().log.iter().zip(1_i64..);
        let at =
            |number: i64| run.at.checked_add(jiff::SignedDuration::from_millis(number)).unwrap_or(run.at);
        lines.map(|(line, number)| (at(number), line.clone())).collect()
    }

    /// How a pipe ran last, and when.
    pub(crate) fn pipe(&self, contents: &Contents, id: &str) -> Option<(Arc<PipeRun>, String)> {
        let state = self.state(contents);
        let run = Arc::clone(state.moved.pipes.get(id)?);
        let at = state.run.as_ref().map(|run| run.at.to_string())?;
        Some((run, at))
    }

    /// The numbers of existing and deleted entities of a dataset.
    pub(crate) fn counts(&self, contents: &Contents, dataset: &str) -> (usize, usize) {
        self.state(contents).moved.datasets.get(dataset).map(Dataset::counts).unwrap_or_default()
    }

    /// The output of a pipe at a stage, as bytes.
    pub(crate) fn entities(&self, contents: &Contents, id: &str, stage: Option<&str>) -> Vec<u8> {
        let Some((run, _)) = self.pipe(contents, id) else { return b"[]".to_vec() };
        let canned = run.is_success.then(|| self.answers.entities(id, stage, &run.hash)).flatten();
        canned.unwrap_or_else(|| match (run.is_canned, stage) {
            // The entities at this stage are not recorded, and those that enter the sink are others.
            (true, Some(_)) => b"[]".to_vec(),
            _ => serde_json::to_vec(&run.output.shown()).unwrap_or_else(|_| b"[]".to_vec()),
        })
    }

    /// A document that a pipe publishes.
    pub(crate) fn published(&self, contents: &Contents, id: &str, kind: &str, query: &str) -> Published {
        let Some((run, _)) = self.pipe(contents, id) else {
            return Published::Nothing("the pipe has not run".to_owned());
        };
        match self.answers.published(id, kind, query, &run.hash) {
            Published::Document(document) if run.is_success => Published::Document(document),
            Published::Nothing(_) if kind == "entities" && run.is_success && !run.is_canned => {
                Published::Document(self.entities(contents, id, None))
            }
            // A pipe of which some documents are recorded copies nothing.
            Published::Nothing(_) if run.is_success && !run.is_canned => {
                let sink = contents.entity(EntityKind::Pipe, id);
                let sink = sink.map(|(_, pipe)| pipe.effective.value()["sink"].clone()).unwrap_or_default();
                match publish::document(kind, &sink, query, &run.output.shown()) {
                    Ok(document) => Published::Document(document),
                    Err(why) => Published::Nothing(why),
                }
            }
            Published::Nothing(why) => Published::Nothing(why),
            Published::Document(_) => Published::Nothing("its last run failed".to_owned()),
        }
    }
}

impl Run {
    fn is_running(&self) -> bool {
        !self.is_stopped && self.ends > Instant::now()
    }
}
