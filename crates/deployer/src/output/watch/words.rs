//! Words about a deployment, for people and for machines.

use std::time::{Duration, SystemTime};

use deployer_core::model::Revision;
use deployer_watch::State;

use crate::watching::{Content, DEPLOYING};

/// The state in a word.
pub(crate) fn word(state: &State) -> &'static str {
    match state {
        State::Waiting => "waiting",
        State::Deploying => DEPLOYING,
        State::Comparing => "comparing",
        State::InStep => "in step",
        State::Held { .. } => "held",
        State::Failed { .. } => "failed",
        State::Drifted => "drifted",
    }
}

/// The state in a word, also if another replica serves the deployment.
pub(super) fn state_of(content: &Content) -> &str {
    content.elsewhere.as_ref().map_or_else(|| word(&content.state), |elsewhere| elsewhere.state.as_str())
}

/// How much a deployment needs a person: the lowest number most.
pub(super) fn urgency(content: &Content) -> u8 {
    match state_of(content) {
        "held" => 0,
        "failed" => 1,
        "drifted" => 2,
        _ if content.source_failure.is_some() && content.elsewhere.is_none() => 1,
        "in step" => 4,
        _ => 3,
    }
}

/// A revision for people.
pub(crate) fn short(revision: &str) -> String {
    Revision::new(revision).short().to_owned()
}

/// A time in whole seconds, ISO 8601.
pub(super) fn time(time: SystemTime) -> String {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    let seconds = i64::try_from(seconds).unwrap_or_default();
    jiff::Timestamp::from_second(seconds).map(|time| time.to_string()).unwrap_or_default()
}

/// The newest revision of the source, and the deployed one.
pub(super) fn revisions(content: &Content) -> (Option<&str>, Option<&str>) {
    match &content.elsewhere {
        Some(elsewhere) => (elsewhere.newest.as_deref(), elsewhere.deployed.as_deref()),
        None => (content.newest.as_deref(), content.deployed.as_deref()),
    }
}
