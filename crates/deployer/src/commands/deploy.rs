//! `deploy`

use std::sync::Arc;

use deployer_core::error::Note;
use deployer_core::model::{Outcome, Plan, Receipt, Report, StepOutcome};
use deployer_core::run::{Applied, Deployment, Planned};
use deployer_core::stages::objections;
use deployer_core::traits::Notifier;
use deployer_core::{Error, Kind, Result};
use serde_json::json;

use crate::cli::Deploy;
use crate::exit::Exit;
use crate::output::{Output, Style, consent, count, json, receipt, text, unified};
use crate::session::{Scope, Session};

/// How a deploy ended, as far as it came.
#[derive(Debug)]
struct Ended {
    plan: Option<Plan>,
    receipt: Option<Receipt>,
    error: Option<Error>,
    outcome: Outcome,
}

pub(crate) async fn run(session: &Session<'_>, arguments: &Deploy) -> Result<Exit> {
    let (deployment, notifiers) = session.deployment(Scope::Everything)?;
    let ended = deploy(session, arguments, &deployment).await;
    let notified = notify(session, &notifiers, &ended);
    let (closed, notified) = tokio::join!(deployment.close(&session.runner), notified);
    session.finish(closed.into_iter().chain(notified).collect());
    tell(session.output, &ended);
    match ended.error {
        None => Ok(Exit::Done),
        Some(error) => {
            session.output.failure(&error);
            Ok(Exit::of(&error))
        }
    }
}

async fn deploy(session: &Session<'_>, arguments: &Deploy, deployment: &Deployment) -> Ended {
    let output = session.output;
    let planned = match deployment.plan(&session.runner).await {
        Ok(planned) => planned,
        Err(error) => return Ended { plan: None, receipt: None, error: Some(error), outcome: Outcome::Failed },
    };
    session.finish(planned.plan.notes.clone());
    if !output.is_json() {
        super::plan::show(&planned.plan, crate::cli::Format::Text, output);
    }
    if arguments.dry_run || session.settings.dry_run {
        return Ended { plan: Some(planned.plan), receipt: None, error: None, outcome: Outcome::Planned };
    }
    if let Some(refused) = refusal(session, arguments, &planned.plan) {
        return Ended { plan: Some(planned.plan), receipt: None, error: Some(refused), outcome: Outcome::Failed };
    }
    let Applied { receipt, error } = deployment.apply(&planned, &session.runner).await;
    let Planned { plan, .. } = planned;
    let outcome = match (&error, plan.is_empty()) {
        (Some(_), _) => Outcome::Failed,
        (None, true) => Outcome::NothingToDo,
        (None, false) => Outcome::Deployed,
    };
    Ended { plan: Some(plan), receipt: Some(receipt), error, outcome }
}

/// Why the plan must not be carried out, unless a person agrees.
fn refusal(session: &Session<'_>, arguments: &Deploy, plan: &Plan) -> Option<Error> {
    if arguments.yes {
        return None;
    }
    let objections = objections(plan, session.settings.guard);
    let first = objections.first()?;
    let question = format!("{first}.");
    if consent(&question) {
        return None;
    }
    Some(match <[Error; 1]>::try_from(objections) {
        Ok([objection]) => objection,
        Err(objections) => Error::many(Kind::Refused, "the plan removes too much; nothing was written", objections),
    })
}

/// Prints what was done.
fn tell(output: &Output, ended: &Ended) {
    let summary = summary(ended);
    if output.is_json() {
        output.result(&json::document(&json!({
            "format": json::FORMAT,
            "outcome": ended.outcome,
            "plan": ended.plan.as_ref().map(json::plan),
            "receipt": ended.receipt.as_ref().map(json::receipt),
            "error": ended.error.as_ref().map(json::error),
        })));
        return;
    }
    let style = output.result_style();
    if let Some(done) = &ended.receipt {
        output.result(&format!("\n{}", receipt(done, style)));
        for node in &done.nodes {
            output.notes(&node.steps.iter().flat_map(|step| step.notes.clone()).collect::<Vec<_>>());
        }
    }
    if let Some(summary) = summary {
        output.result(&format!("{}\n", style.bold(&summary)));
    }
}

/// One line: what changed where, and what was written. None where planning failed already.
fn summary(ended: &Ended) -> Option<String> {
    let plan = ended.plan.as_ref()?;
    let changes = text::summary(plan);
    Some(match ended.outcome {
        Outcome::Planned => format!("Dry run, nothing was written. {changes}"),
        Outcome::NothingToDo => format!("Nothing to do. {changes}{}", written(ended)),
        Outcome::Deployed => format!("Deployed. {changes}{}", written(ended)),
        Outcome::Failed if ended.receipt.as_ref().is_some_and(Receipt::wrote_anything) => {
            format!("Failed half-way. {changes}{}", written(ended))
        }
        Outcome::Failed => format!("Failed, nothing was left written. {changes}"),
    })
}

/// How many steps were written, by name.
fn written(ended: &Ended) -> String {
    let nodes = ended.receipt.iter().flat_map(|receipt| &receipt.nodes).filter_map(|node| {
        let steps = node.steps.iter().filter(|step| matches!(step.outcome, StepOutcome::Done(_)));
        let steps: Vec<&str> = steps.map(|step| step.name.as_str()).collect();
        (!steps.is_empty()).then(|| format!("{} ({})", node.node, steps.join(", ")))
    });
    let nodes: Vec<String> = nodes.collect();
    if nodes.is_empty() { String::new() } else { format!("; written: {}", nodes.join("; ")) }
}

/// Tells everybody, all at once. A notifier that fails is a warning.
async fn notify(session: &Session<'_>, notifiers: &[Arc<dyn Notifier>], ended: &Ended) -> Vec<Note> {
    if notifiers.is_empty() || session.runner.is_interrupted() {
        return Vec::new();
    }
    let report = &report(session, ended);
    let told = notifiers.iter().map(|notifier| async move {
        let told = session.runner.read("notify", || notifier.deliver(report)).await;
        told.err().map(|error| {
            let hints: String = error.hints().iter().map(|hint| format!(" ({hint})")).collect();
            Note::warning(format!("{} was not notified: {error}{hints}", notifier.location()))
        })
    });
    let mut notes = Vec::new();
    for told in told {
        notes.extend(told.await);
    }
    notes
}

fn report(session: &Session<'_>, ended: &Ended) -> Report {
    let masked = |text: &str| session.output.mask(text).0;
    let plan = ended.plan.as_ref();
    let nodes = plan.into_iter().flat_map(|plan| &plan.nodes).map(|node| masked(&text::node_summary(node)));
    let error = ended.error.iter().flat_map(|error| std::iter::once(error).chain(error.related()));
    Report {
        outcome: ended.outcome,
        environment: session.settings.environment.clone(),
        summary: masked(&summary(ended).unwrap_or_else(|| "Failed before anything was written.".to_owned())),
        nodes: nodes.collect(),
        link: session.settings.link.clone(),
        diff: plan.map(|plan| masked(&unified::plan(plan, Style::default()))).unwrap_or_default(),
        errors: error.map(|error| masked(&error.to_string())).collect(),
    }
}

/// A warning for every secret value that stands literally in an entity that is shown, with its place.
pub(crate) fn literal_credentials(plan: &Plan, output: &Output) -> Vec<Note> {
    let mut notes = Vec::new();
    for node in &plan.nodes {
        for change in node.entities.iter().filter(|change| change.after.is_some()) {
            let Some(entity) = node.desired.entities.iter().find(|entity| **entity.id() == *change.id) else { continue };
            entity.value().for_each_text(entity.root().span, &mut |text, span| {
                for name in output.mask(text).1 {
                    let message = format!(
                        "the {} {} holds the value of {name} literally; it is masked here, and deployed as it stands",
                        change.kind.noun(),
                        change.id
                    );
                    notes.push(Note::warning(message).at_all([entity.place_of(span)]));
                }
            });
        }
    }
    if !notes.is_empty() {
        let message = format!("write $SECRET(name) instead of {}", count(notes.len(), "literal credential"));
        notes.push(Note::remark(message));
    }
    notes
}
