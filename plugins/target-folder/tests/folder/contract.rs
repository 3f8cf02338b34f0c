//! The contract suite of targets, on a folder and on an archive.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::traits::NodeTarget;
use deployer_testkit::contract::{
    Place, Support, TargetLimit, TargetRig, Trouble, UNSUPPORTED, node_target_contract,
};
use tempfile::TempDir;

use crate::support::{put, target};

/// Makes folders or archives.
struct Rig(&'static str);

struct Local {
    folder: TempDir,
    name: &'static str,
}

#[async_trait]
impl TargetRig for Rig {
    fn limits(&self) -> Vec<(TargetLimit, &'static str)> {
        vec![(TargetLimit::Requests, "a folder of this machine gets no requests")]
    }

    async fn place(&self) -> Box<dyn Place> {
        Box::new(Local { folder: tempfile::tempdir().expect("a temporary folder"), name: self.0 })
    }
}

impl Local {
    fn path(&self) -> PathBuf {
        self.folder.path().join(self.name)
    }
}

/// Takes in when everything below a folder was last written.
fn traces(folder: &Path, hasher: &mut DefaultHasher) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).expect("it can be listed").flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::path);
    for entry in entries {
        let about = entry.metadata().expect("it can be read");
        (entry.path(), about.modified().expect("systems know this"), about.len()).hash(hasher);
        if about.is_dir() {
            traces(&entry.path(), hasher);
        }
    }
}

#[async_trait]
impl Place for Local {
    fn target(&self) -> Arc<dyn NodeTarget> {
        target(&self.path(), "")
    }

    /// No number of writes, and another number after each of them.
    fn writes(&self) -> usize {
        if !self.path().exists() {
            return 0;
        }
        let mut hasher = DefaultHasher::new();
        traces(self.folder.path(), &mut hasher);
        usize::try_from(hasher.finish() >> 1).unwrap_or(1)
    }

    async fn intrude(&self) -> Support {
        match self.path().is_dir() {
            true => put(&self.path(), "pipes/intruder.conf.json", r#"{"_id": "intruder", "type": "pipe"}"#),
            false => put(self.folder.path(), self.name, "no archive"),
        }
        Ok(())
    }

    fn trouble(&self, _: Trouble) -> Support {
        UNSUPPORTED
    }

    fn mend(&self) {}

    fn credentials(&self) -> Vec<String> {
        Vec::new()
    }
}

#[tokio::test]
async fn a_folder_keeps_the_contract_of_targets() {
    node_target_contract(&Rig("node")).await;
}

#[tokio::test]
async fn an_archive_keeps_the_contract_of_targets() {
    node_target_contract(&Rig("node.zip")).await;
}
