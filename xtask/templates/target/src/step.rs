//! The only write: it replaces all files.

use std::sync::Arc;

use deployer_core::async_trait;
use deployer_core::Result;
use deployer_core::traits::{Done, Landed, Step};

use crate::state::{self, Files};
use crate::wire::Wire;

/// Replaces the files.
#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) wire: Arc<Wire>,
    pub(crate) before: Files,
    pub(crate) after: Files,
}

#[async_trait]
impl Step for Write {
    fn name(&self) -> String {
        "write the files".to_owned()
    }

    async fn execute(&self) -> Result<Done> {
        state::replace(&self.wire, &self.before, &self.after).await?;
        Ok(Done::new(format!("{} files", self.after.len())))
    }

    async fn landed(&self) -> Result<Landed> {
        let now = state::read(&self.wire).await?.files;
        Ok(Landed::of(now == self.after, now == self.before))
    }

    fn undo(&self) -> Option<Box<dyn Step>> {
        let (before, after) = (self.after.clone(), self.before.clone());
        Some(Box::new(Self { wire: Arc::clone(&self.wire), before, after }))
    }
}
