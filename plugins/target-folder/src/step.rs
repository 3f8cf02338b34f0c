//! The one write: all files of ours are replaced.

use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::Result;
use deployer_core::traits::{Done, Landed, Step};

use crate::disk::{Disk, Files};
use crate::target::off_thread;

/// Replaces files by others.
#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) disk: Arc<Disk>,
    pub(crate) name: &'static str,
    pub(crate) before: Arc<Files>,
    pub(crate) after: Arc<Files>,
    /// How many files of the node are written and removed.
    pub(crate) written: usize,
    pub(crate) removed: usize,
}

#[async_trait]
impl Step for Write {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn reversible(&self) -> bool {
        true
    }

    async fn execute(&self) -> Result<Done> {
        let (disk, before, after) =
            (Arc::clone(&self.disk), Arc::clone(&self.before), Arc::clone(&self.after));
        off_thread(move || disk.replace(&before, &after)).await?;
        Ok(Done::new(format!("{} written, {} removed", files(self.written), files(self.removed))))
    }

    async fn landed(&self) -> Result<Landed> {
        let disk = Arc::clone(&self.disk);
        let now = off_thread(move || disk.read()).await?;
        Ok(match now {
            now if now == *self.after => Landed::Yes,
            now if now == *self.before => Landed::No,
            _ => Landed::CannotTell,
        })
    }

    async fn undo(&self) -> Result<String> {
        let (disk, before) = (Arc::clone(&self.disk), Arc::clone(&self.before));
        off_thread(move || disk.put_back(&before)).await?;
        Ok("put the former files back".to_owned())
    }
}

fn files(number: usize) -> String {
    if number == 1 { "1 file".to_owned() } else { format!("{number} files") }
}
