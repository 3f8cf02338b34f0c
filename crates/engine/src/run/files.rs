//! Reading files of a snapshot, with the limits of a run.

use super::call::Runner;
use deployer_core::error::Result;
use deployer_core::traits::Snapshot;

const PART: &str = "read the configuration";

/// A snapshot whose reads are repeated, timed and interrupted as all other calls are.
pub(super) struct Limited<'a> {
    pub(super) snapshot: &'a dyn Snapshot,
    pub(super) runner: &'a Runner,
}

impl Limited<'_> {
    /// As [`Snapshot::list`].
    pub(super) async fn list(&self, folder: &str) -> Result<Vec<String>> {
        self.runner.read(PART, || self.snapshot.list(folder)).await
    }

    /// As [`Snapshot::read`]. What failed and can pass is read again.
    pub(super) async fn read(&self, paths: &[String]) -> Vec<Result<Option<Vec<u8>>>> {
        let mut answers = self.read_once(paths).await;
        for attempt in 1.. {
            let may_pass = |answer: &Result<_>| {
                answer.as_ref().err().filter(|error| self.runner.may_retry(error, attempt)).cloned()
            };
            let open: Vec<usize> =
                (0..answers.len()).filter(|at| may_pass(&answers[*at]).is_some()).collect();
            let Some(error) = open.first().and_then(|at| may_pass(&answers[*at])) else { break };
            if self.runner.wait(PART, &error, attempt).await.is_err() {
                break;
            }
            let again: Vec<String> = open.iter().map(|at| paths[*at].clone()).collect();
            for (at, answer) in open.into_iter().zip(self.read_once(&again).await) {
                answers[at] = answer;
            }
        }
        answers
    }

    async fn read_once(&self, paths: &[String]) -> Vec<Result<Option<Vec<u8>>>> {
        let read = self.runner.once(PART, async { Ok(self.snapshot.read(paths).await) }).await;
        read.unwrap_or_else(|error| paths.iter().map(|_| Err(error.clone())).collect())
    }
}
