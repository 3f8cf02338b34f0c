//! `plan`

use std::mem::ManuallyDrop;

use deployer_core::error::Note;
use deployer_core::{Error, Kind, Result};
use deployer_engine::stages::objections;

use super::begin::recalled;
use crate::cli::{Format, Plan};
use crate::exit::Exit;
use crate::files;
use crate::output::{html, json, markdown, plan, text};
use crate::saved;
use crate::session::{Scope, Session};
use crate::settings::Built;
use crate::state;

pub(crate) async fn run(session: &Session<'_>, arguments: &Plan, format: Format) -> Result<Exit> {
    let output = session.output;
    if arguments.out.is_some() {
        check_credentials(session)?;
    }
    let Built { mut deployment, state, .. } = session.built(Scope::Targets).await?;
    let (flag, targets) = (arguments.state.as_deref(), state::targets(&deployment));
    let recalled = recalled(session, flag, state.as_ref(), &targets, false);
    let (remembered, planned) = tokio::join!(recalled, deployment.plan(&session.runner));
    let planned = match (remembered, planned) {
        (Ok(remembered), Ok(mut planned)) => {
            deployment.remembered = remembered;
            deployment.recall(&mut planned);
            Ok(planned)
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    session.finish(deployment.close(&session.runner).await);
    let detail = arguments.shown.detail();
    if let Some(path) = &arguments.markdown {
        let page = match &planned {
            Ok(planned) => plan::as_markdown(&planned.plan, detail, output),
            Err(error) => {
                let mask = |text: &str| output.mask(text).0;
                markdown::failure(&session.settings.environment, error, markdown::LONGEST, &mask)
            }
        };
        files::write(path, &output.mask(&page).0)?;
    }
    if let Some(path) = &arguments.html {
        let mask = |text: &str| output.mask(text).0;
        let page = match &planned {
            Ok(planned) => {
                let objections = objections(&planned.plan, session.settings.safety.guard);
                html::plan(&planned.plan, &objections, &mask)
            }
            Err(error) => html::failure(&session.settings.environment, error, &mask),
        };
        files::write(path, &output.mask(&page).0)?;
    }
    let mut planned = planned?;
    // Zeroed now. The program ends with this command, so that the trees of a large configuration are not freed one by one.
    drop(std::mem::take(&mut planned.secrets));
    let planned = ManuallyDrop::new(planned);
    if let Some(path) = &arguments.out {
        match state::stored_name(path) {
            Some(name) => {
                let storage = state::storage(session, flag, state.as_ref())?;
                state::write_plan(storage.as_ref(), name, &planned.to_saved(), output).await?;
            }
            None => saved::write(path, &planned.to_saved(), output)?,
        }
    }
    let planned = &planned.plan;
    output.begin_page();
    if format == Format::Json {
        let objections = objections(planned, session.settings.safety.guard);
        output.document(json::with_consent(json::plan(planned), &objections));
    } else {
        plan::show(planned, format, detail, output);
    }
    if format == Format::Text {
        output.result("\n");
        let changes = text::changes(planned, text::Tense::Ahead);
        output.heading(&format!("{}: {changes}", planned.environment));
    }
    output.end_page();
    plan::show_notes(planned, output);
    plan::show_objections(planned, &session.settings, output);
    if let Some(path) = &arguments.out {
        let message = format!("plan saved. Apply it with: sesam-deployer apply {}", path.display());
        output.notes(&[Note::remark(message)]);
    }
    Ok(if arguments.exit_code && !planned.is_empty() { Exit::Changes } else { Exit::Done })
}

/// Checks that all credentials of the environment can be found, as `apply` needs them.
fn check_credentials(session: &Session<'_>) -> Result<()> {
    let families = Scope::Everything.families();
    let missing = session.settings.missing_credentials(&session.context.variables, families);
    if missing.is_empty() {
        return Ok(());
    }
    let message = "`apply` needs credentials that cannot be found; no plan was saved";
    Err(Error::many(Kind::Settings, message, missing))
}
