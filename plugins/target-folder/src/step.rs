//! The only write: it replaces all managed files.

use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::Result;
use deployer_core::plugin::blocking;
use deployer_core::traits::{Done, Landed, Step};

use crate::disk::{Disk, Files};

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

impl Write {
    /// Whether each file is the former or the written one, as it is before and while the files are replaced one by one.
    fn is_in_between(&self, now: &Files) -> bool {
        let paths = now.keys().chain(self.before.keys()).chain(self.after.keys());
        let mut contents = paths.map(|path| (now.get(path), self.before.get(path), self.after.get(path)));
        contents.all(|(now, before, after)| now == before || now == after)
    }
}

#[async_trait]
impl Step for Write {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    async fn execute(&self) -> Result<Done> {
        let (disk, before, after) =
            (Arc::clone(&self.disk), Arc::clone(&self.before), Arc::clone(&self.after));
        blocking("write files", move || disk.replace(&before, &after)).await?;
        Ok(Done::new(format!("{} written, {} removed", files(self.written), files(self.removed))))
    }

    async fn landed(&self) -> Result<Landed> {
        let disk = Arc::clone(&self.disk);
        let now = blocking("read files", move || disk.read()).await?;
        Ok(Landed::of(now == *self.after, self.is_in_between(&now)))
    }

    fn undo(&self) -> Option<Box<dyn Step>> {
        let (disk, before) = (Arc::clone(&self.disk), Arc::clone(&self.before));
        Some(Box::new(PutBack { disk, before }))
    }
}

/// Puts back the files that were replaced.
#[derive(Debug)]
struct PutBack {
    disk: Arc<Disk>,
    before: Arc<Files>,
}

#[async_trait]
impl Step for PutBack {
    fn name(&self) -> String {
        "put back the former files".to_owned()
    }

    async fn execute(&self) -> Result<Done> {
        let (disk, before) = (Arc::clone(&self.disk), Arc::clone(&self.before));
        blocking("put back the former files", move || disk.put_back(&before)).await?;
        Ok(Done::new("put back the former files"))
    }

    async fn landed(&self) -> Result<Landed> {
        let disk = Arc::clone(&self.disk);
        let now = blocking("read files", move || disk.read()).await?;
        // Replacing files one by one can fail after the first one: any other content is put back again.
        Ok(if now == *self.before { Landed::Yes } else { Landed::No })
    }
}

fn files(number: usize) -> String {
    if number == 1 { "1 file".to_owned() } else { format!("{number} files") }
}
