//! Reading from one store after the login: a list, or concurrent reads.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::{join_all, try_join};
use tokio::time::Instant;

use super::call::Runner;
use super::progress::Event;
use super::silence::Silence;
use deployer_core::error::{Error, Kind, Note, Result};
use deployer_core::model::{NodeName, SecretName};
use deployer_core::secret::SecretValue;
use deployer_core::traits::{
    SecretAddress, SecretAnswer, SecretAnswers, SecretRead, SecretStore, WantedSecret,
};

/// The name of this part of a run in progress events.
pub(super) const PART: &str = "read secrets";

/// Why secrets are being resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To send their values.
    Values,
    /// To check that they exist. If a store's list proves that, its values are not read.
    Presence,
    /// To mask their values in what is shown. A secret that is missing has none.
    Masking,
}

/// The answers of one store.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) answers: SecretAnswers,
    /// Remarks about the store itself.
    pub(super) notes: Vec<Note>,
}

/// Lists where the list proves presence and that is enough, else executes all reads concurrently, and meanwhile checks what they depend on.
/// Reads that failed and can pass are repeated.
///
/// # Errors
/// The failure of the check.
pub(super) async fn ask(
    store: &dyn SecretStore,
    secrets: &[WantedSecret],
    nodes: &BTreeSet<&NodeName>,
    purpose: Purpose,
    runner: &Runner,
) -> Result<Asked> {
    let mut asked = Asked::default();
    if purpose == Purpose::Presence && store.capabilities().names_prove_presence {
        match names(store, runner).await {
            Ok(Some(names)) => {
                asked.answers = listed(store, secrets, &names, nodes);
                return Ok(asked);
            }
            Ok(None) => {}
            Err(note) => asked.notes.push(note),
        }
    }
    match store.reads(secrets) {
        Ok(reads) => {
            let phase = Phase {
                attempted: &format!("read secrets from {}", store.location()),
                silence: Silence::new(runner),
                runner,
            };
            let reads = join_all(reads.into_iter().map(|read| execute(store, read, &phase)));
            let reads = async { Ok(runner.watch(phase.attempted, reads).await) };
            let checking = format!("check {}", store.location());
            let ((), answers) = try_join(runner.read(&checking, || store.check()), reads).await?;
            asked.answers.extend(
                answers.into_iter().flatten().map(|(secret, answer)| warn_if_empty(store, secret, answer)),
            );
        }
        Err(error) => asked.answers.extend(failed(secrets.iter().cloned(), &error)),
    }
    for secret in secrets {
        if asked.answers.contains_key(secret) {
            continue;
        }
        let message = format!("{} gives no answer for the secret {:?}", store.location(), secret.name);
        asked.answers.insert(secret.clone(), SecretAnswer::failed(Error::new(Kind::Bug, message)));
    }
    Ok(asked)
}

/// Adds a warning to a secret whose value is empty: a node takes it, and the cause is often a mistake.
fn warn_if_empty(
    store: &dyn SecretStore,
    secret: WantedSecret,
    answer: SecretAnswer,
) -> (WantedSecret, SecretAnswer) {
    let is_empty = matches!(&answer, SecretAnswer::Found { value, .. } if value.is_empty());
    if !is_empty {
        return (secret, answer);
    }
    let address = store.address(&secret).map(|address| format!("{address} in ")).unwrap_or_default();
    let message =
        format!("the value of the secret {:?} is empty ({address}{})", secret.name, store.location());
    (secret, answer.with_note(Note::warning(message)))
}

/// Lists the names of a store. A failure is a warning: a list only helps.
pub(super) async fn names(
    store: &dyn SecretStore,
    runner: &Runner,
) -> std::result::Result<Option<Vec<SecretName>>, Note> {
    let attempted = format!("list secrets of {}", store.location());
    let names = runner.read(&attempted, || store.names()).await;
    names.map_err(|error| Note::warning(format!("{attempted}: {error}")))
}

/// Answers from a list of names. Nobody needs the value of a listed secret.
fn listed(
    store: &dyn SecretStore,
    secrets: &[WantedSecret],
    names: &[SecretName],
    nodes: &BTreeSet<&NodeName>,
) -> SecretAnswers {
    let exist = nodes
        .iter()
        .flat_map(|node| names.iter().map(|name| WantedSecret::new(name.clone(), NodeName::clone(node))));
    let present: BTreeSet<SecretAddress> = exist.filter_map(|secret| store.address(&secret).ok()).collect();
    let answer = |secret: &WantedSecret| {
        let is_present = store.address(secret).is_ok_and(|address| present.contains(&address));
        if is_present { SecretAnswer::found(SecretValue::new("")) } else { SecretAnswer::missing() }
    };
    secrets.iter().map(|secret| (secret.clone(), answer(secret))).collect()
}

/// All reads from one store.
struct Phase<'a> {
    /// What the reads are called in messages.
    attempted: &'a str,
    silence: Silence,
    runner: &'a Runner,
}

/// Executes a read, and then reads again for those of its secrets that failed and can pass.
async fn execute<'a>(
    store: &'a dyn SecretStore,
    read: Box<dyn SecretRead + 'a>,
    phase: &Phase<'_>,
) -> SecretAnswers {
    let Phase { attempted, silence, runner } = phase;
    let mut done = SecretAnswers::new();
    let mut reads = vec![read];
    let mut spent = Duration::ZERO;
    for attempt in 1.. {
        let started = Instant::now();
        let answers = join_all(reads.iter().map(|read| once(&**read, phase))).await;
        let mut again: BTreeMap<WantedSecret, Error> = BTreeMap::new();
        for (secret, answer) in answers.into_iter().flatten() {
            match answer {
                SecretAnswer::Failed(error)
                    if runner.may_retry(&error, attempt) && !runner.is_interrupted() =>
                {
                    again.insert(secret, error);
                }
                answer => drop(done.insert(secret, answer)),
            }
        }
        let Some(error) = again.values().last().cloned() else { break };
        spent += started.elapsed();
        let secrets: Vec<WantedSecret> = again.into_keys().collect();
        if silence.is_over(spent) {
            done.extend(failed(secrets, &error));
            break;
        }
        let next = match runner.wait(attempted, &error, attempt).await {
            Ok(()) => store.reads(&secrets),
            Err(interrupted) => Err(interrupted),
        };
        match next {
            Ok(next) => reads = next,
            Err(error) => {
                done.extend(failed(secrets, &error));
                break;
            }
        }
    }
    runner.progress.event(Event::Advanced { part: PART });
    done
}

/// Executes a read once. A failure is an answer for each of its secrets.
async fn once(read: &dyn SecretRead, phase: &Phase<'_>) -> SecretAnswers {
    let outcome = tokio::select! {
        biased;
        () = phase.silence.given_up() => Err(phase.silence.error(phase.attempted)),
        outcome = phase.runner.once(phase.attempted, read.execute()) => outcome,
    };
    let secrets = read.secrets().into_iter().cloned();
    match outcome {
        Ok(mut answers) => {
            phase.silence.broken();
            secrets.filter_map(|secret| answers.remove_entry(&secret)).collect()
        }
        Err(error) => failed(secrets, &error),
    }
}

fn failed(secrets: impl IntoIterator<Item = WantedSecret>, error: &Error) -> SecretAnswers {
    secrets.into_iter().map(|secret| (secret, SecretAnswer::failed(error.clone()))).collect()
}
