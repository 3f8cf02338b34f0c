//! Reading a node: one round trip deep, all requests at once.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write;

use deployer_core::document::{Node, SourceText, Value as DocumentValue};
use deployer_core::error::Note;
use deployer_core::model::{
    Entity, Fingerprint, NodePlan, Observed, Origin, SecretName, SystemSecretNames, Variables,
};
use deployer_core::{Error, Kind, Result, format};
use deployer_http::Response;
use futures::future::try_join_all;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::errors::check_read;
use crate::wire::{Wire, is_segment};

/// Everything that was read for a plan.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) observed: Observed,
    /// The digests of the answers it was read from.
    digests: Digests,
}

/// Reads everything that a plan needs.
pub(crate) async fn observe(wire: &Wire) -> Result<Seen> {
    let mut notes: Vec<Note> = wire.claims().check(Timestamp::now().as_second())?.into_iter().collect();
    let (answers, everywhere) = futures::join!(Answers::read(wire), everywhere(wire));
    let digests = answers.digests();
    let Content { entities, variables, secrets, notes: mut more } = answers.content(wire)?;
    notes.append(&mut more);
    let strange = [&NO_REASON_TO_STOP[..], &[Kind::Rejected, Kind::Unexpected]].concat();
    let everywhere =
        permitted(everywhere, &strange, "other config groups are not checked for the same ids", &mut notes)?;

    let own: HashSet<&str> = entities.iter().map(|entity| &**entity.id()).collect();
    // The two lists are read at the same time, so one can have an entity of the own group that the other does not have yet.
    let own_group = wire.group().unwrap_or(DEFAULT_GROUP);
    let elsewhere = everywhere
        .unwrap_or_default()
        .into_iter()
        .filter(|(id, group)| group != own_group && !own.contains(id.as_str()))
        .collect();
    let base = fingerprint(&entities, variables.as_ref(), secrets.as_ref());
    let mut observed = Observed::new(base, entities);
    observed.variables = variables;
    observed.secrets = secrets;
    observed.elsewhere = elsewhere;
    observed.notes = notes;
    Ok(Seen { observed, digests })
}

/// The fingerprint of the node's content now. Answers with the same bytes as those that were `seen` are not read again.
pub(crate) async fn base(wire: &Wire, seen: Option<&Seen>) -> Result<Fingerprint> {
    let answers = Answers::read(wire).await;
    let digests = answers.digests();
    if let Some(seen) = seen.filter(|seen| seen.digests.is_complete() && seen.digests == digests) {
        return Ok(seen.observed.base.clone());
    }
    let Content { entities, variables, secrets, .. } = answers.content(wire)?;
    Ok(fingerprint(&entities, variables.as_ref(), secrets.as_ref()))
}

/// The node's content after a plan was carried out. Only the parts that the plan writes are read; the others are as they were `before`.
pub(crate) async fn written(wire: &Wire, plan: &NodePlan, before: &Observed) -> Result<Observed> {
    let mut observed = before.clone();
    let is_written = !plan.entities.is_empty();
    let entities = async { if is_written { configuration(wire).await.map(Some) } else { Ok(None) } };
    // What could not be read for the plan cannot be compared with it either.
    let is_written = before.variables.is_some() && !plan.variables.is_empty();
    let variables = async { if is_written { variables(wire).await.map(Some) } else { Ok(None) } };
    let is_written = before.secrets.is_some() && !plan.secrets_to_send().is_empty();
    let secrets = async { if is_written { secret_names(wire, None).await.map(Some) } else { Ok(None) } };
    let (entities, variables, secrets) = futures::try_join!(entities, variables, secrets)?;
    if let Some(entities) = entities {
        observed.entities = entities;
    }
    observed.variables = variables.or(observed.variables);
    observed.secrets = secrets.or(observed.secrets);
    Ok(observed)
}

/// Failures that are no reason to stop when something other than the configuration is read.
const NO_REASON_TO_STOP: [Kind; 3] = [Kind::Denied, Kind::Unauthenticated, Kind::NotFound];

/// The config group of entities without a tag.
const DEFAULT_GROUP: &str = "default";

/// The answers that are compared with the desired state.
struct Answers {
    configuration: Result<Response>,
    variables: Result<Response>,
    secrets: Result<Response>,
}

impl Answers {
    async fn read(wire: &Wire) -> Self {
        let (configuration, variables, secrets) =
            futures::join!(read_configuration(wire), read_variables(wire), read_secret_names(wire, None));
        Self { configuration, variables, secrets }
    }

    fn digests(&self) -> Digests {
        let digest = |answer: &Result<Response>| Some(Sha256::digest(&answer.as_ref().ok()?.body).into());
        Digests([&self.configuration, &self.variables, &self.secrets].map(digest))
    }

    fn content(self, wire: &Wire) -> Result<Content> {
        let mut notes = Vec::new();
        let known_node = self.variables.is_ok() || self.secrets.is_ok();
        let (entities, problems) = match self.configuration {
            Err(error) if error.kind() == Kind::NotFound && wire.group().is_some() && known_node => {
                notes.push(Note::remark("the node does not know the config group yet"));
                (Vec::new(), Vec::new())
            }
            configuration => entities(configuration?)?,
        };
        notes.extend(problems.into_iter().map(|problem| Note::warning(format!("on the node: {problem}"))));
        let variables = permitted(
            self.variables.and_then(to_variables),
            &NO_REASON_TO_STOP,
            "changes of variables cannot be shown or put back",
            &mut notes,
        )?;
        let secrets = permitted(
            self.secrets.and_then(|answer| to_secret_names(&answer)),
            &NO_REASON_TO_STOP,
            "secrets on the node cannot be listed",
            &mut notes,
        )?;
        Ok(Content { entities, variables, secrets, notes })
    }
}

/// The digests of the bodies of [`Answers`]; `None` for an answer that failed.
#[derive(Debug, PartialEq, Eq)]
struct Digests([Option<[u8; 32]>; 3]);

impl Digests {
    fn is_complete(&self) -> bool {
        self.0.iter().all(Option::is_some)
    }
}

/// The part of [`Answers`] that is compared with the desired state, and what a person should know about it.
struct Content {
    entities: Vec<Entity>,
    variables: Option<Variables>,
    secrets: Option<BTreeSet<SecretName>>,
    notes: Vec<Note>,
}

/// The entities of the config group.
pub(crate) async fn configuration(wire: &Wire) -> Result<Vec<Entity>> {
    Ok(entities(read_configuration(wire).await?)?.0)
}

const READ_CONFIGURATION: &str = "read the configuration";

async fn read_configuration(wire: &Wire) -> Result<Response> {
    let answer = wire.configuration().await.map_err(|error| error.context(READ_CONFIGURATION))?;
    check_read(READ_CONFIGURATION, answer, wire)
}

/// The entities of an answer, and the problems with those that no configuration could have. Only a list of objects is an answer.
fn entities(answer: Response) -> Result<(Vec<Entity>, Vec<Error>)> {
    let (source, root) = document("configuration on the node", READ_CONFIGURATION, answer)?;
    let DocumentValue::Array(items) = root.value else {
        let cause = format!("expected a list of entities, this is {}", root.value.kind_name());
        return Err(unexpected(READ_CONFIGURATION, &cause));
    };
    let origin = Origin::Observed(source);
    let mut entities = Vec::with_capacity(items.len());
    let mut problems = Vec::new();
    for (position, item) in items.into_iter().enumerate() {
        let (entity, problem) = Entity::running(item, origin.clone(), position)
            .map_err(|problem| unexpected(READ_CONFIGURATION, &problem))?;
        entities.push(entity);
        problems.extend(problem);
    }
    Ok((entities, problems))
}

/// The variables.
pub(crate) async fn variables(wire: &Wire) -> Result<Variables> {
    read_variables(wire).await.and_then(to_variables)
}

const READ_VARIABLES: &str = "read the variables";

async fn read_variables(wire: &Wire) -> Result<Response> {
    let answer = wire.variables().await.map_err(|error| error.context(READ_VARIABLES))?;
    check_read(READ_VARIABLES, answer, wire)
}

fn to_variables(answer: Response) -> Result<Variables> {
    let (source, root) = document("variables on the node", READ_VARIABLES, answer)?;
    let mut variables =
        Variables::from_document(&root, &source).map_err(|error| unexpected(READ_VARIABLES, &error))?;
    variables.entries.values_mut().for_each(|variable| variable.place = None);
    Ok(variables)
}

/// The names of the global secrets, or of those of a system.
pub(crate) async fn secret_names(wire: &Wire, system: Option<&str>) -> Result<BTreeSet<SecretName>> {
    to_secret_names(&read_secret_names(wire, system).await?)
}

async fn read_secret_names(wire: &Wire, system: Option<&str>) -> Result<Response> {
    let attempted = match system {
        None => "list the secrets".to_owned(),
        Some(system) => format!("list the secrets of the system {system}"),
    };
    let answer = wire.secret_names(system).await.map_err(|error| error.context(&attempted))?;
    check_read(&attempted, answer, wire)
}

fn to_secret_names(answer: &Response) -> Result<BTreeSet<SecretName>> {
    let names: Vec<String> = answer.json("the names of the secrets")?;
    Ok(names.into_iter().map(SecretName::new).collect())
}

/// The names of the secrets of some systems. A system that is gone has none, and neither has one whose `_id` no address can have.
pub(crate) async fn system_secrets(wire: &Wire, systems: &BTreeSet<String>) -> Result<SystemSecretNames> {
    let list = |system: String| async move {
        match secret_names(wire, Some(&system)).await {
            Err(error) if error.kind() == Kind::NotFound => Ok((system, BTreeSet::new())),
            names => names.map(|names| (system, names)),
        }
    };
    let systems = systems.iter().filter(|system| is_segment(system));
    Ok(try_join_all(systems.cloned().map(list)).await?.into_iter().collect())
}

/// An entity of any config group: only its id and its group are read.
#[derive(Deserialize)]
struct Tagged {
    #[serde(rename = "_id", default)]
    id: Value,
    #[serde(default)]
    metadata: Value,
}

/// The ids of all config groups, with the group that each entity names.
async fn everywhere(wire: &Wire) -> Result<BTreeMap<String, String>> {
    let attempted = "read all config groups";
    let response =
        check_read(attempted, wire.all_configurations().await.map_err(|e| e.context(attempted))?, wire)?;
    let entities: Vec<Tagged> = response.json("the entities of all config groups")?;
    let located = |entity: Tagged| {
        let group = entity.metadata.get("$config-group").and_then(Value::as_str).unwrap_or(DEFAULT_GROUP);
        Some((entity.id.as_str()?.to_owned(), group.to_owned()))
    };
    Ok(entities.into_iter().filter_map(located).collect())
}

/// The result of a read, or `None` and a remark when the failure is no reason to stop: the token must not read it (nodes answer 401 as
/// well as 403 then), or the node does not have it.
fn permitted<T>(
    read: Result<T>,
    no_reason_to_stop: &[Kind],
    consequence: &str,
    notes: &mut Vec<Note>,
) -> Result<Option<T>> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) if no_reason_to_stop.contains(&error.kind()) => {
            notes.push(Note::remark(format!("{consequence}: {error}")));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn document(name: &str, attempted: &str, response: Response) -> Result<(SourceText, Node)> {
    let source =
        SourceText::from_bytes(name, response.body.into()).map_err(|error| unexpected(attempted, &error))?;
    let root = source.parse().map_err(|error| unexpected(attempted, &Error::from(error)))?.root;
    Ok((source, root))
}

fn unexpected(attempted: &str, cause: &impl std::fmt::Display) -> Error {
    Error::new(Kind::Unexpected, attempted)
        .with_cause(cause)
        .with_hint("check that `url` leads to the node itself, and not to a login page or a proxy")
}

/// A digest of the node's content, independent of the order in which the node lists it.
fn fingerprint(
    entities: &[Entity],
    variables: Option<&Variables>,
    secrets: Option<&BTreeSet<SecretName>>,
) -> Fingerprint {
    let mut sorted: Vec<&Entity> = entities.iter().collect();
    sorted.sort_by(|a, b| a.id().cmp(b.id()));
    let mut digest = Sha256::new();
    // Each part ends in a byte that no JSON text holds, so that no two contents give the same bytes.
    let mut part = |text: &str| {
        digest.update(text.as_bytes());
        digest.update([0]);
    };
    part(&sorted.len().to_string());
    sorted.into_iter().for_each(|entity| part(&format::portal(entity.value())));
    part(&variables.map(|variables| format::portal(&variables.to_value())).unwrap_or_default());
    secrets.into_iter().flatten().for_each(|name| part(name.as_str()));
    let mut text = String::with_capacity(64);
    for byte in digest.finalize() {
        write!(text, "{byte:02x}").expect("a String takes everything");
    }
    Fingerprint::new(text)
}
