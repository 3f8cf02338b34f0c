//! The deploy of a watching process.

use deployer_core::model::{NodeName, Outcome};
use deployer_core::{Error, Kind, Result};

use super::notices::approve;
use crate::cli::Deploy;
use crate::commands::begin::{Start, Wanted};
use crate::commands::consent::name;
use crate::commands::deploy::{Ended, deploy, has_changes, report, show_end};
use crate::delivery::{Delivery, deliver};
use crate::output::{Style, receipt, summary};
use crate::session::{Scope, Session};
use crate::settings::Built;
use crate::state::is_done;

/// What a deploy did.
pub(super) struct Watched {
    /// The name of the plan if it needs consent, and nothing was written.
    pub(super) held: Option<String>,
    /// The line that ends the deploy.
    pub(super) summary: String,
    /// The lines of the receipt.
    pub(super) receipt: String,
    /// Whether the nodes changed.
    pub(super) is_changed: bool,
    pub(super) error: Option<Error>,
    /// The nodes that have a target: `deployed`, `held` or `failed`.
    pub(super) nodes: Vec<(String, &'static str)>,
}

impl Watched {
    /// A deploy that ended before any node was read.
    pub(super) fn failed(error: Error) -> Self {
        Self {
            held: None,
            summary: "Nothing was written.".to_owned(),
            receipt: String::new(),
            is_changed: false,
            error: Some(error),
            nodes: Vec::new(),
        }
    }

    /// `deployed`, `held` or `failed`.
    pub(super) fn outcome(&self) -> &'static str {
        match (&self.error, &self.held) {
            (None, _) => "deployed",
            (Some(_), Some(_)) => "held",
            (Some(_), None) => "failed",
        }
    }
}

/// Deploys. `deployment_name` is its name, and `title` its name in reports. `reports` says whether notifiers are told.
pub(super) async fn watched(
    session: &Session<'_>,
    arguments: &Deploy,
    (deployment_name, title): (&str, String),
    reports: impl FnOnce(&Watched) -> bool,
) -> Result<Watched> {
    let Built { mut deployment, notifiers: recipients, state } = session.built(Scope::Everything).await?;
    let with_target = deployment.nodes.iter().filter(|node| node.target.is_some());
    let nodes: Vec<NodeName> = with_target.map(|node| node.name.clone()).collect();
    let start = Start::Lock { purpose: "watch", place: state.as_ref() };
    let ended = deploy(session, arguments, &mut deployment, &Wanted::Configuration, start).await;
    let watched = end(session, &ended, &nodes);
    let told = reports(&watched) && !session.runner.is_interrupted();
    let recipients = if told { recipients } else { Vec::new() };
    let mut report = report(session, &ended);
    report.environment = title;
    if let Some(plan) = &watched.held {
        report.outcome = Outcome::Held;
        report.errors.push(format!("`{}` releases this plan.", approve(plan, deployment_name)));
    }
    let notified = deliver(&session.runner, &recipients, &report, has_changes(&ended));
    let (closed, notified) = tokio::join!(ended.close(session, &deployment), notified);
    let warnings = notified.iter().filter_map(Delivery::warning);
    session.finish(closed.into_iter().chain(warnings).collect());
    show_end(session.output, &ended, &notified);
    Ok(watched)
}

fn end(session: &Session<'_>, ended: &Ended, nodes: &[NodeName]) -> Watched {
    let failure = ended.error.as_ref().map(Error::kind);
    let summary =
        ended.plan.as_ref().map(|plan| summary::line(ended.outcome, failure, plan, ended.receipt.as_ref()));
    let is_refused = failure == Some(Kind::Refused) && ended.receipt.is_none();
    let mut watched = Watched {
        held: ended.plan.as_ref().filter(|_| is_refused).map(|plan| name(session, plan)),
        summary: summary.unwrap_or_else(|| "Nothing was written.".to_owned()),
        receipt: ended.receipt.as_ref().map(|done| receipt(done, Style::default())).unwrap_or_default(),
        is_changed: ended.outcome == Outcome::Deployed,
        error: ended.error.clone(),
        nodes: Vec::new(),
    };
    let outcome = |node: &NodeName| match &ended.receipt {
        Some(receipt) if is_done(receipt, node) => "deployed",
        _ => watched.outcome(),
    };
    watched.nodes = nodes.iter().map(|node| (node.to_string(), outcome(node))).collect();
    watched
}
