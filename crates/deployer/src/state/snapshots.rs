//! Snapshots: the configuration of nodes before runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use deployer_core::document::SourceText;
use deployer_core::{Error, Kind, Result};
use deployer_engine::saved::{Purpose, Saved};

use super::names::{Targets, digest};
use crate::files as private;
use crate::output::Output;
use crate::saved;

/// How many snapshots of the same targets are kept.
pub(crate) const KEPT: usize = 20;

/// A snapshot in the state folder.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) path: PathBuf,
    /// When it was saved.
    pub(crate) time: SystemTime,
    /// Its content, or why it cannot be read.
    pub(crate) saved: Result<Saved>,
}

/// Writes a snapshot, and removes the oldest beyond [`KEPT`]. Equal content has one name.
pub(super) fn keep(folder: &Path, before: &Saved, output: &Output) -> Result<PathBuf> {
    let bases: Vec<&str> = before.nodes.iter().map(|node| node.base.as_str()).collect();
    let targets = before.nodes.iter().map(|node| (node.node.clone(), node.target.clone())).collect();
    let prefix = prefix(&before.environment, &targets);
    let path = folder.join(format!("{prefix}{}.json", digest(&bases.join("\n"))));
    saved::write(&path, before, output)?;
    for (_, old) in files(folder, &prefix).into_iter().filter(|(_, file)| *file != path).skip(KEPT - 1) {
        // A snapshot that cannot be removed does no harm.
        let _ = fs::remove_file(old);
    }
    Ok(path)
}

/// The snapshots of an environment whose nodes are all among the targets, the newest first. Files that cannot be read, or that another
/// version of the program wrote, are among them.
pub(super) fn list(folder: &Path, environment: &str, targets: &Targets) -> Vec<Snapshot> {
    let start = format!("snapshot-{environment}-");
    let snapshots = files(folder, &start).into_iter().filter(|(_, path)| is_of_environment(path, &start));
    let snapshots = snapshots.map(|(time, path)| Snapshot { time, saved: read(&path), path });
    snapshots
        .filter(|snapshot| match &snapshot.saved {
            Ok(saved) => {
                let of_targets = saved.nodes.iter().all(|node| targets.get(&node.node) == Some(&node.target));
                saved.purpose == Purpose::Snapshot && saved.environment == environment && of_targets
            }
            Err(_) => true,
        })
        .collect()
}

/// Reads a snapshot. A link leads out of the state folder and is not followed.
fn read(path: &Path) -> Result<Saved> {
    let text = private::read_own(path).map_err(|error| {
        Error::new(Kind::Io, format!("read the file {}", path.display())).with_cause(error)
    })?;
    Saved::parse(&SourceText::new(path.display().to_string(), text))
}

/// Whether a name has two digests after the environment: the names of other environments can start in the same way.
fn is_of_environment(path: &Path, start: &str) -> bool {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let digests = name.strip_prefix(start).unwrap_or_default().split('-').collect::<Vec<_>>();
    digests.len() == 2 && digests.iter().all(|digest| digest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// How the names of an environment's and targets' snapshots begin.
fn prefix(environment: &str, targets: &Targets) -> String {
    let targets: Vec<String> = targets.iter().map(|(node, target)| format!("{node} {target}")).collect();
    format!("snapshot-{environment}-{}-", digest(&targets.join("\n")))
}

/// The files whose names begin with a text, the newest first.
fn files(folder: &Path, prefix: &str) -> Vec<(SystemTime, PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<(SystemTime, PathBuf)> = entries
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with(prefix) && name.ends_with(".json")
        })
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    files.sort();
    files.reverse();
    files
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

    #[test]
    fn a_number_of_snapshots_is_kept_for_each_target_and_the_same_content_once() {
        let folder = tempfile::tempdir().unwrap();
        let cli = <Cli as clap::Parser>::parse_from(["sesam-deployer", "restore"]);
        let output = Output::new(&cli.global, Redactor::default(), &ProcessVariables::default());
        let keep = |environment: &str, target: &str, base: usize| {
            keep(folder.path(), &snapshot(environment, target, &base.to_string()), &output).unwrap()
        };
        let other = [keep("prod", "here", 0), keep("test", "there", 0)];
        for base in 0..KEPT + 5 {
            let path = keep("test", "here", base);
            assert_eq!(path, keep("test", "here", base), "equal content has one name");
            assert!(path.exists(), "the newest is never removed");
        }
        let targets = [("master".into(), "here".to_owned())].into();
        assert_eq!(list(folder.path(), "test", &targets).len(), KEPT);
        let unreadable = other[1].with_file_name("snapshot-test-000000000000-000000000000.json");
        fs::write(&unreadable, "{\"format\": 99}").unwrap();
        fs::write(folder.path().join("snapshot-test-2-000000000000-000000000000.json"), "{}").unwrap();
        let listed = list(folder.path(), "test", &targets);
        let failed: Vec<_> = listed.iter().filter(|snapshot| snapshot.saved.is_err()).collect();
        assert_eq!(
            (failed.len(), &failed[0].path),
            (1, &unreadable),
            "another environment starts in the same way"
        );
        assert!(other.iter().all(|path| path.exists()), "snapshots of other targets are kept");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), KEPT + 4);
    }
}
