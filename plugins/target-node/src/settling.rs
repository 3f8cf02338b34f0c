//! The progress of a node after an upload: which pipes it still deploys, which entities it cannot run, and which changed pipes failed.

use std::collections::HashMap;

use deployer_core::Result;
use deployer_core::error::Note;
use deployer_core::model::{Action, Entity, EntityChange, EntityKind, NodePlan};
use deployer_core::traits::Settling;
use deployer_http::Response;
use futures::future::join;
use serde::Deserialize;
use serde_json::Value;

use crate::errors::{capped, check_read};
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

    fn has_failed(&self) -> bool {
        self.runtime.get("success").and_then(Value::as_bool) == Some(false)
    }

    fn is_invalid(&self) -> bool {
        self.runtime.get("is-valid-config").and_then(Value::as_bool) == Some(false)
    }
}

/// Reads the pipes and the systems at once: what is wrong with systems counts once no pipe is deploying. Only entities of the plan count:
/// other config groups change on their own.
pub(crate) async fn settling(wire: &Wire, plan: &NodePlan) -> Result<Settling> {
    let wanted: HashMap<&str, &Entity> =
        plan.desired.entities.iter().map(|entity| (&**entity.id(), entity)).collect();
    let is_removed =
        |id: &str| plan.entities.iter().any(|change| change.action == Action::Remove && change.id == id);
    let has_systems = wanted.values().any(|entity| entity.kind() == EntityKind::System);
    let systems = async { if has_systems { Some(wire.systems().await) } else { None } };
    let (pipes, systems) = join(wire.pipes(), systems).await;
    let pipes = running("read the state of the pipes", pipes, wire)?;
    let deploying = pipes.iter().filter(|pipe| pipe.is_deploying());
    let deploying = deploying.filter(|pipe| wanted.contains_key(pipe.id.as_str()) || is_removed(&pipe.id));
    let deploying: Vec<String> = deploying.map(|pipe| pipe.id.clone()).collect();
    let mut invalid = invalid(&pipes, &wanted);
    let failed = failed(&pipes, &plan.entities, &wanted);
    if let (true, Some(systems)) = (deploying.is_empty(), systems) {
        let systems = running("read the state of the systems", systems, wire)?;
        invalid.extend(self::invalid(&systems, &wanted));
    }
    Ok(Settling::new(deploying, invalid).with_failed(failed))
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

/// A warning for every pipe that the plan adds or changes and whose last run failed.
fn failed(running: &[Running], changes: &[EntityChange], wanted: &HashMap<&str, &Entity>) -> Vec<Note> {
    let is_changed =
        |id: &str| changes.iter().any(|change| change.id == id && change.action != Action::Remove);
    let failed = running.iter().filter(|it| it.has_failed() && is_changed(&it.id));
    let of_one = |running: &Running| {
        let text = |key: &str| capped(running.runtime.get(key).and_then(Value::as_str).unwrap_or_default());
        let at = Some(text("last-run")).filter(|time| !time.is_empty());
        let at = at.map(|time| format!(" at {}", time.trim_start_matches("~t"))).unwrap_or_default();
        let why = Some(text("last-message")).filter(|message| !message.is_empty());
        let why = why.map(|message| format!(": {message}")).unwrap_or_default();
        let message = format!("the last run of the changed pipe {} failed{at}{why}", running.id);
        Note::warning(message).at_all(wanted.get(running.id.as_str()).map(|entity| entity.place()))
    };
    failed.map(of_one).collect()
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
    fn a_changed_pipe_whose_last_run_failed_is_named_and_no_other() {
        let source = SourceText::new("pipes/p.conf.json", "{\"_id\": \"p\", \"type\": \"pipe\"}");
        let entity = Entity::new(source.parse().unwrap().root, Origin::File(source)).unwrap();
        let wanted = HashMap::from([("p", &entity), ("same", &entity)]);
        let changes = [EntityChange::new("p".to_owned(), EntityKind::Pipe, Action::Change)];
        let told = |runtime: &str| {
            let running: Vec<Running> = serde_json::from_str(&format!(
                r#"[{{"_id": "p", "runtime": {runtime}}}, {{"_id": "same", "runtime": {runtime}}}]"#
            ))
            .unwrap();
            let notes = failed(&running, &changes, &wanted).into_iter();
            notes.map(|note| format!("{} {}", note.places[0], note.message)).collect::<Vec<_>>()
        };
        assert_eq!(
            told(r#"{"success": false, "last-run": "~t2026-01-02T03:04:05Z", "last-message": "no route"}"#),
            [
                "pipes/p.conf.json:1:1 the last run of the changed pipe p failed at 2026-01-02T03:04:05Z: no route"
            ]
        );
        assert_eq!(
            told(r#"{"success": false}"#),
            ["pipes/p.conf.json:1:1 the last run of the changed pipe p failed"]
        );
        for well in ["null", r#"{"success": null}"#, r#"{"success": true, "last-message": "no route"}"#] {
            assert_eq!(told(well), [""; 0], "{well}");
        }
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
