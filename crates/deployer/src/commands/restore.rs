//! `restore` without a snapshot: the list of snapshots.

use std::path::Path;
use std::time::SystemTime;

use deployer_core::{Error, Kind, Result};
use serde_json::json;

use crate::exit::Exit;
use crate::output::{count, escape, json, table};
use crate::session::{Scope, Session};
use crate::settings::Built;
use crate::state::{self, KEPT, Snapshot, Storage};

/// Lists the snapshots of the targets of this environment, the newest first.
pub(crate) async fn list(session: &Session<'_>, state: Option<&Path>) -> Result<Exit> {
    let (storage, snapshots) = snapshots(session, state).await?;
    let output = session.output;
    if output.is_json() {
        let snapshots: Vec<_> = snapshots.iter().map(document).collect();
        output.document(json!({ "format": json::FORMAT, "snapshots": snapshots }));
        return Ok(Exit::Done);
    }
    let now = SystemTime::now();
    let rows: Vec<[String; 4]> = snapshots
        .iter()
        .map(|snapshot| {
            let time = format!("{} ({})", time(snapshot.time), age(now, snapshot.time));
            [time, commit(snapshot), contents(snapshot), snapshot.reference.clone()]
                .map(|cell| escape::line(&cell).into_owned())
        })
        .collect();
    output.result(&table(&rows));
    output.message(&match (&storage, snapshots.len()) {
        (None, _) => "There is no state folder. Name one: --state DIR.".to_owned(),
        (Some(storage), 0) => {
            let environment = &session.settings.environment;
            format!("{} has no snapshot of these nodes in {environment}.", storage.location())
        }
        (Some(_), _) => format!(
            "The last {KEPT} snapshots are kept. Preview with `sesam-deployer restore SNAPSHOT --dry-run`; leave out --dry-run to restore. \
             `--last` restores the newest snapshot."
        ),
    });
    Ok(Exit::Done)
}

/// The newest snapshot that can be restored.
///
/// # Errors
/// `Refused` when there is none.
pub(crate) async fn last(session: &Session<'_>, state: Option<&Path>) -> Result<String> {
    let (storage, snapshots) = snapshots(session, state).await?;
    let newest = snapshots.into_iter().find(|snapshot| snapshot.saved.is_ok());
    newest.map(|snapshot| snapshot.reference).ok_or_else(|| {
        let storage = storage.map_or_else(|| "the state folder".to_owned(), |storage| storage.location());
        let environment = &session.settings.environment;
        Error::new(Kind::Refused, format!("{storage} has no snapshot of these nodes in {environment}"))
            .with_hint("name a snapshot file, or another state folder: --state DIR")
    })
}

async fn snapshots(session: &Session<'_>, flag: Option<&Path>) -> Result<(Option<Storage>, Vec<Snapshot>)> {
    let Built { deployment, state, .. } = session.built(Scope::Targets).await?;
    let targets = state::targets(&deployment);
    session.finish(deployment.close(&session.runner).await);
    let storage = state::storage(session, flag, state.as_ref())?;
    let environment = &session.settings.environment;
    let snapshots = match &storage {
        Some(storage) => {
            let list = || state::snapshots(storage, environment, &targets);
            session.runner.read("list the snapshots", list).await?
        }
        None => Vec::new(),
    };
    Ok((storage, snapshots))
}

/// The commit that was deployed after the snapshot.
fn commit(snapshot: &Snapshot) -> String {
    let next = snapshot.saved.as_ref().ok().and_then(|saved| saved.replaced_by.as_ref());
    next.map_or_else(|| "-".to_owned(), |revision| format!("before {}", revision.short()))
}

/// The nodes and the number of their entities.
fn contents(snapshot: &Snapshot) -> String {
    match &snapshot.saved {
        Ok(saved) => {
            let nodes = saved.nodes.iter();
            let nodes =
                nodes.map(|node| format!("{}: {}", node.node, count(node.desired.entities.len(), "entity")));
            nodes.collect::<Vec<_>>().join(", ")
        }
        Err(error) => format!("unreadable: {error}"),
    }
}

fn document(snapshot: &Snapshot) -> serde_json::Value {
    let saved = snapshot.saved.as_ref();
    let nodes = saved.map(|saved| &*saved.nodes).unwrap_or_default().iter();
    let nodes: Vec<_> = nodes
        .map(|node| json!({ "node": node.node, "target": node.target, "base": node.base, "entities": node.desired.entities.len() }))
        .collect();
    json!({
        "path": snapshot.reference,
        "time": time(snapshot.time),
        "replaced_by": saved.ok().and_then(|saved| saved.replaced_by.as_ref()),
        "nodes": nodes,
        "error": saved.err().map(json::error),
    })
}

/// A time as RFC 3339 to the second.
pub(super) fn time(time: SystemTime) -> String {
    let time = jiff::Timestamp::try_from(time).map(|time| format!("{time:.0}"));
    time.unwrap_or_else(|_| "unknown time".to_owned())
}

/// How long ago something was, in the largest unit that fits.
fn age(now: SystemTime, then: SystemTime) -> String {
    let minutes = now.duration_since(then).unwrap_or_default().as_secs() / 60;
    match minutes {
        0 => "just now".to_owned(),
        1..60 => format!("{} ago", count(minutes as usize, "minute")),
        60..1440 => format!("{} ago", count((minutes / 60) as usize, "hour")),
        _ => format!("{} ago", count((minutes / 1440) as usize, "day")),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_age_is_written_in_the_largest_unit_that_fits() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(10_000_000);
        let ago = |seconds| age(now, now - Duration::from_secs(seconds));
        let told = [59, 60, 7_199, 86_399, 86_400, 200_000].map(ago);
        assert_eq!(
            told,
            ["just now", "1 minute ago", "1 hour ago", "23 hours ago", "1 day ago", "2 days ago"]
        );
        assert_eq!(age(now, now + Duration::from_secs(5)), "just now", "clocks differ");
        assert_eq!(time(now), "1970-04-26T17:46:40Z");
    }
}
