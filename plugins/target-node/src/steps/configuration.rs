//! Uploading the configuration.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use deployer_core::error::Note;
use deployer_core::model::{Entity, LostSecrets, SecretName};
use deployer_core::model::{normalised, same_entity};
use deployer_core::traits::{Done, Landed, Step};
use deployer_core::{Error, Kind, Result, format};
use deployer_http::Response;

use super::texts::counted;
use crate::errors::{Confirmation, check_write, words};
use crate::objections::{Objection, objections, rejection, remarks};
use crate::observe::configuration;
use crate::settings::Force;
use crate::wire::Wire;

const ATTEMPTED: &str = "upload configuration";

/// Replaces the content of the config group.
pub(crate) struct UploadConfiguration {
    wire: Arc<Wire>,
    wanted: Vec<Entity>,
    before: Vec<Entity>,
    /// The secrets that are gone with the systems that the upload removes.
    lost: Vec<LostSecrets>,
    force: Force,
    /// Whether the upload was tried before. The runner compares the node with the plan right before the first attempt.
    tried: AtomicBool,
}

/// What the node made of an upload.
enum Verdict {
    Taken(Vec<Objection>),
    Refused { objections: Vec<Objection>, words: Option<String> },
}

impl UploadConfiguration {
    /// Takes the whole content before and after, and the secrets that are lost with the systems that it removes.
    pub(crate) fn new(
        wire: &Arc<Wire>,
        before: &[Entity],
        wanted: Vec<Entity>,
        lost: &[LostSecrets],
        force: Force,
    ) -> Self {
        let (before, lost) = (before.to_vec(), lost.to_vec());
        Self { wire: Arc::clone(wire), wanted, before, lost, force, tried: AtomicBool::new(false) }
    }

    /// Fails when an upload is repeated and the content is no longer the one that the plan was made from: somebody else can have
    /// written in the wait between two attempts.
    async fn check_unchanged(&self) -> Result<()> {
        if !self.tried.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let now = content(&self.wire).await.map_err(|error| error.context(ATTEMPTED))?;
        if same_content(&now, &self.before) {
            return Ok(());
        }
        let message = format!("{} was changed after the plan was made", self.wire.location());
        Err(Error::new(Kind::Conflict, message).with_hint("plan again"))
    }

    async fn upload(&self, force: bool) -> Result<Verdict> {
        let body = list_of(self.wanted.iter().map(|entity| format::compact(entity.value())));
        let response = self.wire.put_configuration(body, force).await.map_err(|e| e.context(ATTEMPTED))?;
        self.verdict(response)
    }

    fn verdict(&self, response: Response) -> Result<Verdict> {
        let found = objections(&response.body, &self.wanted).unwrap_or_default();
        if response.status == 400 {
            let words = words(&response).filter(|_| found.is_empty());
            return Ok(Verdict::Refused { objections: found, words });
        }
        check_write(ATTEMPTED, response, Confirmation::Content, &self.wire)?;
        Ok(Verdict::Taken(found))
    }

    fn done(&self, forced: bool, notes: Vec<Note>) -> Done {
        let entities = counted(self.wanted.len(), "entity");
        let mut notes = notes;
        notes.extend(self.lost.iter().map(|lost| {
            Note::warning(format!("secrets are gone with the system that they were set on: {}", named(lost)))
        }));
        Done::new(if forced { format!("{entities}, forced") } else { entities }).with_notes(notes)
    }
}

#[async_trait]
impl Step for UploadConfiguration {
    fn name(&self) -> String {
        ATTEMPTED.to_owned()
    }

    async fn execute(&self) -> Result<Done> {
        self.check_unchanged().await?;
        let (refused, said) = match self.upload(false).await? {
            Verdict::Taken(warnings) => return Ok(self.done(false, remarks(&warnings))),
            Verdict::Refused { objections, words } => (objections, words),
        };
        let refusal = said.iter().fold(rejection("the node refused the configuration", &refused), with_words);
        if self.force == Force::Never {
            return Err(refusal.with_hint(
                "fix what the node objects to, or upload it anyway: `force = \"after-refusal\"` in the settings file, or no \
                 `FORCE=false` among the variables",
            ));
        }
        match self.upload(true).await.map_err(|error| error.with_related(refusal))? {
            Verdict::Taken(accepted) => {
                let overruled =
                    said.map(|words| Note::warning(format!("the node refused at first: {words}")));
                let notes = overruled.into_iter().chain(remarks(refused.iter().chain(&accepted))).collect();
                Ok(self.done(true, notes))
            }
            Verdict::Refused { objections, words } => {
                let message = "the node refused the configuration, also with force";
                Err(words.iter().fold(rejection(message, &objections), with_words))
            }
        }
    }

    async fn landed(&self) -> Result<Landed> {
        let now = content(&self.wire).await?;
        Ok(Landed::of(same_content(&now, &self.wanted), same_content(&now, &self.before)))
    }

    fn undo(&self) -> Option<Box<dyn Step>> {
        Some(Box::new(PutBackConfiguration {
            wire: Arc::clone(&self.wire),
            before: self.before.clone(),
            replaced: self.wanted.clone(),
            lost: self.lost.clone(),
        }))
    }
}

/// Puts back the entities that an upload replaced.
struct PutBackConfiguration {
    wire: Arc<Wire>,
    before: Vec<Entity>,
    replaced: Vec<Entity>,
    /// The secrets that went with the systems that the upload removed.
    lost: Vec<LostSecrets>,
}

#[async_trait]
impl Step for PutBackConfiguration {
    fn name(&self) -> String {
        "put back the configuration".to_owned()
    }

    async fn execute(&self) -> Result<Done> {
        let attempted = self.name();
        let body = list_of(self.before.iter().map(|entity| format::compact(&normalised(entity.value()))));
        let response = self.wire.put_configuration(body, true).await.map_err(|e| e.context(&attempted))?;
        check_write(&attempted, response, Confirmation::Content, &self.wire)?;
        let mut text = format!("put back {}", counted(self.before.len(), "entity"));
        if !self.lost.is_empty() {
            let lost: Vec<String> = self.lost.iter().map(named).collect();
            text += &format!(
                "; secrets that were set on a system itself are gone, set them again: {}",
                lost.join("; ")
            );
        }
        Ok(Done::new(text))
    }

    async fn landed(&self) -> Result<Landed> {
        let now = content(&self.wire).await?;
        Ok(Landed::of(same_content(&now, &self.before), same_content(&now, &self.replaced)))
    }
}

/// The secrets that are lost with a system: `crm (key, password)`.
fn named(lost: &LostSecrets) -> String {
    let names: Vec<&str> = lost.secrets.iter().map(SecretName::as_str).collect();
    format!("{} ({})", lost.system, names.join(", "))
}

fn with_words(error: deployer_core::Error, words: &String) -> deployer_core::Error {
    error.with_detail(words)
}

fn list_of(entities: impl Iterator<Item = String>) -> Vec<u8> {
    let mut list = String::from("[");
    for (position, entity) in entities.enumerate() {
        if position > 0 {
            list.push(',');
        }
        list.push_str(&entity);
    }
    list.push(']');
    list.into_bytes()
}

/// The content of the config group. A group that the node does not know has none.
async fn content(wire: &Wire) -> Result<Vec<Entity>> {
    match configuration(wire).await {
        Err(error) if error.kind() == Kind::NotFound && wire.group().is_some() => Ok(Vec::new()),
        now => now,
    }
}

/// Whether two sets have the same entities.
fn same_content(left: &[Entity], right: &[Entity]) -> bool {
    let by_id: HashMap<&str, &Entity> = right.iter().map(|entity| (&**entity.id(), entity)).collect();
    left.len() == by_id.len()
        && left.iter().all(|entity| by_id.get(&**entity.id()).is_some_and(|other| same_entity(entity, other)))
}
