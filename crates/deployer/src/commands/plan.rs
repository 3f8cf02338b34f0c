//! `plan`

use std::path::Path;

use deployer_core::error::Note;
use deployer_core::model::Plan as PlanOfRun;
use deployer_core::{Error, Kind, Result};
use deployer_engine::stages::objections;

use super::deploy::literal_credentials;
use crate::cli::{Format, Plan};
use crate::exit::Exit;
use crate::output::{Output, json, markdown, text, unified};
use crate::saved;
use crate::session::{Scope, Session};
use crate::state::{self, State};

pub(crate) async fn run(session: &Session<'_>, arguments: &Plan) -> Result<Exit> {
    let (mut deployment, _) = session.deployment(Scope::Targets)?;
    let folder = State::folder(session, arguments.state.as_deref());
    deployment.remembered =
        state::remembered(session, folder.as_deref(), &state::targets(&deployment), false)?;
    let planned = deployment.plan(&session.runner).await;
    session.finish(deployment.close(&session.runner).await);
    if let Some(path) = &arguments.markdown {
        let page = match &planned {
            Ok(planned) => markdown::plan(&planned.plan, markdown::LONGEST),
            Err(error) => markdown::failure(&session.settings.environment, error, markdown::LONGEST),
        };
        write_markdown(path, &page, session.output)?;
    }
    let planned = planned?;
    if let Some(path) = &arguments.out {
        saved::write(path, &planned.to_saved(), session.output)?;
    }
    let plan = planned.plan;
    let format = if session.output.is_json() { Format::Json } else { arguments.format };
    show(&plan, format, session.output);
    tell_refusals(&plan, session);
    if format == Format::Text {
        session.output.result("\n");
        let changes = text::changes(&plan, text::Tense::Ahead);
        session.output.heading(&format!("{}: {changes}", plan.environment));
    }
    Ok(if arguments.exit_code && !plan.is_empty() { Exit::Changes } else { Exit::Done })
}

fn write_markdown(path: &Path, page: &str, output: &Output) -> Result<()> {
    let written = std::fs::write(path, output.mask(page).0);
    written
        .map_err(|error| Error::new(Kind::Io, format!("write the file {}", path.display())).with_cause(error))
}

/// Prints a plan, and then its notes, so that a long diff does not push them out of sight.
pub(crate) fn show(plan: &PlanOfRun, format: Format, output: &Output) {
    let style = output.result_style();
    match format {
        Format::Text => {
            output.result(&text::overview(plan, style));
            let mut gap = "\n";
            for node in &plan.nodes {
                let diffs = unified::node(node, style);
                if !diffs.is_empty() {
                    output.result(std::mem::take(&mut gap));
                }
                let title = format!("{}: {}", node.node, text::node_changes(node, text::Tense::Ahead));
                output.group(&title, &diffs);
            }
        }
        Format::Json => output.result(&json::document(&json::plan(plan))),
        Format::Markdown => output.result(&markdown::plan(plan, markdown::LONGEST)),
        Format::Unified => output.result(&unified::plan(plan, style)),
    }
    tell_notes(plan, output);
}

/// Prints what a person should know about a plan; of credentials that stand in it literally, too.
pub(crate) fn tell_notes(plan: &PlanOfRun, output: &Output) {
    output.notes(&[plan.notes.clone(), literal_credentials(plan, output)].concat());
}

/// Warns of what a deploy of the plan is refused for without consent.
pub(crate) fn tell_refusals(plan: &PlanOfRun, session: &Session<'_>) {
    let refusals = objections(plan, session.settings.safety.guard);
    let warning = |refusal: &Error| Note::warning(format!("a deploy needs consent (--yes): {refusal}"));
    session.output.notes(&refusals.iter().map(warning).collect::<Vec<_>>());
}
