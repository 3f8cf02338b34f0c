//! The writes of a node in memory.

use async_trait::async_trait;
use deployer_core::model::same_entity;
use deployer_core::model::{Entity, Variables};
use deployer_core::traits::{Done, Landed, Secrets, Step};
use deployer_core::{Error, Kind, Result};

use super::node::{Held, Node};

/// What is written.
#[derive(Debug, Clone)]
pub(super) enum Part {
    Secrets(Secrets),
    Variables(Variables),
    Configuration {
        entities: Vec<Entity>,
        /// How many looks then find the pipes deploying.
        looks: usize,
    },
    SystemSecrets(String, Secrets),
}

/// One write.
#[derive(Debug, Clone)]
pub(super) struct Write {
    pub(super) node: Node,
    pub(super) part: Part,
    pub(super) before: Held,
    /// How many intrusions there had been when the step was made, where the target minds them.
    pub(super) expected: Option<usize>,
}

impl Write {
    fn call(&self, verb: &str) -> String {
        format!("{} {verb} {}", self.node.name, self.name())
    }

    fn apply(&self) -> Result<Done> {
        let mut held = self.node.lock();
        if self.expected.is_some_and(|expected| expected != held.intrusions) {
            return Err(Error::new(Kind::Conflict, self.name()).with_cause("somebody else was first"));
        }
        held.writes += 1;
        match self.part.clone() {
            Part::Secrets(secrets) => held.secrets.extend(secrets),
            Part::Variables(variables) => held.variables = variables,
            Part::Configuration { entities, looks } => {
                held.system_secrets
                    .retain(|system, _| entities.iter().any(|entity| **entity.id() == **system));
                held.entities = entities;
                held.looks_left = looks;
            }
            Part::SystemSecrets(system, secrets) => {
                if !held.entities.iter().any(|entity| **entity.id() == *system) {
                    return Err(Error::new(Kind::NotFound, self.name()));
                }
                held.system_secrets.entry(system).or_default().extend(secrets);
            }
        }
        Ok(Done::new("written"))
    }

    fn look(&self) -> Landed {
        let held = self.node.lock();
        let (is_after, is_before) = match &self.part {
            // A value cannot be read, as on a real node: only names tell.
            Part::SystemSecrets(system, secrets) => {
                let now = held
                    .system_secrets
                    .get(system)
                    .is_some_and(|own| secrets.keys().all(|name| own.contains_key(name)));
                (now && self.is_new(), !now)
            }
            Part::Secrets(secrets) => {
                let there = secrets.keys().all(|name| held.secrets.contains_key(name));
                (there && self.is_new(), !there)
            }
            Part::Variables(variables) => {
                (held.variables.same_values(variables), held.variables.same_values(&self.before.variables))
            }
            Part::Configuration { entities, .. } => {
                (same(&held.entities, entities), same(&held.entities, &self.before.entities))
            }
        };
        match Landed::of(is_after, is_before) {
            Landed::Conflict if self.is_secret() => Landed::CannotTell,
            landed => landed,
        }
    }

    /// What reading tells after putting back.
    fn look_undone(&self) -> Landed {
        match self.look() {
            Landed::Yes => Landed::No,
            Landed::No => Landed::Yes,
            landed => landed,
        }
    }

    fn is_secret(&self) -> bool {
        matches!(self.part, Part::Secrets(_) | Part::SystemSecrets(..))
    }

    /// Whether some of the secrets were not there before.
    fn is_new(&self) -> bool {
        let (secrets, before) = match &self.part {
            Part::Secrets(secrets) => (secrets, Some(&self.before.secrets)),
            Part::SystemSecrets(system, secrets) => (secrets, self.before.system_secrets.get(system)),
            Part::Variables(_) | Part::Configuration { .. } => return false,
        };
        secrets.keys().any(|name| before.is_none_or(|before| !before.contains_key(name)))
    }

    fn put_back(&self) -> String {
        let mut held = self.node.lock();
        held.writes += 1;
        match &self.part {
            Part::Secrets(secrets) => {
                secrets.keys().filter(|name| !self.before.secrets.contains_key(*name)).for_each(|name| {
                    held.secrets.remove(name);
                });
                "removed the new secrets".to_owned()
            }
            Part::Variables(_) => {
                held.variables = self.before.variables.clone();
                "put back the variables".to_owned()
            }
            Part::SystemSecrets(system, secrets) => {
                let before = self.before.system_secrets.get(system);
                if let Some(own) = held.system_secrets.get_mut(system) {
                    own.retain(|name, _| {
                        !secrets.contains_key(name) || before.is_some_and(|before| before.contains_key(name))
                    });
                }
                "removed the new secrets".to_owned()
            }
            Part::Configuration { .. } => {
                held.entities = self.before.entities.clone();
                "put back the configuration".to_owned()
            }
        }
    }
}

fn same(left: &[Entity], right: &[Entity]) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .all(|entity| right.iter().any(|other| other.id() == entity.id() && same_entity(entity, other)))
}

#[async_trait]
impl Step for Write {
    fn name(&self) -> String {
        match &self.part {
            Part::Secrets(_) => "send secrets".to_owned(),
            Part::Variables(_) => "set variables".to_owned(),
            Part::Configuration { .. } => "upload configuration".to_owned(),
            Part::SystemSecrets(system, _) => format!("send secrets of {system}"),
        }
    }

    async fn execute(&self) -> Result<Done> {
        self.node.script.perform(self.call("execute"), || self.apply()).await
    }

    async fn landed(&self) -> Result<Landed> {
        self.node.script.perform(self.call("landed"), || Ok(self.look())).await
    }

    fn undo(&self) -> Option<Box<dyn Step>> {
        let can = match &self.part {
            Part::Secrets(_) | Part::SystemSecrets(..) => self.is_new(),
            Part::Variables(_) | Part::Configuration { .. } => true,
        };
        can.then(|| Box::new(PutBack(self.clone())) as Box<dyn Step>)
    }
}

/// Puts back what a write replaced.
#[derive(Debug)]
struct PutBack(Write);

#[async_trait]
impl Step for PutBack {
    fn name(&self) -> String {
        format!("undo {}", self.0.name())
    }

    async fn execute(&self) -> Result<Done> {
        let undo = || Ok(Done::new(self.0.put_back()));
        self.0.node.script.perform(self.0.call("undo"), undo).await
    }

    async fn landed(&self) -> Result<Landed> {
        let look = || Ok(self.0.look_undone());
        self.0.node.script.perform(self.0.call("undone"), look).await
    }
}
