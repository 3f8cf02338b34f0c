//! Setting the variables.

use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::model::{Action, Observed, VariableChange, Variables};
use deployer_core::traits::{Done, Landed, Step};
use deployer_core::{Result, format};

use super::texts::{after_a_write, counted};
use crate::errors::{Confirmation, check_write};
use crate::observe::variables;
use crate::wire::Wire;

/// Replaces the variables.
pub(crate) struct SetVariables {
    name: &'static str,
    /// What stands before the count in the result.
    verb: &'static str,
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
            name: "set variables",
            verb: "",
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
        let attempted = self.name;
        let body = format::compact(&wanted.to_value()).into_bytes();
        let response = self.wire.put_variables(body).await.map_err(|e| e.context(attempted))?;
        let confirmation = match wanted.entries.is_empty() {
            true => Confirmation::NoVariables,
            false => Confirmation::Content,
        };
        check_write(attempted, response, confirmation, &self.wire)?;
        if gone.is_empty() {
            return Ok(());
        }
        let left = variables(&self.wire).await.map_err(after_a_write)?;
        for name in gone.iter().filter(|name| left.entries.contains_key(*name)) {
            let attempted = format!("remove the variable {name}");
            let response = self.wire.delete_variable(name).await.map_err(after_a_write)?;
            check_write(&attempted, response, confirmation, &self.wire).map_err(after_a_write)?;
        }
        Ok(())
    }

    /// Whether a node that merges variables has set the wanted variables, and still has some that must be removed.
    fn is_in_part(&self, now: &Variables, before: &Variables) -> bool {
        let mut rest = now.clone();
        rest.entries.retain(|name, variable| {
            let former = before.entries.get(name).filter(|_| self.removed.contains(name));
            former.is_none_or(|former| former.value != variable.value)
        });
        rest.same_values(&self.wanted)
    }
}

#[async_trait]
impl Step for SetVariables {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    async fn execute(&self) -> Result<Done> {
        self.put(&self.wanted, &self.removed).await?;
        Ok(Done::new(format!("{}{}", self.verb, counted(self.wanted.entries.len(), "variable"))))
    }

    async fn landed(&self) -> Result<Landed> {
        let now = variables(&self.wire).await?;
        let Some(before) = &self.before else {
            let is_written = now.same_values(&self.wanted);
            return Ok(if is_written { Landed::Yes } else { Landed::CannotTell });
        };
        Ok(Landed::of(
            now.same_values(&self.wanted),
            now.same_values(before) || self.is_in_part(&now, before),
        ))
    }

    fn undo(&self) -> Option<Box<dyn Step>> {
        let before = self.before.clone()?;
        Some(Box::new(Self {
            name: "put back the variables",
            verb: "put back ",
            wire: Arc::clone(&self.wire),
            wanted: before,
            before: Some(self.wanted.clone()),
            added: self.removed.clone(),
            removed: self.added.clone(),
        }))
    }
}
