//! `explain`

use std::collections::BTreeMap;
use std::sync::Arc;

use deployer_core::document::{Node, Value};
use deployer_core::error::nearest;
use deployer_core::format;
use deployer_core::model::{Desired, Entity, EntityKind, NodeName, Origin, ReadWay};
use deployer_core::{Error, Kind, Result};
use deployer_engine::connect::{PipeFlow, pipe_flows};
use deployer_engine::run::{Deployment, Status};
use deployer_engine::stages::{Cell, DriftKind, DriftedNode, Standing, drift, uses};
use futures::future::join_all;

use super::status::look;
use crate::cli::Explain;
use crate::exit::Exit;
use crate::explained::{Explained, OnNode, UsedVariable};
use crate::output::explain;
use crate::session::{Scope, Session};
use crate::settings::Built;

/// The plugins that it needs. Stores are read to mask the values of secrets that variables contain literally.
pub(crate) fn scope(arguments: &Explain) -> Scope {
    if arguments.offline { Scope::Source } else { Scope::Targets }
}

pub(crate) async fn run(session: &Session<'_>, arguments: &Explain) -> Result<Exit> {
    let Built { deployment, state, .. } = session.built(scope(arguments)).await?;
    let (deployed, read) = look(session, arguments.state.as_deref(), state.as_ref(), &deployment).await?;
    let masked = match &read {
        Ok(status) if !arguments.offline => deployment.mask_secrets(status, &session.runner).await,
        _ => Ok(Vec::new()),
    };
    let last_runs = last_runs(session, &deployment, &arguments.entity).await;
    session.finish(deployment.close(&session.runner).await);
    let (status, unmasked) = (read?, masked?);
    let nodes: Vec<DriftedNode<'_>> = status
        .answered()
        .map(|read| DriftedNode {
            plan: &read.plan,
            observed: &read.observed,
            deployed: deployed.get(&read.plan.node),
        })
        .collect();
    let rows = drift(&nodes, &status.wanted);
    let mut explained = of_configuration(&deployment, &status, &arguments.entity);
    if explained.is_none() {
        explained = of_nodes(&status, &arguments.entity);
    }
    let Some(mut explained) = explained else { return Err(unknown(&status, &arguments.entity)) };
    let row =
        rows.iter().find(|row| row.name == explained.id && row.kind == DriftKind::Entity(explained.kind));
    for node in &status.nodes {
        let wanted = status
            .wanted
            .iter()
            .any(|(name, desired)| *name == node.node && find(desired, &explained.id).is_some());
        let cell = row.and_then(|row| row.cells.get(&node.node)).cloned();
        match (&node.read, cell) {
            (Err(_), _) => explained.nodes.push((node.node.clone(), None)),
            (Ok(_), Some(cell)) => explained.nodes.push((node.node.clone(), Some(cell))),
            (Ok(_), None) if wanted => {
                let same = Cell { standing: Standing::Same, moved: None };
                explained.nodes.push((node.node.clone(), Some(same)));
            }
            (Ok(_), None) => {}
        }
    }
    explained.last_runs = last_runs;
    add_other_environments(session, &mut explained).await;
    let output = session.output;
    if !unmasked.is_empty() {
        explained.variables.iter_mut().for_each(|variable| variable.is_hidden = true);
    }
    if output.is_json() {
        output.document(explain::document(&session.settings.environment, &explained));
    } else {
        output.result(&explain::text(&session.settings.environment, &explained, output.result_style()));
    }
    for failure in &unmasked {
        output.failure(failure);
    }
    Ok(if unmasked.is_empty() { Exit::Done } else { Exit::Failed })
}

/// How a pipe ran last on each node that says so. A node that cannot be read is told by the comparison of the nodes.
async fn last_runs(
    session: &Session<'_>,
    deployment: &Deployment,
    id: &str,
) -> Vec<(NodeName, String, String)> {
    let runs = deployment.nodes.iter().filter_map(|node| Some((&node.name, node.target.as_ref()?.data()?)));
    let runs = runs.map(|(node, data)| async move {
        let read = session.runner.read("read the state of the pipes", || data.pipes()).await;
        let mut pipes = read.unwrap_or_default().into_iter();
        let pipe = pipes.find(|pipe| pipe.id == id && !pipe.last_run.is_empty())?;
        Some((node.clone(), pipe.last_run, pipe.message))
    });
    join_all(runs).await.into_iter().flatten().collect()
}

/// Adds the values of the variables in the other environments.
async fn add_other_environments(session: &Session<'_>, explained: &mut Explained) {
    let Some(owner) = explained.owner.clone().filter(|_| !explained.variables.is_empty()) else { return };
    let checks = session.other_environments().await.into_iter().map(|(environment, deployment)| async move {
        let checked = match deployment {
            Ok(deployment) => deployment.check(&session.runner).await.ok(),
            Err(_) => None,
        };
        (environment, checked)
    });
    for (environment, checked) in join_all(checks).await {
        let nodes = checked.as_ref().map(|checked| checked.nodes.as_slice()).unwrap_or_default();
        let desired = nodes.iter().find(|(node, _)| *node == owner).map(|(_, desired)| desired);
        let variables = desired.and_then(|desired| desired.variables.as_ref());
        for variable in &mut explained.variables {
            let found = variables.and_then(|variables| variables.entries.get(&variable.name));
            let value = found.map(|found| format::compact(&found.value));
            variable.elsewhere.push((environment.clone(), value));
        }
    }
}

fn find<'a>(desired: &'a Desired, id: &str) -> Option<&'a Entity> {
    desired.entities.iter().find(|entity| **entity.id() == *id)
}

/// An entity of the configuration; one of a file comes before a replica of the same id.
fn of_configuration(deployment: &Deployment, status: &Status, id: &str) -> Option<Explained> {
    let found = status.wanted.iter().filter_map(|(node, desired)| Some((node, desired, find(desired, id)?)));
    let is_replica = |(_, _, entity): &(_, _, &Entity)| matches!(entity.origin(), Origin::Template { .. });
    let (owner, desired, entity) = found.min_by_key(is_replica)?;
    let node = deployment.nodes.iter().find(|node| node.name == *owner)?;
    let own = uses(std::slice::from_ref(entity));
    let variables = own.variables.into_keys().map(|name| {
        let found = desired.variables.as_ref().and_then(|variables| variables.entries.get(&name));
        UsedVariable {
            value: found.map(|variable| format::compact(&variable.value)),
            place: found.and_then(|variable| variable.place.clone()),
            elsewhere: Vec::new(),
            is_hidden: false,
            name,
        }
    });
    let stores = |name| deployment.routes.route(name, &node.stores).stores;
    let secrets = own.secrets.keys().map(|name| (name.to_string(), stores(name)));
    let flows = flows_of(deployment, status);
    let flow = flows.iter().find(|(of, flow)| of == owner && *flow.pipe == *id).map(|(_, flow)| flow);
    let reads = flow.into_iter().flat_map(|flow| &flow.reads).map(|reading| {
        let writes = |flow: &PipeFlow| flow.writes.contains(&reading.dataset);
        (reading.clone(), pipes(&flows, |flow| writes(flow).then_some(None)))
    });
    let writes = flow.into_iter().flat_map(|flow| &flow.writes).map(|dataset| {
        let way = |flow: &PipeFlow| {
            flow.reads.iter().find(|reading| reading.dataset == *dataset).map(|reading| Some(reading.way))
        };
        (Arc::clone(dataset), pipes(&flows, way))
    });
    let users = status.wanted.iter().flat_map(|(node, desired)| {
        let users = desired.entities.iter().filter(|user| names_system(user, id));
        users.map(|user| OnNode { node: node.clone(), pipe: Arc::clone(user.id()), way: None })
    });
    Some(Explained {
        id: id.to_owned(),
        kind: entity.kind(),
        place: Some(entity.place()),
        owner: Some(owner.clone()),
        replica_of: match entity.origin() {
            Origin::Template { crossing, .. } => crossing.clone(),
            _ => None,
        },
        crossings: status.crossings.iter().filter(|it| *it.pipe == *id).cloned().collect(),
        reads: reads.collect(),
        writes: writes.collect(),
        used_by: if entity.kind() == EntityKind::System { users.collect() } else { Vec::new() },
        variables: variables.collect(),
        secrets: secrets.collect(),
        protected: node.protected.covers(id),
        nodes: Vec::new(),
        last_runs: Vec::new(),
    })
}

/// The flow of all pipes of files; replicas only carry it.
fn flows_of(deployment: &Deployment, status: &Status) -> Vec<(NodeName, PipeFlow)> {
    let of_node = status.wanted.iter().flat_map(|(node, desired)| {
        let own = |entity: &&Entity| !matches!(entity.origin(), Origin::Template { .. });
        let own: Vec<Entity> = desired.entities.iter().filter(own).cloned().collect();
        let variables = desired.variables.clone().unwrap_or_default();
        let flows = pipe_flows(&own, deployment.configuration.links, &variables);
        flows.into_iter().map(|flow| (node.clone(), flow)).collect::<Vec<_>>()
    });
    of_node.collect()
}

/// The pipes that `way` accepts.
fn pipes(flows: &[(NodeName, PipeFlow)], way: impl Fn(&PipeFlow) -> Option<Option<ReadWay>>) -> Vec<OnNode> {
    let accepted = flows.iter().filter_map(|(node, flow)| {
        Some(OnNode { node: node.clone(), pipe: Arc::clone(&flow.pipe), way: way(flow)? })
    });
    accepted.collect()
}

/// Whether the source or the sink of a pipe, or one of their alternatives, names a system.
fn names_system(entity: &Entity, system: &str) -> bool {
    fn names(node: &Node, system: &str) -> bool {
        match &node.value {
            Value::Object(object) => object.members().iter().any(|member| {
                (&*member.key == "system" && member.node.as_str() == Some(system))
                    || names(&member.node, system)
            }),
            Value::Array(items) => items.iter().any(|item| names(item, system)),
            _ => false,
        }
    }
    entity.kind() == EntityKind::Pipe && names(entity.root(), system)
}

/// An entity that only nodes have.
fn of_nodes(status: &Status, id: &str) -> Option<Explained> {
    let mut observed = status.answered().flat_map(|read| &read.observed.entities);
    let entity = observed.find(|entity| **entity.id() == *id)?;
    Some(Explained {
        id: id.to_owned(),
        kind: entity.kind(),
        place: None,
        owner: None,
        replica_of: None,
        crossings: Vec::new(),
        reads: Vec::new(),
        writes: Vec::new(),
        used_by: Vec::new(),
        variables: Vec::new(),
        secrets: Vec::new(),
        protected: false,
        nodes: Vec::new(),
        last_runs: Vec::new(),
    })
}

fn unknown(status: &Status, id: &str) -> Error {
    let wanted = status.wanted.iter().flat_map(|(_, desired)| &desired.entities);
    let running = status.answered().flat_map(|read| &read.observed.entities);
    let known: BTreeMap<&str, ()> = wanted.chain(running).map(|entity| (&**entity.id(), ())).collect();
    let message = format!("unknown entity {id:?}: neither the configuration nor a node that was read has it");
    let error = Error::new(Kind::Verification, message);
    match nearest(id, known.into_keys()) {
        Some(near) => error.with_hint(format!("did you mean {near:?}?")),
        None => error.with_hint("name the `_id` of a pipe or a system; `plan` and `status` list them"),
    }
}
