//! What nodes held before runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use deployer_core::Result;
use deployer_engine::saved::{Purpose, Saved};

use super::{Targets, digest};
use crate::output::Output;
use crate::saved;

/// How many snapshots of the same targets are kept.
pub(crate) const KEPT: usize = 20;

/// A snapshot in the state folder.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) path: PathBuf,
    /// When the run was that kept it.
    pub(crate) time: SystemTime,
    pub(crate) saved: Saved,
}

/// Writes a snapshot, and removes the oldest beyond [`KEPT`]. Equal content has one name.
pub(super) fn keep(folder: &Path, before: &Saved, output: &Output) -> Result<PathBuf> {
    let bases: Vec<&str> = before.nodes.iter().map(|node| node.base.as_str()).collect();
    let targets = before.nodes.iter().map(|node| (node.node.clone(), node.target.clone())).collect();
    let prefix = prefix(&before.environment, &targets);
    let path = folder.join(format!("{prefix}{}.json", digest(&bases.join("\n"))));
    saved::write(&path, before, output)?;
    for (_, old) in files(folder, &prefix).into_iter().filter(|(_, file)| *file != path).skip(KEPT - 1) {
        // One that cannot be removed is in nobody's way.
        let _ = fs::remove_file(old);
    }
    Ok(path)
}

/// The snapshots of an environment whose nodes are all among the targets, the newest first.
pub(super) fn list(folder: &Path, environment: &str, targets: &Targets) -> Vec<Kept> {
    let files = files(folder, &format!("snapshot-{environment}-")).into_iter();
    let kept = files.filter_map(|(time, path)| Some(Kept { time, saved: saved::read(&path).ok()?, path }));
    kept.filter(|kept| {
        let of_targets = kept.saved.nodes.iter().all(|node| targets.get(&node.node) == Some(&node.target));
        kept.saved.purpose == Purpose::Snapshot && kept.saved.environment == environment && of_targets
    })
    .collect()
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
        let node = SavedNode {
            node: "master".into(),
            target: target.to_owned(),
            base: base.into(),
            desired: Desired::default(),
        };
        let (purpose, environment) = (Purpose::Snapshot, environment.to_owned());
        Saved { purpose, environment, revision: None, nodes: vec![node] }
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
        assert!(other.iter().all(|path| path.exists()), "those of other targets are left alone");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), KEPT + 2);
    }
}
