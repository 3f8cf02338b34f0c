//! `plan`

use deployer_core::Result;
use deployer_core::model::Plan as PlanOfRun;

use super::deploy::literal_credentials;
use crate::cli::{Format, Plan};
use crate::exit::Exit;
use crate::output::{Output, json, markdown, text, unified};
use crate::session::{Scope, Session};

pub(crate) async fn run(session: &Session<'_>, arguments: &Plan) -> Result<Exit> {
    let (deployment, _) = session.deployment(Scope::Targets)?;
    let planned = deployment.plan(&session.runner).await;
    session.finish(deployment.close(&session.runner).await);
    let plan = planned?.plan;
    session.finish(plan.notes.clone());
    let format = if session.output.is_json() { Format::Json } else { arguments.format };
    show(&plan, format, session.output);
    Ok(if arguments.exit_code && !plan.is_empty() { Exit::Changes } else { Exit::Done })
}

/// Prints a plan, and warns about credentials that stand in it literally.
pub(crate) fn show(plan: &PlanOfRun, format: Format, output: &Output) {
    let style = output.result_style();
    output.result(&match format {
        Format::Text => text::plan(plan, style),
        Format::Json => json::document(&json::plan(plan)),
        Format::Markdown => markdown::plan(plan, markdown::LONGEST),
        Format::Unified => unified::plan(plan, style),
    });
    output.notes(&literal_credentials(plan, output));
}
