//! Pipes, systems and metadata in the service API: the original and the effective configuration, and the runtime.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use crate::config::issue::{Issue, has_error};
use crate::config::kinds::EntityKind;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::shared::Shared;
use crate::state::contents::Contents;
use crate::state::derived::Component;
use crate::state::pump::{OPERATIONS, PumpState};
use crate::state::stored::StoredEntity;

/// An envelope by its top-level keys.
pub(super) type Envelope = BTreeMap<&'static str, Box<RawValue>>;

/// The top-level keys a request asks for.
pub(super) struct ShownFields(Option<BTreeSet<String>>);

impl ShownFields {
    /// The keys of a request without the parameter `fields`.
    pub(super) fn all() -> Self {
        Self(None)
    }

    pub(super) fn of(parameters: &Parameters) -> Result<Self, Problem> {
        let Some(text) = parameters.text("fields") else { return Ok(Self(None)) };
        let fields: BTreeSet<String> = text.split(',').map(|field| field.trim().to_owned()).collect();
        let known = ["config", "graph", "runtime", "storage"];
        match fields.iter().find(|field| !known.contains(&field.as_str())) {
            Some(field) => Err(Problem::bad_request(format!("The field '{field}' is not one of {known:?}"))),
            None => Ok(Self(Some(fields))),
        }
    }

    fn shows(&self, field: &str) -> bool {
        // By default, all keys except the graph.
        self.0.as_ref().map_or(field != "graph", |fields| fields.contains(field))
    }
}

/// The phase of a pipe.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Deploying,
    Removing,
    Deployed,
}

/// A pipe, configured or being removed.
pub(super) fn pipe(contents: &Contents, node: &Shared, id: &str, fields: &ShownFields) -> Option<Envelope> {
    let (entity, component, phase) = match contents.entity(EntityKind::Pipe, id) {
        Some((entity, component)) if contents.progress.is_deploying(id) => {
            (entity, component, Phase::Deploying)
        }
        Some((entity, component)) => (entity, component, Phase::Deployed),
        None => {
            let removed = contents.progress.removed(id)?;
            (&removed.entity, &removed.component, Phase::Removing)
        }
    };
    let mut envelope = identity(id);
    envelope.insert("subjectidentifier", raw(&format!("http://{id}")));
    if fields.shows("config") {
        envelope.insert("config", raw(&configuration(node, entity, component)));
    }
    if fields.shows("runtime") {
        envelope.insert("runtime", raw(&pipe_runtime(contents, node, id, component, phase)));
    }
    if fields.shows("storage") {
        envelope.insert("storage", raw(&0));
    }
    if fields.shows("graph") {
        envelope.insert("graph", raw(&graph(contents, component)));
    }
    Some(envelope)
}

/// The pump of a pipe.
pub(super) fn pump(contents: &Contents, node: &Shared, id: &str) -> Option<Envelope> {
    let (_, component) = contents.entity(EntityKind::Pipe, id)?;
    let phase = if contents.progress.is_deploying(id) { Phase::Deploying } else { Phase::Deployed };
    let config = component.effective.members().remove("pump");
    let mut envelope = identity(&format!("pump:{id}"));
    envelope.insert("config", raw(&BTreeMap::from([("effective", config)])));
    envelope.insert("runtime", raw(&pipe_runtime(contents, node, id, component, phase)));
    Some(envelope)
}

/// A system.
pub(super) fn system(contents: &Contents, node: &Shared, id: &str) -> Option<Envelope> {
    let (entity, component) = contents.entity(EntityKind::System, id)?;
    let issues = component.issues(id, &contents.secrets, &node.rules.switches);
    let mut envelope = identity(id);
    envelope.insert("config", raw(&configuration(node, entity, component)));
    envelope.insert("runtime", raw(&validity(&issues)));
    Some(envelope)
}

/// The node metadata.
pub(super) fn metadata(contents: &Contents, node: &Shared, id: &str) -> Option<Envelope> {
    let (entity, component) = contents.entity(EntityKind::Metadata, id)?;
    let mut envelope = identity(id);
    envelope.insert("config", raw(&configuration(node, entity, component)));
    Some(envelope)
}

fn identity(id: &str) -> Envelope {
    BTreeMap::from([("_id", raw(&id))])
}

fn raw(value: &impl Serialize) -> Box<RawValue> {
    to_raw_value(value).expect("all keys are strings, so this is JSON")
}

fn configuration(node: &Shared, entity: &StoredEntity, component: &Component) -> Envelope {
    let original =
        if node.rules.switches.echo_group_tag { entity.tagged_body() } else { entity.body.clone() };
    let audit = json!({
        "created_ts": format!("~t{}", entity.created),
        "last_modified_ts": format!("~t{}", entity.modified),
    });
    BTreeMap::from([
        ("audit", raw(&audit)),
        ("effective", raw(&component.effective)),
        ("original", raw(&original)),
    ])
}

fn validity(issues: &[Issue]) -> Value {
    json!({"config-errors": issues, "is-valid-config": !has_error(issues), "origin": "user"})
}

fn pipe_runtime(contents: &Contents, node: &Shared, id: &str, component: &Component, phase: Phase) -> Value {
    let nothing = PumpState::default();
    let pump = contents.stored.pumps.get(id).unwrap_or(&nothing);
    let ran = node.runs.pipe(contents, id);
    let last_run = ran.as_ref().map(|(_, at)| at.clone()).or_else(|| pump.last_run.clone());
    let has_run = last_run.is_some();
    let is_success = ran.as_ref().is_none_or(|(run, _)| run.is_success);
    let message = ran.as_ref().map_or("Pump finished.", |(run, _)| run.message.as_str());
    let processed = ran.as_ref().map_or(0, |(run, _)| run.output.counts().0);
    let issues = component.issues(id, &contents.secrets, &node.rules.switches);
    let shown = match phase {
        Phase::Deploying => Some("Deploying"),
        Phase::Removing => Some("Removing"),
        Phase::Deployed if pump.is_disabled => Some("disabled"),
        Phase::Deployed if has_run && !is_success => Some("failed"),
        Phase::Deployed if has_run => Some("finished"),
        Phase::Deployed => None,
    };
    let mut runtime = validity(&issues);
    let more = json!({
        "dependencies": component.dependencies,
        "execution-dataset": format!("system:pump:{id}"),
        "is-disabled": pump.is_disabled,
        "is-running": false,
        "last-message": if has_run { message } else { "" },
        "last-run": last_run,
        "last-seen": pump.last_seen,
        "last-started": last_run,
        "next-run": null,
        "progress": {"last-seen": pump.last_seen, "processed": processed},
        "queues": {"dependencies": {}, "source": 0},
        "state": shown,
        "success": has_run.then_some(is_success),
        "supported-operations": OPERATIONS,
        "version": null,
    });
    if let (Value::Object(runtime), Value::Object(more)) = (&mut runtime, more) {
        runtime.extend(more);
    }
    runtime
}

/// The pipes whose datasets a pipe reads or hops to.
fn graph(contents: &Contents, component: &Component) -> Value {
    let writers = |datasets: &[String]| {
        let components = contents.derived.components.iter();
        let writes = |other: &Component| other.outputs.iter().any(|id| datasets.contains(id));
        components.filter(|(_, other)| writes(other)).map(|(id, _)| id.clone()).collect::<Vec<_>>()
    };
    json!({
        "upstream_dependent_pipes": writers(&component.dependencies),
        "upstream_pipes": writers(&component.inputs),
    })
}
