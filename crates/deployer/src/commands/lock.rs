//! `lock`

use std::time::SystemTime;

use deployer_core::error::nearest;
use deployer_core::model::NodeName;
use deployer_core::{Error, Kind, Result};
use serde_json::json;

use super::restore::time;
use crate::cli::{Lock as Arguments, LockCommand};
use crate::exit::Exit;
use crate::output::{escape, json, table};
use crate::session::{Scope, Session};
use crate::settings::Built;
use crate::state::{self, Lock, Targets, break_lock, list_locks, span};

pub(crate) async fn run(session: &Session<'_>, arguments: &Arguments) -> Result<Exit> {
    let Built { deployment, state, .. } = session.built(Scope::NodesAndState).await?;
    let targets = state::targets(&deployment);
    session.finish(deployment.close(&session.runner).await);
    let mechanism = state::mechanism(session, arguments.state.as_deref(), state.as_ref())?;
    let mechanism = mechanism.ok_or_else(|| {
        Error::new(Kind::Settings, "there is no state folder").with_hint("name one: --state DIR")
    })?;
    if let Some(LockCommand::Break { target, epoch }) = &arguments.command {
        let target = find(&targets, target)?;
        break_lock(&mechanism, target, *epoch).await?;
        session.output.message(&format!("The lease for {target} is free. Its holder had epoch {epoch}."));
        return Ok(Exit::Done);
    }
    let (mut locks, mut failures) = (Vec::new(), Vec::new());
    for lock in list_locks(&mechanism, &targets, &session.runner).await {
        match lock {
            Ok(lock) => locks.push(lock),
            Err(error) => failures.push(error),
        }
    }
    let output = session.output;
    if output.is_json() {
        let locks: Vec<_> = locks.iter().map(document).collect();
        output.document(json!({ "format": json::FORMAT, "state": mechanism.location(), "locks": locks }));
    } else {
        let now = SystemTime::now();
        output.result(&table(&locks.iter().map(|lock| row(lock, now)).collect::<Vec<_>>()));
    }
    failures.iter().for_each(|error| output.failure(error));
    Ok(if failures.is_empty() { Exit::Done } else { Exit::Failed })
}

/// The target that a node or a location names.
fn find<'t>(targets: &'t Targets, name: &str) -> Result<&'t str> {
    let of_node = targets.get(&NodeName::new(name));
    if let Some(target) = of_node.or_else(|| targets.values().find(|target| *target == name)) {
        return Ok(target);
    }
    let known = || targets.keys().map(NodeName::as_str);
    let message =
        format!("unknown target {name:?}; expected one of {}", known().collect::<Vec<_>>().join(", "));
    let error = Error::new(Kind::Settings, message);
    Err(match nearest(name, known()) {
        Some(near) => error.with_hint(format!("did you mean {near:?}?")),
        None => error,
    })
}

fn row(lock: &Lock, now: SystemTime) -> [String; 6] {
    let epoch = lock.epoch.map_or_else(|| "-".to_owned(), |epoch| format!("epoch {epoch}"));
    let (holder, purpose, age) = match &lock.holder {
        None => ("nobody".to_owned(), "-".to_owned(), "-".to_owned()),
        Some(holder) => {
            let ago = |time: SystemTime| span(now.duration_since(time).unwrap_or_default());
            let acquired = holder.acquired.map(|time| format!("acquired {} ago", ago(time)));
            let renewed = holder.renewed.map(|time| format!("renewed {} ago", ago(time)));
            let ages: Vec<String> = acquired.into_iter().chain(renewed).collect();
            (holder.name.clone(), holder.purpose.clone().unwrap_or_else(|| "-".to_owned()), ages.join(", "))
        }
    };
    [lock.node.to_string(), lock.target.clone(), holder, purpose, epoch, age]
        .map(|cell| escape::line(&cell).into_owned())
}

fn document(lock: &Lock) -> serde_json::Value {
    let holder = lock.holder.as_ref().map(|holder| {
        json!({
            "name": holder.name,
            "purpose": holder.purpose,
            "process": holder.process,
            "acquired": holder.acquired.map(time),
            "renewed": holder.renewed.map(time),
        })
    });
    json!({ "node": lock.node, "target": lock.target, "epoch": lock.epoch, "holder": holder })
}
