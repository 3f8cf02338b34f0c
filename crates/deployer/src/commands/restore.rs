//! `restore` without a snapshot: those that are kept.

use std::path::Path;
use std::time::SystemTime;

use deployer_core::Result;
use serde_json::json;

use crate::exit::Exit;
use crate::output::{count, json, table};
use crate::session::{Scope, Session};
use crate::state::{self, KEPT, Kept, State};

/// Lists the snapshots of the targets of this environment, the newest first.
pub(crate) async fn list(session: &Session<'_>, state: Option<&Path>) -> Result<Exit> {
    let (deployment, _) = session.deployment(Scope::Targets)?;
    let targets = state::targets(&deployment);
    session.finish(deployment.close(&session.runner).await);
    let folder = State::folder(session, state);
    let environment = &session.settings.environment;
    let kept = folder.as_deref().map(|folder| state::kept(folder, environment, &targets)).unwrap_or_default();
    let output = session.output;
    if output.is_json() {
        let snapshots: Vec<_> = kept.iter().map(document).collect();
        output.result(&json::document(&json!({ "format": json::FORMAT, "snapshots": snapshots })));
        return Ok(Exit::Done);
    }
    let now = SystemTime::now();
    let rows: Vec<[String; 3]> = kept
        .iter()
        .map(|kept| {
            let nodes = kept.saved.nodes.iter();
            let nodes = nodes.map(|node| format!("{}: {}", node.node, entities(node.desired.entities.len())));
            [age(now, kept.time), kept.path.display().to_string(), nodes.collect::<Vec<_>>().join(", ")]
        })
        .collect();
    output.result(&table(&rows));
    output.message(&match (&folder, kept.len()) {
        (None, _) => "There is no state folder: name one with --state DIR.".to_owned(),
        (Some(folder), 0) => {
            format!("No snapshot of these nodes in {environment} is kept in {}.", folder.display())
        }
        (Some(_), _) => format!(
            "The last {KEPT} are kept. `sesam-deployer restore SNAPSHOT --dry-run` shows the way back, without --dry-run it is gone."
        ),
    });
    Ok(Exit::Done)
}

fn document(kept: &Kept) -> serde_json::Value {
    let nodes = kept.saved.nodes.iter();
    let nodes: Vec<_> = nodes
        .map(|node| json!({ "node": node.node, "target": node.target, "base": node.base, "entities": node.desired.entities.len() }))
        .collect();
    json!({ "path": kept.path.display().to_string(), "nodes": nodes })
}

fn entities(number: usize) -> String {
    if number == 1 { "1 entity".to_owned() } else { format!("{number} entities") }
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
    fn ages_are_told_in_the_largest_unit_that_fits() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(10_000_000);
        let ago = |seconds| age(now, now - Duration::from_secs(seconds));
        let told = [59, 60, 7_199, 86_399, 86_400, 200_000].map(ago);
        assert_eq!(
            told,
            ["just now", "1 minute ago", "1 hour ago", "23 hours ago", "1 day ago", "2 days ago"]
        );
        assert_eq!(age(now, now + Duration::from_secs(5)), "just now", "clocks differ");
    }
}
