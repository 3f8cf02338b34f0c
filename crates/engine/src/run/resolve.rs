//! Reading secrets: each address once, in rounds over the stores of a node.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;

use super::ask::{self, Asked, PART, Purpose, ask};
use super::call::Runner;
use super::deployment::Deployment;
use super::early::Logins;
use super::progress::Event;
use crate::stages::{MissingSecret, Route, Uses, missing_secrets, no_store};
use deployer_core::error::{Error, Note, Place, Result};
use deployer_core::model::{Desired, NodeName, SecretName};
use deployer_core::secret::SecretValue;
use deployer_core::traits::{SecretAddress, SecretAnswer, Secrets, WantedSecret};

/// The place where a secret was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct FoundSecret {
    /// Its name inside `$SECRET(name)`.
    pub name: SecretName,
    /// The node whose configuration uses it.
    pub node: NodeName,
    /// The name of the store that has it.
    pub store: String,
    /// Its address in that store.
    pub address: String,
}

/// The values of secrets, and the problems with those that have none.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    pub(super) values: BTreeMap<NodeName, Secrets>,
    pub(super) found: Vec<FoundSecret>,
    pub(super) problems: Vec<Error>,
    pub(super) notes: Vec<Note>,
}

impl Resolved {
    /// The desired state of a node, without the secrets that were not found: nothing is sent for them.
    pub(super) fn without_unresolved(&self, node: &NodeName, mut desired: Desired) -> Desired {
        let is_found =
            |name: &SecretName| self.values.get(node).is_some_and(|values| values.contains_key(name));
        desired
            .secrets
            .iter_mut()
            .chain(desired.system_secrets.values_mut())
            .for_each(|names| names.retain(is_found));
        desired.system_secrets.retain(|_, names| !names.is_empty());
        desired
    }
}

/// Resolves the secrets that each node of a run needs. `uses` are the places that name them, `logins` those that have begun.
pub(super) async fn secrets(
    deployment: &Deployment,
    wanted: BTreeMap<NodeName, BTreeSet<SecretName>>,
    uses: &[Uses],
    purpose: Purpose,
    logins: &Logins,
    runner: &Runner,
) -> Result<Resolved> {
    let mut search = Search::new(deployment, wanted, uses, purpose, logins);
    let names: BTreeSet<&SecretName> = search.open.iter().map(|secret| &secret.name).collect();
    runner.progress.event(Event::Began { part: PART, total: Some(names.len()) });
    let longest = search.routes.values().map(|route| route.stores.len()).max().unwrap_or(0);
    for round in 0..longest {
        search.round(round, runner).await;
    }
    let resolved = search.finish(runner).await;
    runner.progress.event(Event::Ended { part: PART });
    if runner.is_interrupted() { Err(Runner::interrupted()) } else { Ok(resolved) }
}

/// The secrets of a round at one address, by node and name of the configuration. The first of `asked` is the one to ask for.
#[derive(Debug, Default)]
struct Shared {
    asked: Vec<WantedSecret>,
    secrets: Vec<WantedSecret>,
}

/// One store in the run so far.
#[derive(Debug, Default)]
struct StoreState {
    /// Its answers: no address is read twice.
    answers: BTreeMap<SecretAddress, SecretAnswer>,
    login_failure: Option<Error>,
}

/// The secrets that have no value yet, and the answers so far.
struct Search<'a> {
    deployment: &'a Deployment,
    purpose: Purpose,
    logins: &'a Logins,
    uses: &'a [Uses],
    open: BTreeSet<WantedSecret>,
    routes: BTreeMap<WantedSecret, Route>,
    /// The addresses at which a secret is missing.
    tried: BTreeMap<WantedSecret, Vec<String>>,
    stores: BTreeMap<&'a str, StoreState>,
    failures: Vec<Failure>,
    resolved: Resolved,
}

/// A failure, and the places that use the secrets that it affects.
struct Failure {
    error: Error,
    places: BTreeSet<Place>,
}

impl<'a> Search<'a> {
    fn new(
        deployment: &'a Deployment,
        wanted: BTreeMap<NodeName, BTreeSet<SecretName>>,
        uses: &'a [Uses],
        purpose: Purpose,
        logins: &'a Logins,
    ) -> Self {
        let secrets = wanted.into_iter().flat_map(|(node, names)| {
            names.into_iter().map(move |name| WantedSecret::new(name, node.clone()))
        });
        let open: BTreeSet<WantedSecret> = secrets.collect();
        let route = |secret: &WantedSecret| {
            let node = deployment.nodes.iter().find(|node| node.name == secret.node);
            let stores = node.map(|node| node.stores.as_slice()).unwrap_or_default();
            (secret.clone(), deployment.routes.route(&secret.name, stores))
        };
        Self {
            deployment,
            purpose,
            logins,
            uses,
            routes: open.iter().map(route).collect(),
            open,
            tried: BTreeMap::new(),
            stores: BTreeMap::new(),
            failures: Vec::new(),
            resolved: Resolved::default(),
        }
    }

    /// Asks the next store of each secret, all stores at once.
    async fn round(&mut self, round: usize, runner: &Runner) {
        let mut by_store: BTreeMap<&'a str, BTreeMap<SecretAddress, Shared>> = BTreeMap::new();
        for secret in std::mem::take(&mut self.open) {
            let route = &self.routes[&secret];
            let store = route.stores.get(round).and_then(|name| self.deployment.stores.get_key_value(name));
            let Some((name, store)) = store else {
                self.open.insert(secret);
                continue;
            };
            let asked = WantedSecret::new(route.name.clone(), secret.node.clone());
            match store.address(&asked) {
                Ok(address) => {
                    let shared = by_store.entry(name).or_default().entry(address).or_default();
                    shared.asked.push(asked);
                    shared.secrets.push(secret);
                }
                Err(error) => self.fail(error, std::slice::from_ref(&secret)),
            }
        }
        let asks = by_store.iter().map(|(name, addresses)| self.ask(name, addresses, runner));
        let asks = join_all(asks).await;
        for ((name, addresses), asked) in by_store.into_iter().zip(asks) {
            self.take(name, addresses, asked);
        }
    }

    /// Asks one store for the addresses that it has not answered yet.
    async fn ask(
        &self,
        name: &str,
        addresses: &BTreeMap<SecretAddress, Shared>,
        runner: &Runner,
    ) -> Result<Asked> {
        let state = self.stores.get(name);
        if let Some(error) = state.and_then(|state| state.login_failure.as_ref()) {
            return Err(error.clone());
        }
        let is_new = |address: &SecretAddress| state.is_none_or(|state| !state.answers.contains_key(address));
        let new = addresses.iter().filter(|(address, _)| is_new(address));
        let secrets: Vec<WantedSecret> =
            new.filter_map(|(_, shared)| shared.asked.first().cloned()).collect();
        if secrets.is_empty() {
            return Ok(Asked::default());
        }
        let nodes = addresses.values().flat_map(|shared| &shared.asked).map(|secret| &secret.node).collect();
        let store = &*self.deployment.stores[name];
        self.logins.finish(name, store, runner).await?;
        ask(store, &secrets, &nodes, self.purpose, runner).await
    }

    /// Takes the answers of a store, or the failure of its login.
    fn take(&mut self, name: &'a str, addresses: BTreeMap<SecretAddress, Shared>, asked: Result<Asked>) {
        let location = self.deployment.stores[name].location();
        let mut state = self.stores.remove(name).unwrap_or_default();
        let mut answers = match asked {
            Ok(asked) => {
                self.resolved.notes.extend(asked.notes);
                asked.answers
            }
            Err(error) => {
                // Reported once, without the places of all secrets of the store.
                self.fail(error.clone(), &[]);
                state.login_failure = Some(error);
                self.stores.insert(name, state);
                return;
            }
        };
        for (address, Shared { asked, secrets }) in addresses {
            if let Some(answer) = asked.first().and_then(|secret| answers.remove(secret)) {
                self.take_notes(&answer, &secrets);
                state.answers.insert(address.clone(), answer);
            }
            match state.answers.get(&address) {
                Some(SecretAnswer::Found { value, .. }) => {
                    secrets.iter().for_each(|secret| self.found(secret, value, name, &address));
                }
                Some(SecretAnswer::Missing { why, .. }) => {
                    let why = why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
                    let tried = format!("{address} in {location}{why}");
                    for secret in secrets {
                        self.tried.entry(secret.clone()).or_default().push(tried.clone());
                        self.open.insert(secret);
                    }
                }
                Some(SecretAnswer::Failed(error)) => self.fail(error.clone(), &secrets),
                // `ask` answers every secret.
                None => self.open.extend(secrets),
            }
        }
        self.stores.insert(name, state);
    }

    fn take_notes(&mut self, answer: &SecretAnswer, secrets: &[WantedSecret]) {
        if let SecretAnswer::Found { notes, .. } = answer {
            let places = self.places(secrets);
            let notes = notes.iter().map(|note| note.clone().at_all(places.iter().cloned()));
            self.resolved.notes.extend(notes);
        }
    }

    fn found(&mut self, secret: &WantedSecret, value: &SecretValue, store: &str, address: &SecretAddress) {
        self.resolved.found.push(FoundSecret {
            name: secret.name.clone(),
            node: secret.node.clone(),
            store: store.to_owned(),
            address: address.to_string(),
        });
        self.deployment.redactor.add(secret.name.as_str(), value);
        self.resolved
            .values
            .entry(secret.node.clone())
            .or_default()
            .insert(secret.name.clone(), value.clone());
    }

    /// A store that fails never counts as a store without the secret. Equal failures are reported once, with all places.
    fn fail(&mut self, error: Error, secrets: &[WantedSecret]) {
        let places = self.places(secrets);
        match self.failures.iter_mut().find(|failure| failure.error == error) {
            Some(failure) => failure.places.extend(places),
            None => self.failures.push(Failure { error, places }),
        }
    }

    /// The places that use secrets.
    fn places(&self, secrets: &[WantedSecret]) -> BTreeSet<Place> {
        let uses = |secret: &WantedSecret| {
            let name = secret.name.clone();
            self.uses.iter().filter_map(move |uses| uses.secrets.get(&name)).flatten()
        };
        secrets.iter().flat_map(uses).map(|found| found.place()).collect()
    }

    async fn finish(mut self, runner: &Runner) -> Resolved {
        if self.purpose == Purpose::Masking {
            self.resolved.problems = failures(self.failures).collect();
            return self.resolved;
        }
        let mut missing: BTreeMap<SecretName, MissingSecret> = BTreeMap::new();
        let mut without_store: BTreeMap<NodeName, Vec<WantedSecret>> = BTreeMap::new();
        for secret in std::mem::take(&mut self.open) {
            let Some(tried) = self.tried.remove(&secret) else {
                without_store.entry(secret.node.clone()).or_default().push(secret);
                continue;
            };
            let entry = missing.entry(secret.name.clone()).or_insert_with(|| MissingSecret {
                name: secret.name.clone(),
                tried: Vec::new(),
                places: self.places(std::slice::from_ref(&secret)),
            });
            for place in tried {
                if !entry.tried.contains(&place) {
                    entry.tried.push(place);
                }
            }
        }
        let (known, failed_lists) = self.known_names(!missing.is_empty(), runner).await;
        let stores_have_others = !self.resolved.found.is_empty() || !self.failures.is_empty();
        let mut missing = missing_secrets(missing.into_values().collect(), &known, stores_have_others);
        // Where the missing secrets are reported: their nearest names might be in a list that failed.
        if let Some(first) = missing.first_mut() {
            let details = failed_lists.into_iter().map(|note| note.message);
            *first = details.fold(first.clone(), Error::with_detail);
        }
        let without_store = without_store.into_iter().map(|(node, secrets)| {
            let names = secrets.iter().map(|secret| secret.name.clone()).collect();
            no_store(&node, &names, self.places(&secrets))
        });
        let without_store: Vec<Error> = without_store.collect();
        self.resolved.found.sort();
        let problems = without_store.into_iter().chain(missing).chain(failures(self.failures));
        if self.deployment.verify.secrets {
            self.resolved.problems.extend(problems);
        } else {
            self.resolved.notes.extend(problems.map(|error| {
                Note::warning(format!("{error}; nothing is sent for it"))
                    .at_all(error.places().iter().cloned())
            }));
        }
        self.resolved
    }

    /// The names that exist in the stores that can list, to suggest the nearest one, and the lists that failed.
    async fn known_names(&self, are_needed: bool, runner: &Runner) -> (BTreeSet<SecretName>, Vec<Note>) {
        let is_open = |name: &str| self.stores.get(name).is_none_or(|state| state.login_failure.is_none());
        let stores = self.deployment.stores.iter().filter(|(name, _)| are_needed && is_open(name));
        let lists = join_all(stores.map(|(_, store)| ask::names(&**store, runner))).await;
        let (mut known, mut failed) = (BTreeSet::new(), Vec::new());
        for list in lists {
            match list {
                Ok(names) => known.extend(names.into_iter().flatten()),
                Err(note) => failed.push(note),
            }
        }
        (known, failed)
    }
}

/// Each failure with all places that it affects.
fn failures(failures: Vec<Failure>) -> impl Iterator<Item = Error> {
    failures.into_iter().map(|Failure { error, mut places }| {
        places.retain(|place| !error.places().contains(place));
        error.at_all(places)
    })
}
