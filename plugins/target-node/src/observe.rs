//! What a node holds now: one round trip deep, all requests at once.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write;

use deployer_core::document::SourceText;
use deployer_core::error::Note;
use deployer_core::model::{Entity, Fingerprint, Observed, Origin, SecretName, SystemSecretNames, Variables};
use deployer_core::{Error, Kind, Result, format};
use deployer_http::Response;
use futures::stream::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::errors::check_read;
use crate::wire::Wire;

/// How many systems are asked for their secrets at once.
const AT_ONCE: usize = 16;

/// Reads everything that a plan needs.
pub(crate) async fn observe(wire: &Wire) -> Result<Observed> {
    let mut notes: Vec<Note> = wire.claims().check(Timestamp::now().as_second())?.into_iter().collect();
    let (content, everywhere) = futures::join!(content(wire), everywhere(wire));
    let Content { entities, variables, secrets, notes: mut more } = content?;
    notes.append(&mut more);
    let strange = [&NO_REASON_TO_STOP[..], &[Kind::Rejected, Kind::Unexpected]].concat();
    let everywhere =
        permitted(everywhere, &strange, "other config groups are not checked for the same ids", &mut notes)?;

    let own: HashSet<&str> = entities.iter().map(|entity| &**entity.id()).collect();
    let elsewhere =
        everywhere.unwrap_or_default().into_iter().filter(|(id, _)| !own.contains(id.as_str())).collect();
    let base = fingerprint(&entities, variables.as_ref(), secrets.as_ref());
    Ok(Observed {
        base,
        entities,
        variables,
        secrets,
        system_secrets: SystemSecretNames::new(),
        elsewhere,
        stray: Vec::new(),
        notes,
    })
}

/// The fingerprint of what the node holds.
pub(crate) async fn base(wire: &Wire) -> Result<Fingerprint> {
    let Content { entities, variables, secrets, .. } = content(wire).await?;
    Ok(fingerprint(&entities, variables.as_ref(), secrets.as_ref()))
}

/// Failures that are no reason to stop when something besides the configuration is read.
const NO_REASON_TO_STOP: [Kind; 3] = [Kind::Denied, Kind::Unauthenticated, Kind::NotFound];

/// What is compared with what is wanted, and what a person should know about it.
struct Content {
    entities: Vec<Entity>,
    variables: Option<Variables>,
    secrets: Option<BTreeSet<SecretName>>,
    notes: Vec<Note>,
}

async fn content(wire: &Wire) -> Result<Content> {
    let (configuration, variables, secrets) =
        futures::join!(configuration(wire), variables(wire), secret_names(wire, None));
    let mut notes = Vec::new();
    let known_node = variables.is_ok() || secrets.is_ok();
    let (entities, problems) = match configuration {
        Err(error) if error.kind() == Kind::NotFound && wire.group().is_some() && known_node => {
            notes.push(Note::remark("the node does not know the config group yet"));
            (Vec::new(), Vec::new())
        }
        configuration => configuration?,
    };
    notes.extend(problems.into_iter().map(|problem| Note::warning(format!("on the node: {problem}"))));
    let variables = permitted(
        variables,
        &NO_REASON_TO_STOP,
        "changes of variables cannot be shown or put back",
        &mut notes,
    )?;
    let secrets = permitted(secrets, &NO_REASON_TO_STOP, "secrets on the node cannot be listed", &mut notes)?;
    Ok(Content { entities, variables, secrets, notes })
}

/// The entities of the config group, and what is wrong with those that are none.
pub(crate) async fn configuration(wire: &Wire) -> Result<(Vec<Entity>, Vec<Error>)> {
    let attempted = "read the configuration";
    let response =
        check_read(attempted, wire.configuration().await.map_err(|e| e.context(attempted))?, wire)?;
    let (source, root) = document("configuration on the node", attempted, response)?;
    Ok(Entity::all_of(root, &Origin::Observed(source)))
}

/// The variables.
pub(crate) async fn variables(wire: &Wire) -> Result<Variables> {
    let attempted = "read the variables";
    let response = check_read(attempted, wire.variables().await.map_err(|e| e.context(attempted))?, wire)?;
    let (source, root) = document("variables on the node", attempted, response)?;
    let mut variables =
        Variables::from_document(&root, &source).map_err(|error| unexpected(attempted, &error))?;
    variables.entries.values_mut().for_each(|variable| variable.place = None);
    Ok(variables)
}

/// The names of the global secrets, or of those of a system.
pub(crate) async fn secret_names(wire: &Wire, system: Option<&str>) -> Result<BTreeSet<SecretName>> {
    let attempted = match system {
        None => "list the secrets".to_owned(),
        Some(system) => format!("list the secrets of the system {system}"),
    };
    let response = wire.secret_names(system).await.map_err(|e| e.context(&attempted))?;
    let response = check_read(&attempted, response, wire)?;
    let names: Vec<String> = response.json("the names of the secrets")?;
    Ok(names.into_iter().map(SecretName::new).collect())
}

/// The names of the secrets of some systems; one that is gone holds none.
pub(crate) async fn system_secrets(wire: &Wire, systems: &BTreeSet<String>) -> Result<SystemSecretNames> {
    let list = |system: String| async move {
        match secret_names(wire, Some(&system)).await {
            Err(error) if error.kind() == Kind::NotFound => Ok((system, BTreeSet::new())),
            names => Ok((system, names?)),
        }
    };
    let lists: Vec<_> = systems.iter().cloned().map(list).collect();
    futures::stream::iter(lists).buffer_unordered(AT_ONCE).try_collect().await
}

/// An entity of any group, as far as it matters where it is.
#[derive(Deserialize)]
struct Tagged {
    #[serde(rename = "_id")]
    id: String,
    #[serde(default)]
    metadata: Value,
}

/// The ids of all config groups, with the group that each entity names.
async fn everywhere(wire: &Wire) -> Result<BTreeMap<String, String>> {
    let attempted = "read all config groups";
    let response =
        check_read(attempted, wire.all_configurations().await.map_err(|e| e.context(attempted))?, wire)?;
    let entities: Vec<Tagged> = response.json("the entities of all config groups")?;
    let group = |metadata: &Value| {
        metadata.get("$config-group").and_then(Value::as_str).unwrap_or("default").to_owned()
    };
    Ok(entities.into_iter().map(|entity| (entity.id, group(&entity.metadata))).collect())
}

/// What was read, or nothing and a remark when the failure is of a kind that is no reason to stop: the token may not read it (nodes
/// answer 401 as well as 403 then), or the node does not have it.
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

fn document(
    name: &str,
    attempted: &str,
    response: Response,
) -> Result<(SourceText, deployer_core::document::Node)> {
    let source =
        SourceText::from_bytes(name, response.body.into()).map_err(|error| unexpected(attempted, &error))?;
    let root = source.parse().map_err(|error| unexpected(attempted, &Error::from(error)))?.root;
    Ok((source, root))
}

fn unexpected(attempted: &str, cause: &Error) -> Error {
    Error::new(Kind::Unexpected, attempted)
        .with_cause(cause)
        .with_hint("check that `url` leads to the node itself, and not to a login page or a proxy")
}

/// A digest of what the node holds, independent of the order in which it tells.
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
