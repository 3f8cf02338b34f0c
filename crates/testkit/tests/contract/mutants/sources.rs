//! Wrong sources.

use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::Result;
use deployer_core::model::Revision;
use deployer_core::traits::{ConfigSource, Snapshot};
use deployer_testkit::contract::{SourceLimit, SourceRig, config_source_contract};

use super::caught;
use crate::rigs::Source;

/// What is wrong with a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    ListsInDisorder,
    ListsByPrefix,
    AnswersInDisorder,
    LeadsOut,
    ChangesBytes,
    Moves,
    DeclaresNoLimits,
}

/// Each fault, and the words of the case that catches it.
const FAULTS: [(Fault, &str); 7] = [
    (Fault::ListsInDisorder, "in order of their bytes"),
    (Fault::ListsByPrefix, "a part of a name is not a folder"),
    (Fault::AnswersInDisorder, "the answers stand in the order of the paths"),
    (Fault::LeadsOut, "node/../../x"),
    (Fault::ChangesBytes, "bytes stay as they are"),
    (Fault::Moves, "the snapshot stays"),
    (Fault::DeclaresNoLimits, "declares no limit `Links`"),
];

#[tokio::test]
async fn every_wrong_source_is_caught() {
    for (fault, words) in FAULTS {
        let rig = Wrong { rig: Source::default(), fault };
        caught(&format!("{fault:?}"), config_source_contract(&rig), words).await;
    }
}

struct Wrong {
    rig: Source,
    fault: Fault,
}

#[async_trait]
impl SourceRig for Wrong {
    fn source(&self) -> Arc<dyn ConfigSource> {
        Arc::new(WrongSource { source: self.rig.source(), fault: self.fault })
    }

    fn limits(&self) -> Vec<(SourceLimit, &'static str)> {
        if self.fault == Fault::DeclaresNoLimits { Vec::new() } else { self.rig.limits() }
    }

    async fn write(&self, path: &str, content: &[u8]) {
        self.rig.write(path, content).await;
    }
}

#[derive(Debug, Clone)]
struct WrongSource {
    source: Arc<dyn ConfigSource>,
    fault: Fault,
}

#[async_trait]
impl ConfigSource for WrongSource {
    fn location(&self) -> String {
        self.source.location()
    }

    async fn revision(&self) -> Result<Option<Revision>> {
        self.source.revision().await
    }

    async fn fetch(&self) -> Result<Arc<dyn Snapshot>> {
        let snapshot = self.source.fetch().await?;
        Ok(Arc::new(WrongSnapshot { snapshot, source: self.clone() }))
    }
}

#[derive(Debug)]
struct WrongSnapshot {
    snapshot: Arc<dyn Snapshot>,
    source: WrongSource,
}

#[async_trait]
impl Snapshot for WrongSnapshot {
    fn revision(&self) -> Option<Revision> {
        self.snapshot.revision()
    }

    async fn list(&self, folder: &str) -> Result<Vec<String>> {
        let mut paths = self.snapshot.list(folder).await?;
        match self.source.fault {
            Fault::ListsInDisorder => paths.reverse(),
            Fault::ListsByPrefix => {
                paths = self.snapshot.list("").await?;
                paths.retain(|path| {
                    path.starts_with(folder) && (folder != "node" || path.starts_with("node/"))
                });
            }
            _ => {}
        }
        Ok(paths)
    }

    async fn read(&self, paths: &[String]) -> Vec<Result<Option<Vec<u8>>>> {
        let paths = match self.source.fault {
            Fault::LeadsOut => {
                paths.iter().map(|path| path.replace("node/../../", "node/pipes.json/")).collect()
            }
            _ => paths.to_vec(),
        };
        let mut answers = match self.source.fault {
            Fault::Moves => match self.source.source.fetch().await {
                Ok(now) => now.read(&paths).await,
                Err(error) => vec![Err(error)],
            },
            _ => self.snapshot.read(&paths).await,
        };
        match self.source.fault {
            Fault::AnswersInDisorder => answers.reverse(),
            Fault::ChangesBytes => {
                for bytes in answers.iter_mut().flatten().flatten() {
                    *bytes = String::from_utf8_lossy(bytes).into_owned().into_bytes();
                }
            }
            _ => {}
        }
        answers
    }
}
