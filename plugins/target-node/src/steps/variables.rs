//! Setting the variables.

use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::model::{Action, Observed, VariableChange, Variables};
use deployer_core::traits::{Done, Landed, Step};
use deployer_core::{Error, Kind, Result, format};

use super::{after_a_write, counted};
use crate::errors::check_write;
use crate::observe::variables;
use crate::wire::Wire;

/// Replaces the variables.
pub(crate) struct SetVariables {
    wire: Arc<Wire>,
    wanted: Variables,
    /// What was there before; none when it could not be read.
    before: Option<Variables>,
    added: Vec<String>,
    removed: Vec<String>,
}

impl SetVariables {
    /// Takes the whole set, and how it differs from what is there.
    pub(crate) fn new(
        wire: &Arc<Wire>,
        held: &Observed,
        wanted: &Variables,
        changes: &[VariableChange],
    ) -> Self {
        let names = |action| {
            changes
                .iter()
                .filter(|change| change.action == action)
                .map(|change| change.name.clone())
                .collect()
        };
        Self {
            wire: Arc::clone(wire),
            wanted: wanted.clone(),
            before: held.variables.clone(),
            added: names(Action::Add),
            removed: names(Action::Remove),
        }
    }

    /// Puts a whole set and sees to it that some names are gone: Sesam's clients take `PUT /env` to replace the set, while its
    /// documentation describes an update.
    async fn put(&self, wanted: &Variables, gone: &[String]) -> Result<()> {
        let attempted = "set variables";
        let body = format::compact(&wanted.to_value()).into_bytes();
        let response = self.wire.put_variables(body).await.map_err(|e| e.context(attempted))?;
        check_write(attempted, response, &self.wire)?;
        if gone.is_empty() {
            return Ok(());
        }
        let left = variables(&self.wire).await.map_err(after_a_write)?;
        for name in gone.iter().filter(|name| left.entries.contains_key(*name)) {
            let attempted = format!("remove the variable {name}");
            let response = self.wire.delete_variable(name).await.map_err(after_a_write)?;
            check_write(&attempted, response, &self.wire).map_err(after_a_write)?;
        }
        Ok(())
    }
}

#[async_trait]
impl Step for SetVariables {
    fn name(&self) -> String {
        "set variables".to_owned()
    }

    fn reversible(&self) -> bool {
        self.before.is_some()
    }

    async fn execute(&self) -> Result<Done> {
        self.put(&self.wanted, &self.removed).await?;
        Ok(Done::new(counted(self.wanted.entries.len(), "variable")))
    }

    async fn landed(&self) -> Result<Landed> {
        let now = variables(&self.wire).await?;
        Ok(if now.same_values(&self.wanted) {
            Landed::Yes
        } else if self.before.as_ref().is_some_and(|before| now.same_values(before)) {
            Landed::No
        } else {
            Landed::CannotTell
        })
    }

    async fn undo(&self) -> Result<String> {
        let before = self.before.as_ref().ok_or_else(|| {
            Error::new(Kind::Bug, "put back the variables")
                .with_cause("the former variables could not be read")
        })?;
        self.put(before, &self.added).await?;
        Ok(format!("put back {}", counted(before.entries.len(), "variable")))
    }
}
