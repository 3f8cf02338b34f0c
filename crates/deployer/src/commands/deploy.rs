//! `deploy`

use std::path::{Path, PathBuf};

use deployer_core::error::Note;
use deployer_core::model::{NodePlan, Outcome, Plan, Receipt, Report};
use deployer_core::traits::NodeData;
use deployer_core::{Error, Kind, Result};
use deployer_engine::run::{Applied, Deployment};
use deployer_engine::saved::{Purpose, Saved};
use deployer_engine::stages::objections;
use serde_json::json;

use super::locked::{Locked, begin, keep, recall, remember};
use super::replan::{Approver, carried_out};
use crate::cli::{Approved, Deploy, Format};
use crate::delivery::{Delivery, deliver};
use crate::digest::digest;
use crate::exit::Exit;
use crate::files;
use crate::output::text::{Tense, changes, node_changes};
use crate::output::{Output, Style, deliveries, html, json, plan, receipt, summary, terminal, unified};
use crate::saved;
use crate::session::{Scope, Session};
use crate::settings::Recipient;

/// The end of a deploy.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) plan: Option<Plan>,
    pub(super) receipt: Option<Receipt>,
    pub(super) error: Option<Error>,
    pub(super) outcome: Outcome,
    /// The snapshots before the run: the first of all nodes, each later one of a node that was planned again.
    snapshots: Vec<PathBuf>,
}

impl Ended {
    /// A run that failed before anything was written.
    fn failed(plan: Option<Plan>, error: Error) -> Self {
        Self { plan, receipt: None, error: Some(error), outcome: Outcome::Failed, snapshots: Vec::new() }
    }
}

/// Where the desired state comes from.
pub(super) enum Wanted {
    /// The configuration.
    Configuration,
    /// A plan or a snapshot.
    Saved(Saved, Purpose),
}

pub(crate) async fn run(session: &Session<'_>, arguments: &Deploy) -> Result<Exit> {
    carry_out(session, arguments, &Wanted::Configuration).await
}

/// The command that a deploy is a part of.
#[derive(Clone, Copy)]
pub(super) struct Within<'a> {
    pub(super) locked: &'a Locked,
    /// The node whose run is ended right before the first write: it would go on with the new configuration.
    pub(super) running: &'a dyn NodeData,
}

/// Deploys the configuration for a command that goes on afterwards. Returns whether anything may have been written, and the failure. What
/// was done is shown, except with `--json`.
pub(super) async fn upload(
    session: &Session<'_>,
    arguments: &Deploy,
    deployment: &mut Deployment,
    within: Within<'_>,
) -> (bool, Result<()>) {
    let ended = deploy(session, arguments, deployment, &Wanted::Configuration, Some(within)).await;
    if !session.output.is_json() {
        show_end(session.output, &ended, &[]);
    }
    (ended.receipt.is_some(), ended.error.map_or(Ok(()), Err))
}

/// A name for exactly this plan: a digest of what `plan --json` shows of it.
pub(super) fn name(session: &Session<'_>, plan: &Plan) -> String {
    digest([session.output.mask(&json::plan(plan).to_string()).0])
}

/// Applies a reviewed plan, or restores a snapshot.
pub(crate) async fn saved(
    session: &Session<'_>,
    arguments: &Deploy,
    file: &Path,
    purpose: Purpose,
) -> Result<Exit> {
    carry_out(session, arguments, &Wanted::Saved(saved::read(file)?, purpose)).await
}

async fn carry_out(session: &Session<'_>, arguments: &Deploy, wanted: &Wanted) -> Result<Exit> {
    let (mut deployment, recipients) = session.deployment(Scope::Everything).await?;
    let ended = deploy(session, arguments, &mut deployment, wanted, None).await;
    let notified = notify(session, &recipients, &ended);
    let (closed, notified) = tokio::join!(deployment.close(&session.runner), notified);
    session.finish(closed.into_iter().chain(notified.iter().filter_map(Delivery::warning)).collect());
    show_end(session.output, &ended, &notified);
    let report = arguments.report.as_ref().map_or(Ok(()), |path| write_report(session, &ended, path));
    let exit = match ended.error {
        None if arguments.strict && notified.iter().any(|delivery| delivery.failure().is_some()) => {
            let message = "the deploy succeeded, but a notifier failed";
            let error = Error::new(Kind::Unavailable, message);
            session.output.failure(&error.with_hint("without --strict, this is a warning"));
            Exit::Failed
        }
        None => Exit::Done,
        Some(error) => {
            session.output.failure(&error);
            Exit::of(&error)
        }
    };
    match report {
        Ok(()) => Ok(exit),
        Err(error) => {
            session.output.failure(&error);
            Ok(if exit == Exit::Done { Exit::Failed } else { exit })
        }
    }
}

pub(super) async fn deploy(
    session: &Session<'_>,
    arguments: &Deploy,
    deployment: &mut Deployment,
    wanted: &Wanted,
    within: Option<Within<'_>>,
) -> Ended {
    let output = session.output;
    let own = match within {
        Some(_) => Ok(None),
        None => begin(session, arguments, deployment),
    };
    let own = match own {
        Ok(own) => own,
        Err(error) => return Ended::failed(None, error),
    };
    let state = within.map(|within| within.locked).or(own.as_ref()).map(|locked| &locked.state);
    if let Err(error) = recall(session, arguments, deployment, state) {
        return Ended::failed(None, error);
    }
    let planned = match wanted {
        Wanted::Configuration => deployment.plan(&session.runner).await,
        Wanted::Saved(saved, purpose) => deployment.plan_saved(saved, *purpose, &session.runner).await,
    };
    let planned = match planned {
        Ok(planned) => planned,
        Err(error) => return Ended::failed(None, error),
    };
    session.finish(Vec::new());
    if !output.is_json() {
        plan::show(&planned.plan, Format::Text, arguments.shown.detail(), output);
    }
    plan::show_notes(&planned.plan, output);
    let Some(state) = state else {
        plan::show_objections(&planned.plan, &session.settings, output);
        let plan = Some(planned.plan);
        return Ended { plan, receipt: None, error: None, outcome: Outcome::Planned, snapshots: Vec::new() };
    };
    if let Some(refused) = refusal(session, arguments, &planned.plan).await {
        return Ended::failed(Some(planned.plan), refused);
    }
    let snapshot = match keep(arguments, state, &planned, output) {
        Ok(snapshot) => snapshot,
        Err(error) => return Ended::failed(Some(planned.plan), error),
    };
    let key = deployment.remembered.as_ref().map(|remembered| &remembered.key);
    if let Some(error) = key.and_then(|key| state.forget_secrets(&planned, key).err()) {
        return Ended::failed(Some(planned.plan), error.context("nothing was written"));
    }
    if let Some(Within { running, .. }) = within
        && let Err(error) = session.runner.read("stop running the pipes", || running.stop()).await
    {
        return Ended::failed(Some(planned.plan), error);
    }
    let approver = Approver::new(session, arguments, state);
    let Applied { receipt, error } = deployment.apply(&planned, &approver, &session.runner).await;
    if let Some(error) = key.and_then(|key| state.remember_secrets(&planned, key, &receipt).err()) {
        let message = format!("the next run re-sends the secrets: {error}");
        output.notes(&[Note::warning(message)]);
    }
    let plan = carried_out(planned.plan, &receipt);
    if let Some(error) = remember(arguments, state, &plan, &receipt, output).err() {
        let message = format!("`status` cannot show which side changes after this deploy: {error}");
        output.notes(&[Note::warning(message)]);
    }
    let snapshots = snapshot.into_iter().chain(approver.snapshots()).collect();
    let outcome = match (&error, plan.is_empty()) {
        (Some(_), _) => Outcome::Failed,
        (None, true) => Outcome::NothingToDo,
        (None, false) => Outcome::Deployed,
    };
    Ended { plan: Some(plan), receipt: Some(receipt), error, outcome, snapshots }
}

/// The refusal of a plan that needs consent and does not get it. On a terminal, a person is asked about every plan that changes
/// something. Elsewhere, only a plan with objections is refused.
async fn refusal(session: &Session<'_>, arguments: &Deploy, plan: &Plan) -> Option<Error> {
    if arguments.yes {
        return None;
    }
    if matches!(&arguments.unattended, Some(Approved::Plan(approved)) if *approved == name(session, plan)) {
        return None;
    }
    let objections = objections(plan, session.settings.safety.guard);
    if arguments.unattended.is_none() && terminal::can_ask() && !(plan.is_empty() && objections.is_empty()) {
        if is_approved(session, plan, &objections).await {
            return None;
        }
    } else if objections.is_empty() {
        return None;
    }
    Some(match <[Error; 1]>::try_from(objections) {
        Ok([objection]) => objection,
        Err(objections) if objections.is_empty() => {
            Error::new(Kind::Refused, "the plan was not approved; nothing was written")
        }
        Err(objections) => {
            Error::many(Kind::Refused, "the plan needs consent; nothing was written", objections)
        }
    })
}

/// Asks a person on the terminal. An interruption is a no.
async fn is_approved(session: &Session<'_>, plan: &Plan, objections: &[Error]) -> bool {
    let output = session.output;
    for objection in objections {
        output.message(&format!("{}: {objection}.", output.message_style().yellow("warning")));
    }
    output.message(&format!("\nDeploy to {}? {}.", plan.environment, changes(plan, Tense::Ahead)));
    terminal::is_approved(&session.context.cancel).await
}

/// Prints the receipt and the last line.
pub(super) fn show_end(output: &Output, ended: &Ended, notified: &[Delivery]) {
    if output.is_json() {
        output.document(json!({
            "format": json::FORMAT,
            "outcome": ended.outcome,
            "plan": ended.plan.as_ref().map(json::plan),
            "receipt": ended.receipt.as_ref().map(json::receipt),
            "snapshot": ended.snapshots.first().map(|path| path.display().to_string()),
            "snapshots": ended.snapshots.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
            "notifications": deliveries(notified),
            "error": ended.error.as_ref().map(json::error),
        }));
        return;
    }
    if let Some(done) = &ended.receipt {
        output.result("\n");
        output.group("Receipt", &receipt(done, output.result_style()));
        let of_steps = done.nodes.iter().flat_map(|node| &node.steps).flat_map(|step| &step.notes);
        let after = done.nodes.iter().filter_map(|node| node.aftermath.as_ref());
        let after = after.flat_map(|after| after.invalid.iter().chain(&after.failed));
        output.notes(&of_steps.chain(after).cloned().collect::<Vec<_>>());
    }
    if let Some(plan) = &ended.plan {
        let gap = if ended.receipt.is_none() { "\n" } else { "" };
        let failure = ended.error.as_ref().map(Error::kind);
        let summary = summary::line(ended.outcome, failure, plan, ended.receipt.as_ref());
        output.result(gap);
        output.heading(&summary);
    }
}

/// Writes the report: the plan with the receipt, or why there is no plan.
fn write_report(session: &Session<'_>, ended: &Ended, path: &Path) -> Result<()> {
    let mask = |text: &str| session.output.mask(text).0;
    let page = match (&ended.plan, &ended.error) {
        (Some(plan), error) => {
            let sum =
                summary::line(ended.outcome, error.as_ref().map(Error::kind), plan, ended.receipt.as_ref());
            html::report(plan, ended.receipt.as_ref(), error.as_ref(), &sum, &mask)
        }
        (None, Some(error)) => html::failure(&session.settings.environment, error, &mask),
        (None, None) => return Ok(()),
    };
    files::write(path, &mask(&page))
}

/// Delivers the report to the notifiers; to none after an interruption.
async fn notify(session: &Session<'_>, recipients: &[Recipient], ended: &Ended) -> Vec<Delivery> {
    if recipients.is_empty() || session.runner.is_interrupted() {
        return Vec::new();
    }
    deliver(&session.runner, recipients, &report(session, ended), has_changes(ended)).await
}

/// Whether the plan changes anything.
pub(super) fn has_changes(ended: &Ended) -> bool {
    ended.plan.as_ref().is_some_and(|plan| !plan.is_empty())
}

/// The report of a run.
pub(super) fn report(session: &Session<'_>, ended: &Ended) -> Report {
    let masked = |text: &str| session.output.mask(text).0;
    let plan = ended.plan.as_ref();
    let tense = if ended.outcome == Outcome::Deployed { Tense::Done } else { Tense::Ahead };
    let line = |node: &NodePlan| masked(&format!("{}: {}", node.node, node_changes(node, tense)));
    let nodes = plan.into_iter().flat_map(|plan| &plan.nodes).map(line);
    let remarks = plan.into_iter().flat_map(|plan| summary::remarks(plan, ended.receipt.as_ref()));
    let summary = plan.map(|plan| summary::notice(ended.outcome, plan, ended.receipt.as_ref()));
    let error = ended.error.iter().flat_map(Error::all);
    Report::new(
        ended.outcome,
        session.settings.environment.clone(),
        masked(summary.as_deref().unwrap_or("nothing was written")),
    )
    .with_nodes(nodes.chain(remarks.map(|remark| masked(&remark))).collect())
    .with_link(session.settings.link.clone())
    .with_diff(plan.map(|plan| masked(&unified::plan(plan, Style::default()))).unwrap_or_default())
    .with_errors(error.map(|error| masked(&error.to_string())).collect())
}
