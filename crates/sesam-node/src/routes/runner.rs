//! Running all pipes, and the data that goes in and comes out.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use deployer_core::document::Value as Document;
use jiff::Timestamp;
use serde_json::{Value, json as value};

use crate::body;
use crate::config::kinds::EntityKind;
use crate::exact::ExactJson;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::response::{HandlerResult, Refusal, done, json};
use crate::runner::{Published, RunOptions};
use crate::shared::Shared;
use crate::state::contents::Contents;
use crate::state::derived::Component;

/// The parameters of a run.
const PARAMETERS: [&str; 9] = [
    "check_input_pipes",
    "delete_input_datasets",
    "extra_zero_runs",
    "max_run_time",
    "max_runs",
    "output_run_statistics",
    "request_mode",
    "reset_pipes_and_delete_sink_datasets",
    "scheduler_mode",
];

/// The longest run without the parameter `max_run_time`, in seconds.
const LIMIT: u64 = 900;

/// The stages of a pipe, each with another spelling that clients use.
const STAGES: [(&str, &str); 4] = [
    ("source", "source"),
    ("before-transforms", "before-transform"),
    ("after-transforms", "after-transform"),
    ("sink", "sink"),
];

/// The published formats, with the types of their contents.
const FORMATS: [(&str, &str, &str); 4] = [
    ("entities", "http_endpoint", "application/json"),
    ("csv", "csv_endpoint", "text/csv"),
    ("xml", "xml_endpoint", "application/xml"),
    ("excel", "excel_endpoint", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
];

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/pipes/run-all-pipes", post(run))
        .route("/pipes/stop-run-all-pipes", post(stop))
        .route("/pipes/get-pipe-runner-status", get(status))
        .route("/pipes/get-run-all-pipes-log", get(log))
        .route("/pipes/delete-all-sink-datasets", post(delete_all_sink_datasets))
        .route("/pipes/{pipe}/entities", get(entities))
        .route("/pipes/{pipe}/log", get(pipe_log))
        .route("/receivers/{pipe}/entities", post(receive))
        .route("/publishers/{pipe}/{format}", get(publish))
}

/// Runs all pipes. A synchronous request is answered when the run is over.
async fn run(State(node): State<Arc<Shared>>, parameters: Parameters) -> HandlerResult {
    require_developer_mode(&node)?;
    if let Some(name) = parameters.other_than(&PARAMETERS) {
        return Err(Problem::bad_request(format!("The parameter '{name}' is unknown.")).into());
    }
    let options = RunOptions {
        deletes_input: parameters.flag("delete_input_datasets", true)?,
        resets: parameters.flag("reset_pipes_and_delete_sink_datasets", true)?,
        limit: Duration::from_secs(parameters.number("max_run_time")?.unwrap_or(LIMIT)),
    };
    for number in ["extra_zero_runs", "max_runs"] {
        parameters.number(number)?;
    }
    let is_async = match parameters.text("request_mode") {
        None | Some("sync") => false,
        Some("async") => true,
        Some(other) => {
            return Err(Problem::bad_request(format!("The request mode '{other}' is unknown.")).into());
        }
    };
    let stopped = node.runs.stopped();
    let started = node.runs.start(&node.read(), options);
    let started =
        started.map_err(|reason| Problem::new(StatusCode::CONFLICT, format!("Refused: {reason}.")))?;
    if is_async {
        return json(&value!({ "token": started.token }));
    }
    tokio::select! {
        () = tokio::time::sleep(started.duration) => {}
        () = stopped => {}
    }
    status_of(&node, &started.token)
}

async fn stop(State(node): State<Arc<Shared>>) -> HandlerResult {
    node.runs.stop(&node.read());
    json(&value!({ "status": "not-running" }))
}

async fn status(State(node): State<Arc<Shared>>, parameters: Parameters) -> HandlerResult {
    require_developer_mode(&node)?;
    status_of(&node, parameters.text("token").unwrap_or_default())
}

fn status_of(node: &Shared, token: &str) -> HandlerResult {
    let mut answer = value!({ "status": node.runs.status(&node.read(), token) });
    if let Some(text) = &node.runs.answers().script().additional_info {
        answer["additional_info"] = Value::from(text.as_str());
    }
    json(&answer)
}

async fn log(State(node): State<Arc<Shared>>, parameters: Parameters) -> HandlerResult {
    require_developer_mode(&node)?;
    let since = parameters.text("since").filter(|since| !since.is_empty()).map(str::parse::<Timestamp>);
    let since =
        since.transpose().map_err(|_| Problem::bad_request("The parameter 'since' is not a timestamp."))?;
    let lines = node.runs.log(&node.read(), parameters.text("token"));
    let lines = lines.into_iter().filter(|(at, _)| since.is_none_or(|since| *at > since));
    let line = |(at, text): (Timestamp, String)| value!({ "timestamp": at.to_string(), "loglevel": "info", "logdata": text });
    json(&lines.map(line).collect::<Vec<_>>())
}

/// The entities that a pipe outputs. There are none before a run.
async fn entities(
    State(node): State<Arc<Shared>>,
    Path(id): Path<String>,
    parameters: Parameters,
) -> HandlerResult {
    let contents = node.read();
    pipe(&contents, &id)?;
    let stage = parameters.text("stage").unwrap_or("sink");
    let Some((stage, _)) = STAGES.iter().find(|(name, other)| stage == *name || stage == *other) else {
        return Err(Problem::bad_request(format!("The stage '{stage}' is unknown.")).into());
    };
    let body = node.runs.entities(&contents, &id, Some(*stage).filter(|stage| *stage != "sink"));
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// The execution log of a pipe.
async fn pipe_log(
    State(node): State<Arc<Shared>>,
    Path(id): Path<String>,
    parameters: Parameters,
) -> HandlerResult {
    let contents = node.read();
    pipe(&contents, &id)?;
    let Some((run, at)) = node.runs.pipe(&contents, &id) else { return json(&Value::Array(Vec::new())) };
    let (exist, deleted) = run.output.counts();
    let mut events = vec![value!({ "_id": "1", "event_type": "pump-started", "timestamp": at })];
    events.push(if run.is_success {
        let succeeded = exist + deleted;
        value!({ "_id": "2", "event_type": "pump-completed", "timestamp": at, "entities_succeeded": succeeded, "entities_failed": 0 })
    } else {
        let (reason, message) = ("The pump failed.", &run.message);
        value!({ "_id": "2", "event_type": "pump-failed", "timestamp": at, "reason_why_stopped": reason, "original_error_message": message })
    });
    if parameters.flag("reverse", false)? {
        events.reverse();
    }
    let limit = parameters.number("limit")?.and_then(|limit| usize::try_from(limit).ok());
    events.truncate(limit.unwrap_or(usize::MAX));
    json(&events)
}

/// Takes entities for a pipe with an `http_endpoint` source.
async fn receive(State(node): State<Arc<Shared>>, Path(id): Path<String>, request: Request) -> HandlerResult {
    let posted = body::json(request).await?;
    let malformed =
        || Problem::bad_request("The entities must be a list of objects, each with a text as '_id'.");
    let is_entity =
        |node: &deployer_core::document::Node| node.get("_id").is_some_and(|id| id.as_str().is_some());
    let document = posted.document();
    let is_valid = match &document.value {
        Document::Array(items) => items.iter().all(is_entity),
        Document::Object(_) => is_entity(&document),
        _ => false,
    };
    if !is_valid {
        return Err(malformed().into());
    }
    let contents = node.read();
    let component = pipe(&contents, &id)?;
    if contents.progress.is_deploying(&id) {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "The pipe is being deployed.").into());
    }
    if component.effective.value()["source"]["type"] != "http_endpoint" {
        return Err(Problem::bad_request(format!("The pipe '{id}' has no 'http_endpoint' source.")).into());
    }
    let entities = ExactJson::parse_elements(posted.text().as_bytes()).map_err(|_| malformed())?;
    let received = node.runs.receive(&contents, &id, entities);
    received.map_err(|reason| Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("Refused: {reason}.")))?;
    json(&value!({}))
}

/// A document that a pipe publishes.
async fn publish(
    State(node): State<Arc<Shared>>,
    Path((id, format)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> HandlerResult {
    let contents = node.read();
    let component = pipe(&contents, &id)?;
    let sink = component.effective.value()["sink"]["type"].as_str().unwrap_or_default().to_owned();
    let Some((name, _, content_type)) =
        FORMATS.iter().find(|(name, kind, _)| *name == format && *kind == sink)
    else {
        let detail = format!("The pipe '{id}' does not publish '{format}'.");
        return Err(Problem::new(StatusCode::NOT_FOUND, detail).into());
    };
    if contents.stored.pumps.get(&id).is_some_and(|pump| pump.is_disabled) {
        return Err(Problem::new(StatusCode::CONFLICT, format!("The pipe '{id}' is disabled.")).into());
    }
    match node.runs.published(&contents, &id, name, query.as_deref().unwrap_or_default()) {
        Published::Document(document) => {
            Ok(([(header::CONTENT_TYPE, *content_type)], document).into_response())
        }
        Published::Nothing(why) => {
            Err(Problem::new(StatusCode::NOT_FOUND, format!("The pipe '{id}' publishes nothing: {why}."))
                .into())
        }
    }
}

async fn delete_all_sink_datasets(State(node): State<Arc<Shared>>) -> HandlerResult {
    node.change(|state| {
        let sinks: BTreeSet<String> = state.derived.outputs().cloned().collect();
        state.stored_mut().datasets.retain(|dataset| !sinks.contains(dataset));
        // The pipes create their datasets again.
        state.rederive(&node.rules);
        Ok::<_, Refusal>(())
    })?;
    done()
}

fn require_developer_mode(node: &Shared) -> Result<(), Problem> {
    if node.rules.switches.no_developer_mode {
        return Err(Problem::new(StatusCode::FORBIDDEN, "The node is not in developer mode."));
    }
    Ok(())
}

/// The configuration of a pipe.
fn pipe<'a>(contents: &'a Contents, id: &str) -> Result<&'a Component, Problem> {
    let (_, component) =
        contents.entity(EntityKind::Pipe, id).ok_or_else(|| Problem::not_found("pipe", id))?;
    Ok(component)
}
