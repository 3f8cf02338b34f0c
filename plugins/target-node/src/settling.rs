//! The progress of a node after an upload: which pipes it still deploys, and which entities it cannot run.

use std::collections::HashMap;

use deployer_core::Result;
use deployer_core::error::Note;
use deployer_core::model::{Action, Entity, EntityKind, NodePlan};
use deployer_core::traits::Settling;
use deployer_http::Response;
use serde::Deserialize;
use serde_json::Value;

use crate::errors::check_read;
use crate::objections::of_errors;
use crate::wire::Wire;

/// A pipe or a system as the node runs it. A member that is absent or of another type than documented counts as valid and deployed.
#[derive(Deserialize)]
struct Running {
    #[serde(rename = "_id")]
    id: String,
    #[serde(default)]
    runtime: Value,
}

impl Running {
    /// Whether the pipe is being deployed or removed.
    fn is_deploying(&self) -> bool {
        matches!(self.runtime.get("state").and_then(Value::as_str), Some("Deploying" | "Removing"))
    }

    fn is_invalid(&self) -> bool {
        self.runtime.get("is-valid-config").and_then(Value::as_bool) == Some(false)
    }
}

/// Reads the pipes, and the systems once no pipe is deploying. Only entities of the plan count: other config groups change on their
/// own.
pub(crate) async fn settling(wire: &Wire, plan: &NodePlan) -> Result<Settling> {
    let wanted: HashMap<&str, &Entity> =
        plan.desired.entities.iter().map(|entity| (&**entity.id(), entity)).collect();
    let is_removed =
        |id: &str| plan.entities.iter().any(|change| change.action == Action::Remove && change.id == id);
    let pipes = running("read the state of the pipes", wire.pipes().await, wire)?;
    let deploying = pipes.iter().filter(|pipe| pipe.is_deploying());
    let deploying = deploying.filter(|pipe| wanted.contains_key(pipe.id.as_str()) || is_removed(&pipe.id));
    let deploying: Vec<String> = deploying.map(|pipe| pipe.id.clone()).collect();
    let mut invalid = invalid(&pipes, &wanted);
    if deploying.is_empty() && wanted.values().any(|entity| entity.kind() == EntityKind::System) {
        let systems = running("read the state of the systems", wire.systems().await, wire)?;
        invalid.extend(self::invalid(&systems, &wanted));
    }
    Ok(Settling::new(deploying, invalid))
}

fn running(attempted: &str, response: Result<Response>, wire: &Wire) -> Result<Vec<Running>> {
    check_read(attempted, response.map_err(|error| error.context(attempted))?, wire)?.json(attempted)
}

/// A warning for every error of an entity that the node finds invalid.
fn invalid(running: &[Running], wanted: &HashMap<&str, &Entity>) -> Vec<Note> {
    let wrong = running.iter().filter(|it| it.is_invalid());
    let wrong = wrong.filter_map(|it| Some((it, *wanted.get(it.id.as_str())?)));
    let of_one = |(running, entity): (&Running, &Entity)| {
        let about = format!("the node cannot run the {} {}", entity.kind().noun(), running.id);
        let errors = running.runtime.get("config-errors").unwrap_or(&Value::Null);
        let objections = of_errors(&about, Some(entity), errors, false).into_iter();
        let notes = objections.filter(|objection| !objection.is_warning);
        notes.map(|objection| Note::warning(objection.message).at_all(objection.place)).collect::<Vec<_>>()
    };
    wrong.flat_map(of_one).collect()
}

#[cfg(test)]
mod tests {
    use deployer_core::document::SourceText;
    use deployer_core::model::Origin;

    use super::*;

    fn told(runtime: &str) -> Vec<String> {
        let source =
            SourceText::new("pipes/p.conf.json", "{\"_id\": \"p\", \"type\": \"pipe\",\n \"sink\": {}}");
        let root = source.parse().unwrap().root;
        let entity = Entity::new(root, Origin::File(source)).unwrap();
        let running: Vec<Running> =
            serde_json::from_str(&format!(r#"[{{"_id": "p", "runtime": {runtime}}}, {{"_id": "stranger", "runtime": {{"is-valid-config": false}}}}]"#))
                .unwrap();
        let notes = invalid(&running, &HashMap::from([("p", &entity)])).into_iter();
        notes
            .map(|note| {
                format!(
                    "{} {:?}",
                    note.message,
                    note.places.iter().map(ToString::to_string).collect::<Vec<_>>()
                )
            })
            .collect()
    }

    #[test]
    fn what_a_node_cannot_run_is_told_with_its_line() {
        let errors = r#"{"is-valid-config": false, "config-errors": [
            {"elements": "$['sink']", "level": "error", "msg": "no dataset"}, {"level": "warning", "msg": "odd"}]}"#;
        assert_eq!(
            told(errors),
            [r#"the node cannot run the pipe p: no dataset (at $['sink']) ["pipes/p.conf.json:2:2"]"#]
        );
    }

    #[test]
    fn a_node_that_does_not_say_why_is_told_too_and_one_that_says_nothing_is_well() {
        let unexplained = r#"the node cannot run the pipe p: the node does not say what is wrong ["pipes/p.conf.json:1:1"]"#;
        assert_eq!(told(r#"{"is-valid-config": false}"#), [unexplained]);
        for well in [
            "null",
            "{}",
            "7",
            r#"{"is-valid-config": "?"}"#,
            r#"{"is-valid-config": true, "config-errors": [{}]}"#,
        ] {
            assert_eq!(told(well), Vec::<String>::new(), "{well}");
        }
    }
}
