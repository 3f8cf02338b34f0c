//! `pipes` and `logs`: what the pipes of the nodes do, and did.

use std::collections::BTreeMap;
use std::time::Duration;

use deployer_core::error::nearest;
use deployer_core::model::NodeName;
use deployer_core::traits::{NodeData, PipeEvent, PipeRole, PipeState};
use deployer_core::{Error, Kind, Result};
use deployer_engine::run::Deployment;
use futures::future::join_all;

use crate::cli::{Logs, Pipes};
use crate::exit::Exit;
use crate::output::pipes::{self, OfNode};
use crate::session::{Scope, Session};

/// The wait between two looks at the logs.
const LOOK: Duration = Duration::from_secs(5);

/// `pipes`
pub(crate) async fn pipes(session: &Session<'_>, arguments: &Pipes) -> Result<Exit> {
    let (deployment, _) = session.deployment(Scope::Nodes).await?;
    let nodes = read(session, &deployment).await;
    session.finish(deployment.close(&session.runner).await);
    let mut nodes = nodes?;
    for (_, read) in &mut nodes {
        if let Ok(found) = read {
            found.retain(|pipe| pipe.role != PipeRole::Foreign && (!arguments.troubled || is_troubled(pipe)));
        }
    }
    let output = session.output;
    if output.is_json() {
        output.document(pipes::document(&session.settings.environment, &nodes));
    } else {
        output.begin_page();
        output.result(&pipes::text(&nodes, output.result_style()));
        output.end_page();
    }
    let failures: Vec<&Error> = nodes.iter().filter_map(|(_, read)| read.as_ref().err()).collect();
    failures.iter().for_each(|failure| output.failure(failure));
    Ok(if failures.is_empty() { Exit::Done } else { Exit::Failed })
}

fn is_troubled(pipe: &PipeState) -> bool {
    pipe.success == Some(false) || !pipe.is_valid || pipe.queue > 0
}

/// The pipes of every node that can show them.
async fn read(session: &Session<'_>, deployment: &Deployment) -> Result<Vec<OfNode>> {
    let nodes: Vec<(&NodeName, &dyn NodeData)> = nodes(deployment).collect();
    if nodes.is_empty() {
        return Err(Error::new(Kind::Settings, "no node of this environment can show its pipes")
            .with_hint("targets of kind `node` without a config group can"));
    }
    let read = nodes.into_iter().map(|(node, data)| async move {
        let read = session.runner.read("read the state of the pipes", || data.pipes()).await;
        (node.clone(), read.map_err(|error| error.context(format_args!("node {node}"))))
    });
    Ok(join_all(read).await)
}

fn nodes(deployment: &Deployment) -> impl Iterator<Item = (&NodeName, &dyn NodeData)> {
    deployment.nodes.iter().filter_map(|node| Some((&node.name, node.target.as_ref()?.data()?)))
}

/// `logs`
pub(crate) async fn logs(session: &Session<'_>, arguments: &Logs) -> Result<Exit> {
    let (deployment, _) = session.deployment(Scope::Nodes).await?;
    let shown = show_logs(session, &deployment, arguments).await;
    session.finish(deployment.close(&session.runner).await);
    shown.map(|()| Exit::Done)
}

async fn show_logs(session: &Session<'_>, deployment: &Deployment, arguments: &Logs) -> Result<()> {
    let read = read(session, deployment).await?;
    let places = places(&read, &arguments.pipes)?;
    let data: BTreeMap<&NodeName, &dyn NodeData> = nodes(deployment).collect();
    let mut seen: BTreeMap<&(NodeName, String), Vec<PipeEvent>> = BTreeMap::new();
    loop {
        let logs = places.iter().map(|place| (place, data[&place.0])).map(|(place, data)| async move {
            let read = || data.log(&place.1, arguments.limit);
            (place, session.runner.read("read the execution log of a pipe", read).await)
        });
        let mut new = Vec::new();
        for (place, events) in join_all(logs).await {
            let events = events?;
            let before = seen.insert(place, events.clone()).unwrap_or_default();
            new.extend(
                events.into_iter().filter(|event| !before.contains(event)).map(|event| (place, event)),
            );
        }
        new.sort_by(|(_, one), (_, other)| one.time.cmp(&other.time));
        session.finish(Vec::new());
        if session.output.is_json() {
            session.output.document(pipes::log_document(&session.settings.environment, &new));
        } else {
            session.output.result(&pipes::log(&new));
        }
        if !arguments.follow {
            return Ok(());
        }
        session.runner.pause(LOOK).await?;
    }
}

/// The nodes of the pipes.
fn places(read: &[OfNode], pipes: &[String]) -> Result<Vec<(NodeName, String)>> {
    let mut places = Vec::new();
    let mut problems = Vec::new();
    for pipe in pipes {
        let before = places.len();
        for (node, found) in read {
            if found.as_ref().is_ok_and(|found| found.iter().any(|it| it.id == *pipe)) {
                places.push((node.clone(), pipe.clone()));
            }
        }
        if places.len() == before {
            let known = read.iter().filter_map(|(_, found)| found.as_ref().ok()).flatten();
            let error = Error::new(Kind::NotFound, format!("no node that was read has the pipe {pipe:?}"));
            problems.push(match nearest(pipe, known.map(|it| it.id.as_str())) {
                Some(near) => error.with_hint(format!("did you mean {near:?}?")),
                None => error.with_hint("`sesam-deployer pipes` lists the pipes"),
            });
        }
    }
    problems.extend(read.iter().filter_map(|(_, found)| found.as_ref().err()).cloned());
    if problems.is_empty() {
        return Ok(places);
    }
    Err(Error::together(Kind::NotFound, "logs cannot be shown", problems))
}
