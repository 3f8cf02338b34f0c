//! Documents for machines. Their shape is described in `docs/json.md` and carries a version.

use deployer_core::error::Note;
use deployer_core::model::{Aftermath, NodePlan, Plan, Receipt, Settled, StepOutcome};
use deployer_core::{Error, Redactor};
use serde_json::{Value, json};

use super::pipeline::in_json;
use super::{Style, crossing::reason, unified};

/// The version of the documents' shape.
pub const FORMAT: u32 = 1;

/// Masks secrets in the texts of a document.
pub(super) fn mask(value: &mut Value, redactor: &Redactor) {
    match value {
        Value::String(text) => *text = redactor.mask(text).0,
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, redactor)),
        Value::Object(members) => {
            let masked = std::mem::take(members).into_iter().map(|(key, mut value)| {
                mask(&mut value, redactor);
                (redactor.mask(&key).0, value)
            });
            *members = masked.collect();
        }
        Value::Number(number) => {
            let (masked, found) = redactor.mask(&number.to_string());
            if !found.is_empty() {
                *value = masked.into();
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// A document as text, with a line end. No pipeline takes a part of it for a command.
pub fn document(value: &Value) -> String {
    let mut text = in_json(&format!("{value:#}"));
    text.push('\n');
    text
}

/// A plan with what a deploy of it needs consent for.
pub fn with_consent(mut plan: Value, objections: &[Error]) -> Value {
    let reasons: Vec<String> = objections.iter().map(ToString::to_string).collect();
    plan["consent"] = json!({ "needed": !reasons.is_empty(), "reasons": reasons });
    plan
}

/// A plan.
pub fn plan(plan: &Plan) -> Value {
    json!({
        "format": FORMAT,
        "environment": plan.environment,
        "revision": plan.revision,
        "changes": !plan.is_empty(),
        "nodes": plan.nodes.iter().map(node).collect::<Vec<_>>(),
        "notes": notes(&plan.notes),
    })
}

fn node(node: &NodePlan) -> Value {
    let entities = node.entities.iter().map(|change| {
        json!({
            "id": change.id,
            "kind": change.kind,
            "action": change.action,
            "origin": change.origin,
            "generated_for": change.crossing.as_ref().map(|crossing| &crossing.pipe),
            "reason": change.crossing.as_deref().map(reason),
            "crossing": change.crossing,
            "datatype": change.datatype,
            "diff": unified::entity(node, change, Style::default()),
        })
    });
    let variables = node.variables.iter().map(|change| {
        json!({ "name": change.name, "action": change.action, "before": value(&change.before), "after": value(&change.after) })
    });
    json!({
        "node": node.node,
        "target": node.target,
        "base": node.base,
        "changes": !node.is_empty(),
        "entities": entities.collect::<Vec<_>>(),
        "variables": variables.collect::<Vec<_>>(),
        "secrets": node.secrets,
        "system_secrets": node.system_secrets,
        "lost_secrets": node.lost_secrets,
        "protected": node.protected,
        "stray_files": node.stray,
    })
}

/// A variable's value; numbers beyond what the wire format holds become texts.
pub(super) fn value(text: &Option<String>) -> Value {
    text.as_deref().map_or(Value::Null, |text| serde_json::from_str(text).unwrap_or_else(|_| json!(text)))
}

/// A receipt.
pub fn receipt(receipt: &Receipt) -> Value {
    let nodes = receipt.nodes.iter().map(|node| {
        let steps = node.steps.iter().map(|step| {
            let (outcome, detail, failure) = match &step.outcome {
                StepOutcome::Done(detail) => ("done", Some(detail), None),
                StepOutcome::PutBack(detail) => ("put-back", Some(detail), None),
                StepOutcome::NotPutBack(failure) => ("not-put-back", None, Some(failure)),
                StepOutcome::Failed(failure) => ("failed", None, Some(failure)),
                StepOutcome::Unknown(failure) => ("unknown", None, Some(failure)),
                StepOutcome::NotDone => ("not-done", None, None),
            };
            json!({ "step": step.name, "outcome": outcome, "detail": detail, "error": failure.map(error), "notes": notes(&step.notes) })
        });
        let replanned: Vec<_> = node.replanned.iter().map(self::node).collect();
        json!({ "node": node.node, "target": node.target, "replanned": replanned, "steps": steps.collect::<Vec<_>>(), "pipes": node.aftermath.as_ref().map(aftermath) })
    });
    json!({ "complete": receipt.is_complete(), "nodes": nodes.collect::<Vec<_>>() })
}

/// What became of a node's pipes.
fn aftermath(aftermath: &Aftermath) -> Value {
    let nothing: &[String] = &[];
    let (state, deploying, failure) = match &aftermath.state {
        Settled::Deployed => ("deployed", nothing, None),
        Settled::StillDeploying { pipes, .. } => ("still-deploying", pipes.as_slice(), None),
        Settled::Unknown(failure) => ("unknown", nothing, Some(failure)),
        Settled::Interrupted => ("interrupted", nothing, None),
    };
    json!({ "state": state, "deploying": deploying, "error": failure.map(error), "invalid": notes(&aftermath.invalid), "failed": notes(&aftermath.failed) })
}

/// Notes.
pub fn notes(notes: &[Note]) -> Value {
    json!(notes)
}

/// A failure.
pub fn error(error: &Error) -> Value {
    json!({
        "kind": error.kind().code(),
        "message": error.to_string(),
        "places": error.places(),
        "details": error.details(),
        "hints": error.hints(),
        "related": error.related().iter().map(self::error).collect::<Vec<_>>(),
    })
}
