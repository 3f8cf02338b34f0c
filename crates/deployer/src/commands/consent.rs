//! The consent of a person to a plan.

use deployer_core::model::Plan;
use deployer_core::{Error, Kind};
use deployer_engine::stages::objections;

use crate::cli::{Approved, Deploy};
use crate::digest::digest;
use crate::output::text::{Tense, changes};
use crate::output::{json, terminal};
use crate::session::Session;

/// A name for exactly this plan: a digest of what `plan --json` shows of it.
pub(super) fn name(session: &Session<'_>, plan: &Plan) -> String {
    digest([session.output.mask(&json::plan(plan).to_string()).0])
}

/// The refusal of a plan that needs consent and does not get it. On a terminal, a person is asked about every plan that changes
/// something. Elsewhere, only a plan with objections is refused.
pub(super) async fn refusal(session: &Session<'_>, arguments: &Deploy, plan: &Plan) -> Option<Error> {
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
