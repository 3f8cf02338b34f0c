//! A watching process, for people and for machines.

mod metrics;
mod page;
#[cfg(test)]
mod sample;
mod words;

use serde_json::{Map, Value, json};

pub(crate) use self::metrics::metrics;
pub(crate) use self::page::{page, policy};
use self::words::{revisions, state_of, time, urgency};
pub(crate) use self::words::{short, word};
use super::json;
use crate::watching::{Content, Node, Run};

/// The same as a document. The members beside `deployments` are those of the deployment that needs a person most.
pub(crate) fn document(contents: &[Content]) -> Value {
    let mut document =
        contents.iter().min_by_key(|content| urgency(content)).map(deployment).unwrap_or_default();
    document.insert("format".to_owned(), json::FORMAT.into());
    document.insert("deployments".to_owned(), contents.iter().map(deployment).map(Value::from).collect());
    document.into()
}

fn deployment(content: &Content) -> Map<String, Value> {
    let run = |run: &Run| {
        json!({
            "time": time(run.at),
            "revision": run.revision,
            "outcome": run.outcome,
            "summary": run.summary,
            "receipt": run.receipt,
            "error": run.error,
        })
    };
    let node = |(name, node): (&String, &Node)| json!({ "name": name, "outcome": node.outcome, "drifted": node.is_drifted });
    let (newest, deployed) = revisions(content);
    let members = json!({
        "deployment": Some(&content.name).filter(|name| !name.is_empty()),
        "serves": content.elsewhere.is_none(),
        "replica": content.elsewhere.as_ref().map(|elsewhere| &elsewhere.replica),
        "environment": content.environment,
        "source": content.source,
        "state": state_of(content).replace(' ', "-"),
        "plan": content.plan(),
        "why": content.why.as_ref().filter(|_| content.elsewhere.is_none()),
        "since": time(content.since),
        "newest": newest,
        "deployed": deployed,
        "source_failure": content.source_failure.as_ref().filter(|_| content.elsewhere.is_none()),
        "checks": content.checks,
        "checked": content.checked.map(time),
        "last_success": content.last_success.map(time),
        "nodes": content.nodes.iter().map(node).collect::<Vec<_>>(),
        "runs": content.runs.iter().map(run).collect::<Vec<_>>(),
    });
    match members {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use deployer_watch::State;

    use super::sample::content;
    use super::*;
    use crate::watching::Elsewhere;

    #[test]
    fn the_document_says_the_same() {
        let document = document(&[content()]);
        assert_eq!(
            (&document["format"], &document["state"], &document["plan"]),
            (&1.into(), &"held".into(), &"0a1b2c".into())
        );
        assert_eq!((&document["deployment"], &document["serves"]), (&Value::Null, &true.into()));
        assert_eq!(document["runs"][0]["outcome"], "held");
        assert_eq!(document["nodes"][0], json!({ "name": "master", "outcome": "deployed", "drifted": true }));
    }

    #[test]
    fn a_fleet_says_first_what_needs_a_person_and_lists_each_deployment() {
        let named = |name: &str, state: State| {
            let mut content = content();
            (content.name, content.state) = (name.to_owned(), state);
            content
        };
        let mut elsewhere = named("b", State::Waiting);
        elsewhere.elsewhere = Some(Elsewhere {
            replica: Some("replica-2".to_owned()),
            state: "in step".to_owned(),
            deployed: Some("r1".to_owned()),
            ..Elsewhere::default()
        });
        let all = [named("a", State::InStep), elsewhere, named("c", State::Drifted)];
        let document = document(&all);
        assert_eq!((&document["deployment"], &document["state"]), (&"c".into(), &"drifted".into()));
        let second = &document["deployments"][1];
        assert_eq!((&second["deployment"], &second["serves"]), (&"b".into(), &false.into()));
        assert_eq!((&second["replica"], &second["state"]), (&"replica-2".into(), &"in-step".into()));
        assert_eq!((&second["deployed"], &second["why"]), (&"r1".into(), &Value::Null));
    }
}
