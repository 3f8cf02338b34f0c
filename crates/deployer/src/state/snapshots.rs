//! Snapshots: the configuration of nodes before runs.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use deployer_core::document::SourceText;
use deployer_core::{Error, Kind, Result};
use deployer_engine::saved::{Purpose, Saved};
use futures::stream::{self, StreamExt};

use super::names::{Targets, digest};
use super::storage::Storage;
use crate::output::Output;
use crate::saved;

/// How many snapshots of the same targets are kept.
pub(crate) const KEPT: usize = 20;

/// How many objects are read or removed at once.
const AT_ONCE: usize = 8;

/// A snapshot that is kept with the state.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// Its name on the command line: a file, or `state:NAME`.
    pub(crate) reference: String,
    /// When it was saved.
    pub(crate) time: SystemTime,
    /// Its content, or why it cannot be read.
    pub(crate) saved: Result<Saved>,
}

/// Writes a snapshot. In a folder, equal content has one name. Elsewhere, each name contains the epoch and the time. Returns its name.
///
/// # Errors
/// When it cannot be written.
pub(super) async fn keep(
    storage: &Storage,
    before: &Saved,
    epoch: Option<u64>,
    output: &Output,
) -> Result<String> {
    let bases: Vec<&str> = before.nodes.iter().map(|node| node.base.as_str()).collect();
    let (prefix, bases) = (prefix_of(storage, before), digest(&bases.join("\n")));
    let name = match epoch {
        None => format!("{prefix}{bases}.json"),
        Some(epoch) => {
            let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            format!("{prefix}{epoch:010}-{:012}-{bases}.json", time.as_secs())
        }
    };
    let mut before = before.clone();
    before.epoch = epoch;
    let (text, notes) = saved::text(&before, output)?;
    storage.write(&name, &text, epoch).await?;
    output.notes(&notes);
    Ok(name)
}

/// Removes the oldest snapshots of the same targets beyond [`KEPT`]. One that cannot be removed does no harm.
pub(super) async fn trim(storage: &Storage, before: &Saved) {
    let prefix = prefix_of(storage, before);
    let Ok(files) = files(storage, &prefix).await else { return };
    let old = files.into_iter().skip(KEPT);
    stream::iter(old)
        .for_each_concurrent(AT_ONCE, |(_, name)| async move { storage.remove(&name).await })
        .await;
}

/// The snapshots of an environment whose nodes are all among the targets, the newest first. Files that cannot be read, or that another
/// version of the program wrote, are among them.
///
/// # Errors
/// When a place that machines share cannot be read.
pub(super) async fn list(storage: &Storage, environment: &str, targets: &Targets) -> Result<Vec<Snapshot>> {
    let start = start_of(storage, environment);
    let names = files(storage, &start).await?;
    let names = names.into_iter().filter(|(_, name)| is_of_environment(name, &start));
    let snapshots = stream::iter(names).map(|(time, name)| async move {
        Snapshot { time, saved: read(storage, &name).await, reference: storage.reference(&name) }
    });
    let snapshots: Vec<Snapshot> = snapshots.buffered(AT_ONCE).collect().await;
    let is_of_targets = |snapshot: &Snapshot| match &snapshot.saved {
        Ok(saved) => {
            let of_targets = saved.nodes.iter().all(|node| targets.get(&node.node) == Some(&node.target));
            saved.purpose == Purpose::Snapshot && saved.environment == environment && of_targets
        }
        Err(_) => true,
    };
    Ok(snapshots.into_iter().filter(is_of_targets).collect())
}

/// Reads a snapshot. A link leads out of the state folder and is not followed.
async fn read(storage: &Storage, name: &str) -> Result<Saved> {
    let reference = storage.reference(name);
    let text = storage.read(name).await?;
    let text = text.ok_or_else(|| Error::new(Kind::NotFound, format!("{reference} does not exist")))?;
    Saved::parse(&SourceText::new(reference, text))
}

/// Whether a name has two digests after the environment, with or without an epoch and a time between them: the names of other environments
/// can start in the same way.
fn is_of_environment(name: &str, start: &str) -> bool {
    let parts = name.strip_suffix(".json").and_then(|name| name.strip_prefix(start)).unwrap_or_default();
    match parts.split('-').collect::<Vec<_>>()[..] {
        [targets, bases] => is_digest(targets) && is_digest(bases),
        [targets, epoch, time, bases] => {
            let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
            is_digest(targets) && is_number(epoch) && is_number(time) && is_digest(bases)
        }
        _ => false,
    }
}

fn is_digest(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// How the names of the snapshots of the same targets begin.
fn prefix_of(storage: &Storage, before: &Saved) -> String {
    let targets: Targets = before.nodes.iter().map(|node| (node.node.clone(), node.target.clone())).collect();
    let targets: Vec<String> = targets.iter().map(|(node, target)| format!("{node} {target}")).collect();
    format!("{}{}-", start_of(storage, &before.environment), digest(&targets.join("\n")))
}

/// How the names of the snapshots of an environment begin. Objects have simpler names than files.
fn start_of(storage: &Storage, environment: &str) -> String {
    let is_simple = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    match storage {
        Storage::Shared(_) if environment.len() > 64 || !environment.chars().all(is_simple) => {
            format!("snapshot-{}-", digest(environment))
        }
        _ => format!("snapshot-{environment}-"),
    }
}

/// The names that begin with a text and when they were written, the newest first.
async fn files(storage: &Storage, prefix: &str) -> Result<Vec<(SystemTime, String)>> {
    let names = storage.list(prefix).await?.into_iter().filter(|name| name.ends_with(".json"));
    let mut files: Vec<(SystemTime, String)> = match storage {
        Storage::Folder(folder) => {
            names.filter_map(|name| Some((modified(&folder.join(&name))?, name))).collect()
        }
        Storage::Shared(_) => names.map(|name| (time_in(&name), name)).collect(),
    };
    match storage {
        Storage::Folder(_) => files.sort(),
        // Clocks of machines differ, and epochs do not.
        Storage::Shared(_) => files.sort_by(|(_, a), (_, b)| order(a).cmp(&order(b))),
    }
    files.reverse();
    Ok(files)
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::symlink_metadata(path).ok()?.modified().ok()
}

/// The epoch and the time of a name, which have fixed lengths.
fn order(name: &str) -> Option<(&str, &str)> {
    let mut parts = name.strip_suffix(".json")?.rsplit('-').skip(1);
    let time = parts.next()?;
    Some((parts.next()?, time))
}

/// The time in a name. Whoever can write to the place decides about names: a time that no clock shows counts as 1970.
fn time_in(name: &str) -> SystemTime {
    let seconds = order(name).and_then(|(_, time)| time.parse().ok());
    let time = seconds.and_then(|seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
    time.unwrap_or(SystemTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use deployer_core::Redactor;
    use deployer_core::model::Desired;
    use deployer_core::plugin::ProcessVariables;
    use deployer_engine::saved::SavedNode;

    use super::*;
    use crate::cli::Cli;

    fn snapshot(environment: &str, target: &str, base: &str) -> Saved {
        let node = SavedNode::new("master".into(), target.to_owned(), base.into(), Desired::default());
        Saved::new(Purpose::Snapshot, environment.to_owned(), None, vec![node])
    }

    fn output() -> Output {
        let cli = <Cli as clap::Parser>::parse_from(["sesam-deployer", "restore"]);
        Output::new(&cli.global, Redactor::default(), &ProcessVariables::default())
    }

    #[test]
    fn a_name_with_any_time_has_one() {
        let time = |time: &str| time_in(&format!("snapshot-test-0a-0000000001-{time}-0b.json"));
        assert_eq!(time("000000000060"), SystemTime::UNIX_EPOCH + Duration::from_secs(60));
        for odd in ["", "x", "18446744073709551615", "99999999999999999999"] {
            assert_eq!(time(odd), SystemTime::UNIX_EPOCH, "{odd}");
        }
    }

    #[tokio::test]
    async fn a_number_of_snapshots_is_kept_for_each_target_and_the_same_content_once() {
        let folder = tempfile::tempdir().unwrap();
        let (storage, output) = (Storage::Folder(folder.path().to_owned()), output());
        let keep = async |environment: &str, target: &str, base: usize| {
            let before = snapshot(environment, target, &base.to_string());
            let name = keep(&storage, &before, None, &output).await.unwrap();
            trim(&storage, &before).await;
            folder.path().join(name)
        };
        let other = [keep("prod", "here", 0).await, keep("test", "there", 0).await];
        for base in 0..KEPT + 5 {
            let path = keep("test", "here", base).await;
            assert_eq!(path, keep("test", "here", base).await, "equal content has one name");
            assert!(path.exists(), "the newest is never removed");
        }
        let targets = [("master".into(), "here".to_owned())].into();
        assert_eq!(list(&storage, "test", &targets).await.unwrap().len(), KEPT);
        let unreadable = other[1].with_file_name("snapshot-test-000000000000-000000000000.json");
        fs::write(&unreadable, "{\"format\": 99}").unwrap();
        fs::write(folder.path().join("snapshot-test-2-000000000000-000000000000.json"), "{}").unwrap();
        let listed = list(&storage, "test", &targets).await.unwrap();
        let failed: Vec<_> = listed.iter().filter(|snapshot| snapshot.saved.is_err()).collect();
        assert_eq!(
            (failed.len(), failed[0].reference.as_str()),
            (1, unreadable.to_str().unwrap()),
            "another environment starts in the same way"
        );
        assert!(other.iter().all(|path| path.exists()), "snapshots of other targets are kept");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), KEPT + 4);
    }
}
