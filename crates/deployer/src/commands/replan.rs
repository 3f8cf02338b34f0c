//! Plans that are made again during a deploy, because somebody else changed a node: shown, kept, and approved.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use deployer_core::Result;
use deployer_core::error::Note;
use deployer_core::model::{NodePlan, Plan, Receipt, StepOutcome};
use deployer_engine::run::{Approval, Replanned};

use super::begin::Begun;
use crate::cli::{Deploy, Format};
use crate::output::plan::show;
use crate::output::terminal;
use crate::session::Session;

/// Shows each plan that is made again, keeps a snapshot of what it replaces, and asks for consent where a safety rule demands it.
pub(crate) struct Approver<'a> {
    session: &'a Session<'a>,
    arguments: &'a Deploy,
    begun: &'a Begun,
    /// Held while one plan is shown and asked about.
    turn: tokio::sync::Mutex<()>,
    snapshots: Mutex<Vec<String>>,
}

impl<'a> Approver<'a> {
    pub(crate) fn new(session: &'a Session<'a>, arguments: &'a Deploy, begun: &'a Begun) -> Self {
        let (turn, snapshots) = (tokio::sync::Mutex::default(), Mutex::default());
        Self { session, arguments, begun, turn, snapshots }
    }

    /// The snapshots that were kept so far.
    pub(crate) fn snapshots(&self) -> Vec<String> {
        self.snapshots.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn keep(&self, replanned: &Replanned<'_>) -> Result<Vec<Note>> {
        if self.arguments.no_snapshot || replanned.plan.is_empty() {
            return Ok(Vec::new());
        }
        let Begun { state, locks, .. } = self.begun;
        let (name, warning) = state.keep(replanned.before, locks, self.session.output).await?;
        let mut notes = Vec::from_iter(warning);
        if let Some(name) = name {
            notes.push(Note::remark(format!("a snapshot of the changed node is in {name}")));
            self.snapshots.lock().unwrap_or_else(PoisonError::into_inner).push(name);
        }
        Ok(notes)
    }
}

impl std::fmt::Debug for Approver<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Approver").field("snapshots", &self.snapshots).finish_non_exhaustive()
    }
}

#[async_trait]
impl Approval for Approver<'_> {
    async fn approve(&self, replanned: &Replanned<'_>) -> Result<()> {
        let _turn = self.turn.lock().await;
        let (session, output) = (self.session, self.session.output);
        let message = format!(
            "node {}: somebody else changed it after the plan was made; it was planned again",
            replanned.plan.node
        );
        session.finish(vec![Note::warning(message)]);
        if !output.is_json() {
            show(&plan_of(replanned.plan), Format::Text, self.arguments.shown.detail(), output);
        }
        let notes = self.keep(replanned).await?;
        output.notes(&notes);
        let Some(refusal) = &replanned.refusal else { return Ok(()) };
        for objection in refusal.all() {
            output.message(&format!("{}: {objection}.", output.message_style().yellow("warning")));
        }
        let is_approved =
            self.arguments.unattended.is_none() && terminal::is_approved(&session.context.cancel).await;
        if is_approved { Ok(()) } else { Err(refusal.clone()) }
    }
}

fn plan_of(node: &NodePlan) -> Plan {
    Plan {
        environment: node.environment.clone(),
        revision: node.revision.clone(),
        nodes: vec![node.clone()],
        notes: Vec::new(),
    }
}

/// The plan as it was carried out: nodes that were planned again have the changes of their last plan, and those changes of earlier ones
/// that were written before.
pub(crate) fn carried_out(mut plan: Plan, receipt: &Receipt) -> Plan {
    for node in &mut plan.nodes {
        let Some(receipt) = receipt.nodes.iter().find(|receipt| receipt.node == node.node) else { continue };
        let Some((last, earlier)) = receipt.replanned.split_last() else { continue };
        let wrote = receipt.steps.iter().any(|step| matches!(step.outcome, StepOutcome::Done(_)));
        let before = std::mem::replace(node, last.clone());
        if wrote {
            earlier.iter().rev().chain([&before]).for_each(|earlier| add_changes(node, earlier));
        }
    }
    plan
}

/// Adds the changes of an earlier plan to things that a later one does not change.
fn add_changes(node: &mut NodePlan, earlier: &NodePlan) {
    for change in &earlier.entities {
        if !node.entities.iter().any(|it| it.id == change.id) {
            node.entities.push(change.clone());
        }
    }
    for change in &earlier.variables {
        if !node.variables.iter().any(|it| it.name == change.name) {
            node.variables.push(change.clone());
        }
    }
    node.entities.sort_by(|a, b| (a.action, &a.id).cmp(&(b.action, &b.id)));
    node.variables.sort_by(|a, b| a.name.cmp(&b.name));
}
