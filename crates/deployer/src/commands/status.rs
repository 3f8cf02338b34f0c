//! `status`

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use deployer_core::error::Note;
use deployer_core::model::NodeName;
use deployer_core::{Error, Kind, Result};
use deployer_engine::run::{Deployment, Status as NodeStates};
use deployer_engine::saved::SavedNode;
use deployer_engine::stages::{Drift, DriftedNode, drift};

use crate::cli::Status;
use crate::exit::Exit;
use crate::output::status;
use crate::session::{Scope, Session};
use crate::settings::Built;
use crate::state::{self, SharedPlace};

/// The plugins that it needs. Stores are read to mask the values of secrets in differences; otherwise no text is shown that could contain
/// one.
pub(crate) fn scope(arguments: &Status) -> Scope {
    if arguments.diff { Scope::Targets } else { Scope::NodesAndState }
}

pub(crate) async fn run(session: &Session<'_>, arguments: &Status) -> Result<Exit> {
    let Some(seconds) = arguments.watch else { return once(session, arguments).await };
    if !session.output.can_redraw() {
        return Err(Error::new(
            Kind::Settings,
            "status --watch shows the state on a terminal, and this is none",
        )
        .with_hint("run `status` without --watch"));
    }
    loop {
        session.output.clear();
        once(session, arguments).await?;
        session.runner.pause(Duration::from_secs(seconds.max(1))).await?;
    }
}

/// Reads what the last deploys wrote, and what the nodes have now. A deploy about which nothing can be read is a warning.
///
/// # Errors
/// As [`state::storage`]. The inner result is that of the nodes.
pub(super) async fn look(
    session: &Session<'_>,
    flag: Option<&Path>,
    place: Option<&SharedPlace>,
    deployment: &Deployment,
) -> Result<(BTreeMap<NodeName, SavedNode>, Result<NodeStates>)> {
    let storage = state::storage(session, flag, place)?;
    let targets = state::targets(deployment);
    let deployed = state::deployed(storage.as_ref(), &targets);
    let ((deployed, unread), read) = tokio::join!(deployed, deployment.status(&session.runner));
    session.finish(unread);
    Ok((deployed, read))
}

/// Shows the state.
async fn once(session: &Session<'_>, arguments: &Status) -> Result<Exit> {
    let output = session.output;
    let Built { deployment, state, .. } = session.built(scope(arguments)).await?;
    let (deployed, read) = look(session, arguments.state.as_deref(), state.as_ref(), &deployment).await?;
    let masked = match &read {
        Ok(states) if arguments.diff => deployment.mask_secrets(states, &session.runner).await,
        _ => Ok(Vec::new()),
    };
    session.finish(deployment.close(&session.runner).await);
    let (states, unmasked) = (read?, masked?);
    session.finish(states.notes.clone());
    let rows = rows(&states, &deployed);
    let environment = &session.settings.environment;
    if output.is_json() {
        output.document(status::document(environment, &states, &rows));
    } else {
        if arguments.watch.is_none() {
            output.begin_page();
        }
        output.result(&status::text(environment, &states, &rows, output.result_style()));
        if arguments.diff && unmasked.is_empty() {
            output.result(&status::diffs(&states, output.result_style()));
        }
        output.result("\n");
        output.heading(&status::summary(environment, &states, &rows));
        output.end_page();
    }
    let failures: Vec<_> =
        states.nodes.iter().filter_map(|node| node.read.as_ref().err()).chain(&unmasked).collect();
    for failure in &failures {
        output.failure(failure);
    }
    if arguments.diff && !unmasked.is_empty() {
        output.notes(&[Note::warning(
            "the differences are not shown: they could contain secrets, which cannot be masked without their values",
        )]);
    }
    Ok(match (failures.is_empty(), states.is_as_wanted()) {
        (false, _) => Exit::Failed,
        (true, false) if arguments.exit_code => Exit::Changes,
        (true, _) => Exit::Done,
    })
}

pub(super) fn rows(states: &NodeStates, deployed: &BTreeMap<NodeName, SavedNode>) -> Vec<Drift> {
    let nodes = states.answered().map(|read| DriftedNode {
        plan: &read.plan,
        observed: &read.observed,
        deployed: deployed.get(&read.plan.node),
    });
    drift(&nodes.collect::<Vec<_>>(), &states.wanted)
}
