//! `deploy`

use std::path::Path;
use std::sync::Arc;

use deployer_core::error::Note;
use deployer_core::model::{NodePlan, Outcome, Plan, Receipt, Report};
use deployer_core::traits::NodeData;
use deployer_core::{Error, Kind, Result};
use deployer_engine::run::{Applied, Deployment, Planned};
use deployer_engine::saved::{Purpose, Saved};
use futures::future::OptionFuture;
use serde_json::json;

use super::begin::{Begun, Start, Wanted, begin};
use super::consent::refusal;
use super::replan::{Approver, carried_out};
use crate::cli::{Deploy, Format};
use crate::delivery::{Delivery, Recipient, deliver};
use crate::exit::Exit;
use crate::files;
use crate::output::text::{Tense, node_changes};
use crate::output::{Output, Style, deliveries, html, json, plan, receipt, summary, unified};
use crate::saved;
use crate::session::{Scope, Session};
use crate::settings::Built;
use crate::state::{self, SharedPlace};

/// The end of a deploy.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) plan: Option<Plan>,
    pub(super) receipt: Option<Receipt>,
    pub(super) error: Option<Error>,
    pub(super) outcome: Outcome,
    /// The snapshots before the run: the first of all nodes, each later one of a node that was planned again.
    snapshots: Vec<String>,
    /// The locks, until they are given back.
    begun: Option<Arc<Begun>>,
    /// The warnings of closing the stores.
    closed: Vec<Note>,
}

impl Ended {
    /// A run that failed before anything was written.
    fn failed(plan: Option<Plan>, error: Error, begun: Option<Arc<Begun>>) -> Self {
        let (snapshots, closed) = (Vec::new(), Vec::new());
        Self { plan, receipt: None, error: Some(error), outcome: Outcome::Failed, snapshots, begun, closed }
    }

    /// Closes what the deployment still has open and gives the locks back. Returns a warning for each that fails.
    pub(super) async fn close(&self, session: &Session<'_>, deployment: &Deployment) -> Vec<Note> {
        let release = async { self.begun.as_ref()?.release(session).await };
        let (closed, released) = tokio::join!(deployment.close(&session.runner), release);
        self.closed.iter().cloned().chain(closed).chain(released).collect()
    }
}

/// What a command deploys.
enum Asked<'a> {
    Configuration,
    /// A plan or a snapshot of a file.
    Saved(Saved, Purpose),
    /// A plan or a snapshot that is kept with the state, by its name.
    Stored(&'a str, Purpose),
}

impl Asked<'_> {
    /// The name of the command, for other runs.
    fn purpose(&self) -> &'static str {
        match self {
            Self::Configuration => "deploy",
            Self::Saved(_, Purpose::Plan) | Self::Stored(_, Purpose::Plan) => "apply",
            Self::Saved(_, Purpose::Snapshot) | Self::Stored(_, Purpose::Snapshot) => "restore",
        }
    }

    /// Reads what is kept with the state.
    async fn read(
        self,
        session: &Session<'_>,
        arguments: &Deploy,
        place: Option<&SharedPlace>,
    ) -> Result<Wanted> {
        let (name, purpose) = match self {
            Self::Configuration => return Ok(Wanted::Configuration),
            Self::Saved(saved, purpose) => return Ok(Wanted::Saved(saved, purpose)),
            Self::Stored(name, purpose) => (name, purpose),
        };
        let storage = state::storage(session, arguments.state.as_deref(), place)?;
        let read = || state::read_stored(storage.as_ref(), name, purpose);
        let saved = session.runner.read(&format!("read state:{name}"), read).await?;
        Ok(Wanted::Saved(saved, purpose))
    }
}

pub(crate) async fn run(session: &Session<'_>, arguments: &Deploy) -> Result<Exit> {
    carry_out(session, arguments, Asked::Configuration).await
}

/// Deploys the configuration for a command that has locked the node and goes on afterwards. Returns whether anything may have been
/// written, and the failure. What was done is shown, except with `--json`.
pub(super) async fn upload(
    session: &Session<'_>,
    arguments: &Deploy,
    deployment: &mut Deployment,
    begun: &Arc<Begun>,
    running: &dyn NodeData,
) -> (bool, Result<()>) {
    let start = Start::Within { begun, running };
    let ended = deploy(session, arguments, deployment, &Wanted::Configuration, start).await;
    if !session.output.is_json() {
        show_end(session.output, &ended, &[]);
    }
    let has_written = ended.receipt.as_ref().is_some_and(Receipt::wrote_anything);
    (has_written, ended.error.map_or(Ok(()), Err))
}

/// Applies a reviewed plan, or restores a snapshot.
pub(crate) async fn saved(
    session: &Session<'_>,
    arguments: &Deploy,
    file: &Path,
    purpose: Purpose,
) -> Result<Exit> {
    let asked = match state::stored_name(file) {
        Some(name) => Asked::Stored(name, purpose),
        // A file that cannot be read is an error before anything else.
        None => Asked::Saved(saved::read(file)?, purpose),
    };
    carry_out(session, arguments, asked).await
}

async fn carry_out(session: &Session<'_>, arguments: &Deploy, asked: Asked<'_>) -> Result<Exit> {
    let Built { mut deployment, notifiers: recipients, state } = session.built(Scope::Everything).await?;
    let start = Start::Lock { purpose: asked.purpose(), place: state.as_ref() };
    let wanted = asked.read(session, arguments, state.as_ref()).await?;
    let ended = deploy(session, arguments, &mut deployment, &wanted, start).await;
    let notified = notify(session, &recipients, &ended);
    let (closed, notified) = tokio::join!(ended.close(session, &deployment), notified);
    let warnings = notified.iter().filter_map(Delivery::warning);
    session.finish(closed.into_iter().chain(warnings).collect());
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
    start: Start<'_>,
) -> Ended {
    let output = session.output;
    let (begun, planned) = begin(session, arguments, deployment, wanted, start).await;
    let planned = match planned {
        Ok(planned) => planned,
        Err(error) => return Ended::failed(None, error, begun),
    };
    session.finish(Vec::new());
    if !output.is_json() {
        plan::show(&planned.plan, Format::Text, arguments.shown.detail(), output);
    }
    plan::show_notes(&planned.plan, output);
    let Some(begun) = begun else {
        plan::show_objections(&planned.plan, &session.settings, output);
        let plan = Some(planned.plan);
        let (outcome, snapshots, closed) = (Outcome::Planned, Vec::new(), Vec::new());
        return Ended { plan, receipt: None, error: None, outcome, snapshots, begun, closed };
    };
    if let Some(refused) = refusal(session, arguments, &planned.plan).await {
        return Ended::failed(Some(planned.plan), refused, Some(begun));
    }
    let key = deployment.remembered.as_ref().map(|remembered| &remembered.key);
    let forget = async {
        let Some(key) = key else { return Ok(()) };
        begun.state.forget_secrets(&planned, key, &begun.locks).await
    };
    let (snapshot, forgotten) = tokio::join!(keep(arguments, &begun, &planned, output), forget);
    let snapshot = match (snapshot, forgotten) {
        (Ok(snapshot), Ok(())) => snapshot,
        (Err(error), _) => return Ended::failed(Some(planned.plan), error, Some(begun)),
        (Ok(_), Err(error)) => {
            let error = error.context("nothing was written");
            return Ended::failed(Some(planned.plan), error, Some(begun));
        }
    };
    if let Start::Within { running, .. } = start
        && let Err(error) = session.runner.read("stop running the pipes", || running.stop()).await
    {
        return Ended::failed(Some(planned.plan), error, Some(begun));
    }
    let approver = Approver::new(session, arguments, &begun);
    // From here on no secret is read: the credentials of the stores are revoked while the nodes are written. A test goes on with its stores.
    let closing = match start {
        Start::Lock { .. } => Some(deployment.close_stores(&session.runner)),
        Start::Within { .. } => None,
    };
    let applying = deployment.apply(&planned, &approver, &session.runner);
    let (Applied { receipt, error }, closed) = tokio::join!(applying, OptionFuture::from(closing));
    let error = match error {
        Some(error) => Some(begun.locks.explain(error, &receipt).await),
        None => None,
    };
    let snapshots = snapshot.into_iter().chain(approver.snapshots()).collect();
    let plan = carried_out(planned.plan.clone(), &receipt);
    begun.save(session, arguments, deployment, &planned, &plan, &receipt).await;
    let outcome = match (&error, plan.is_empty()) {
        (Some(_), _) => Outcome::Failed,
        (None, true) => Outcome::NothingToDo,
        (None, false) => Outcome::Deployed,
    };
    // A run that was asked to stop before it began to write has done none of its steps.
    let is_stopped = error.as_ref().is_some_and(|error| error.kind() == Kind::Interrupted);
    let receipt = Some(receipt).filter(|receipt| !is_stopped || !receipt.nodes.is_empty());
    let (plan, closed) = (Some(plan), closed.unwrap_or_default());
    Ended { plan, receipt, error, outcome, snapshots, begun: Some(begun), closed }
}

/// Saves a snapshot if the nodes are about to change. Returns its name on the command line, if one was saved.
async fn keep(
    arguments: &Deploy,
    begun: &Begun,
    planned: &Planned,
    output: &Output,
) -> Result<Option<String>> {
    if arguments.no_snapshot || planned.plan.is_empty() {
        return Ok(None);
    }
    let (name, warning) = begun.state.keep(&planned.before, &begun.locks, output).await?;
    let remark = name.as_ref().filter(|_| !output.is_json());
    let remark = remark.map(|name| Note::remark(format!("snapshot saved in {name}")));
    output.notes(&remark.into_iter().chain(warning).collect::<Vec<_>>());
    Ok(name)
}

/// Prints the receipt and the last line.
pub(super) fn show_end(output: &Output, ended: &Ended, notified: &[Delivery]) {
    if output.is_json() {
        output.document(json!({
            "format": json::FORMAT,
            "outcome": ended.outcome,
            "plan": ended.plan.as_ref().map(json::plan),
            "receipt": ended.receipt.as_ref().map(json::receipt),
            "snapshot": ended.snapshots.first(),
            "snapshots": ended.snapshots,
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
