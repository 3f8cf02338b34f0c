//! The pipes of the node at work.

use std::time::Duration;

use async_trait::async_trait;
use deployer_core::traits::{NodeData, PipeEvent, PipeOutput, PipeRole, PipeState, RunState};
use deployer_core::{Error, Kind, Result};
use deployer_http::Response;
use serde_json::Value;

use crate::errors::{capped, check_read};
use crate::wire::Wire;

/// The origins of pipes that belong to the node itself.
const FOREIGN: [&str; 4] = ["system", "search", "replica", "aggregator-storage-node"];

/// What the runner of a node answers while a run is under way.
const UNDER_WAY: [&str; 4] = ["running", "started", "starting", "pending"];

#[async_trait]
impl NodeData for Wire {
    async fn is_developer_mode(&self) -> Result<bool> {
        let attempted = "read whether the node is in developer mode";
        let root: Value = answer(attempted, self.root().await, self)?.json(attempted)?;
        Ok(root["status"]["developer_mode"].as_bool().unwrap_or_default())
    }

    async fn pipes(&self) -> Result<Vec<PipeState>> {
        let attempted = "read the state of the pipes";
        let pipes: Vec<Value> = answer(attempted, self.whole_pipes().await, self)?.json(attempted)?;
        Ok(pipes.iter().filter_map(state).collect())
    }

    async fn stop(&self) -> Result<()> {
        let attempted = "stop running the pipes";
        let _: Value = answer(attempted, self.stop_run().await, self)?.json(attempted)?;
        Ok(())
    }

    async fn start(&self, keeps_posted: bool, limit: Duration) -> Result<String> {
        let attempted = "run the pipes";
        let response = answer(attempted, self.start_run(keeps_posted, limit.as_secs()).await, self)?;
        let started: Value =
            response.json(attempted).map_err(|error| error.with_kind(Kind::UnknownOutcome))?;
        match started["token"].as_str() {
            Some(token) => Ok(token.to_owned()),
            None => Err(Error::new(Kind::UnknownOutcome, attempted)
                .with_cause("the answer of the node has no token of the run")),
        }
    }

    async fn run_state(&self, token: &str) -> Result<RunState> {
        let attempted = "read how far the run of the pipes has come";
        let answer: Value = answer(attempted, self.run_status(token).await, self)?.json(attempted)?;
        let word = answer["status"].as_str().unwrap_or_default();
        if word == "success" {
            return Ok(RunState::Succeeded);
        }
        if UNDER_WAY.contains(&word) {
            return Ok(RunState::Running);
        }
        let more = answer["additional_info"].as_str().map(|text| format!(": {}", capped(text)));
        Ok(RunState::Failed(format!("{word:?}{}", more.unwrap_or_default())))
    }

    async fn post(&self, pipe: &str, entities: &[u8]) -> Result<()> {
        let attempted = format!("post testdata to the pipe {pipe}");
        answer(&attempted, self.post_entities(pipe, entities.to_vec()).await, self).map(drop)
    }

    async fn output(&self, pipe: &str, output: &PipeOutput) -> Result<Vec<u8>> {
        let attempted = format!("fetch the output of the pipe {pipe}");
        Ok(answer(&attempted, self.pipe_output(pipe, output).await, self)?.body.to_vec())
    }

    async fn log(&self, pipe: &str, limit: usize) -> Result<Vec<PipeEvent>> {
        let attempted = format!("read the execution log of the pipe {pipe}");
        let events: Vec<Value> =
            answer(&attempted, self.pipe_log(pipe, limit).await, self)?.json(&attempted)?;
        Ok(events.iter().rev().map(event).collect())
    }

    async fn entities_in(&self, dataset: &str) -> Result<u64> {
        let attempted = format!("read how many entities the dataset {dataset} has");
        let read = answer(&attempted, self.dataset(dataset).await, self);
        let dataset: Value = match read {
            Err(error) if error.kind() == Kind::NotFound => return Ok(0),
            read => read?.json(&attempted)?,
        };
        Ok(dataset["runtime"]["count-index-exists"].as_u64().unwrap_or_default())
    }

    async fn set_enabled(&self, pipe: &str, enabled: bool) -> Result<()> {
        let operation = if enabled { "enable" } else { "disable" };
        let attempted = format!("{operation} the pipe {pipe}");
        answer(&attempted, self.operate_pump(pipe, operation).await, self).map(drop)
    }
}

fn answer(attempted: &str, response: Result<Response>, wire: &Wire) -> Result<Response> {
    check_read(attempted, response.map_err(|error| error.context(attempted))?, wire)
}

fn state(pipe: &Value) -> Option<PipeState> {
    let id = pipe["_id"].as_str()?;
    let runtime = &pipe["runtime"];
    let mut state = PipeState::new(id.to_owned(), role(id, &pipe["config"]));
    state.is_valid = runtime["is-valid-config"].as_bool().unwrap_or_default();
    let problems = runtime["config-errors"].as_array().into_iter().flatten();
    let problems = problems.filter(|problem| problem["level"].as_str().is_none_or(|level| level == "error"));
    let words = |problem: &Value| {
        let text = problem["msg"].as_str().map_or_else(|| problem.to_string(), str::to_owned);
        capped(&text).to_owned()
    };
    state.problems = problems.map(words).collect();
    state.is_disabled = runtime["is-disabled"].as_bool().unwrap_or_default();
    let text = |key: &str| capped(runtime[key].as_str().unwrap_or_default()).to_owned();
    state.state = text("state");
    state.last_run = text("last-run");
    let queues = &runtime["queues"];
    let dependencies = queues["dependencies"].as_object().into_iter().flat_map(|queues| queues.values());
    state.queue = [&queues["source"]].into_iter().chain(dependencies).filter_map(Value::as_u64).sum();
    state.success = runtime["success"].as_bool();
    state.message = text("last-message");
    state.dead_letters = dead_letters(id, &pipe["config"]["effective"]["pump"]);
    Some(state)
}

/// The dataset of the entities that a pipe could not process.
fn dead_letters(id: &str, pump: &Value) -> Option<String> {
    let named = pump["dead_letter_dataset"].as_str().map(str::to_owned);
    named.or_else(|| (pump["use_dead_letter_dataset"] == true).then(|| format!("system:dead-letter:{id}")))
}

/// The members of an event that are shown. Others can contain entities.
const SHOWN: [&str; 6] = [
    "reason_why_stopped",
    "original_error_message",
    "message",
    "entities_succeeded",
    "entities_failed",
    "dead",
];

fn event(event: &Value) -> PipeEvent {
    let text =
        |keys: [&str; 2]| keys.iter().find_map(|key| event[*key].as_str()).unwrap_or_default().to_owned();
    let shown = SHOWN.iter().filter_map(|key| match &event[*key] {
        Value::Null => None,
        Value::String(text) => Some(capped(text).to_owned()),
        other => Some(format!("{key}: {other}")),
    });
    let words = shown.collect::<Vec<_>>().join("; ");
    PipeEvent::new(text(["timestamp", "start_time"]), text(["event_type", "type"]), words)
}

/// The place of a pipe in the flow, as Sesam's command-line tool finds it.
fn role(id: &str, config: &Value) -> PipeRole {
    let origin = config["original"]["metadata"]["origin"].as_str().unwrap_or_default();
    if FOREIGN.contains(&origin) || id.contains(":singlenode") {
        return PipeRole::Foreign;
    }
    let (source, sink) = (&config["effective"]["source"], &config["effective"]["sink"]);
    if source["type"] == "embedded" {
        return PipeRole::Input;
    }
    if sink["type"].as_str().is_some_and(|kind| kind.ends_with("_endpoint")) {
        return PipeRole::Endpoint;
    }
    if sink["dataset"].is_null() { PipeRole::Output } else { PipeRole::Internal }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pipe_has_the_dataset_of_dead_letters_that_its_pump_names() {
        for (pump, expected) in [
            (json!({}), None),
            (json!({ "use_dead_letter_dataset": false }), None),
            (json!({ "use_dead_letter_dataset": true }), Some("system:dead-letter:a")),
            (json!({ "use_dead_letter_dataset": true, "dead_letter_dataset": "dead" }), Some("dead")),
        ] {
            assert_eq!(dead_letters("a", &pump).as_deref(), expected, "{pump}");
        }
    }

    #[test]
    fn a_pipe_has_the_role_that_sesams_tool_gives_it() {
        for (id, origin, source, sink, expected) in [
            ("a", "user", json!({ "type": "embedded" }), json!({ "type": "http_endpoint" }), PipeRole::Input),
            (
                "a",
                "user",
                json!({ "type": "dataset" }),
                json!({ "type": "csv_endpoint" }),
                PipeRole::Endpoint,
            ),
            (
                "a",
                "user",
                json!({ "type": "dataset" }),
                json!({ "type": "dataset", "dataset": "a" }),
                PipeRole::Internal,
            ),
            (
                "a",
                "user",
                json!({ "type": "http_endpoint" }),
                json!({ "type": "dataset", "dataset": "a" }),
                PipeRole::Internal,
            ),
            ("a", "user", json!({ "type": "dataset" }), json!({ "type": "null" }), PipeRole::Output),
            ("a", "user", json!({ "type": "sql" }), json!({ "type": "rest" }), PipeRole::Output),
            ("a", "system", json!({ "type": "sql" }), json!({ "type": "rest" }), PipeRole::Foreign),
            ("a:singlenode", "user", json!({ "type": "sql" }), json!({ "type": "rest" }), PipeRole::Foreign),
        ] {
            let config = json!({
                "original": { "metadata": { "origin": origin } },
                "effective": { "source": source, "sink": sink },
            });
            assert_eq!(role(id, &config), expected, "{config}");
        }
    }
}
