//! `plan`

use deployer_core::Result;
use deployer_core::error::Note;
use deployer_engine::stages::objections;

use crate::cli::{Format, Plan};
use crate::exit::Exit;
use crate::files;
use crate::output::{html, json, markdown, plan, text};
use crate::saved;
use crate::session::{Scope, Session};
use crate::state::{self, State};

pub(crate) async fn run(session: &Session<'_>, arguments: &Plan, format: Format) -> Result<Exit> {
    let output = session.output;
    if arguments.out.is_some() {
        session.check_credentials()?;
    }
    let (mut deployment, _) = session.deployment(Scope::Targets).await?;
    let folder = State::folder(session, arguments.state.as_deref());
    deployment.remembered =
        state::remembered(session, folder.as_deref(), &state::targets(&deployment), false)?;
    let planned = deployment.plan(&session.runner).await;
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
    let planned = planned?;
    if let Some(path) = &arguments.out {
        saved::write(path, &planned.to_saved(), output)?;
    }
    let planned = planned.plan;
    output.begin_page();
    if format == Format::Json {
        let objections = objections(&planned, session.settings.safety.guard);
        output.document(json::with_consent(json::plan(&planned), &objections));
    } else {
        plan::show(&planned, format, detail, output);
    }
    if format == Format::Text {
        output.result("\n");
        let changes = text::changes(&planned, text::Tense::Ahead);
        output.heading(&format!("{}: {changes}", planned.environment));
    }
    output.end_page();
    plan::show_notes(&planned, output);
    plan::show_objections(&planned, &session.settings, output);
    if let Some(path) = &arguments.out {
        let message = format!("plan saved. Apply it with: sesam-deployer apply {}", path.display());
        output.notes(&[Note::remark(message)]);
    }
    Ok(if arguments.exit_code && !planned.is_empty() { Exit::Changes } else { Exit::Done })
}
