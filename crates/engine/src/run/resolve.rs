//! Reading secrets: each address once, in rounds over the stores of a node.

use std::collections::{BTreeMap, BTreeSet};

use super::ask::ask;
use super::call::Runner;
use super::check::{Checked, FoundSecret, wanted_secrets};
use super::deployment::Deployment;
use super::progress::Event;
use crate::stages::{Route, Uses, missing_secrets};
use deployer_core::error::{Error, Kind, Note, Result};
use deployer_core::model::{Desired, NodeName, SecretName};
use deployer_core::secret::SecretValue;
use deployer_core::traits::{Address, Answer, Secrets, Wanted};

pub(super) const PART: &str = "read secrets";

/// What secrets are looked for for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be sent.
    Values,
    /// To know that they exist. A store whose list proves that is not read.
    Presence,
}

/// What the stores said.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    pub(super) values: BTreeMap<NodeName, Secrets>,
    pub(super) found: Vec<FoundSecret>,
    pub(super) problems: Vec<Error>,
    pub(super) notes: Vec<Note>,
}

impl Resolved {
    /// What a node should hold, without the secrets that were not found: nothing is sent for them.
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

/// Looks for every secret that the run wants.
pub(super) async fn secrets(
    deployment: &Deployment,
    checked: &Checked,
    purpose: Purpose,
    runner: &Runner,
) -> Result<Resolved> {
    let mut search = Search::new(deployment, checked, purpose);
    let names: BTreeSet<&SecretName> = search.open.iter().map(|wanted| &wanted.name).collect();
    runner.progress.event(Event::Began { part: PART, total: Some(names.len()) });
    let longest = search.routes.values().map(|route| route.stores.len()).max().unwrap_or(0);
    for round in 0..longest {
        search.round(round, runner).await;
    }
    let resolved = search.finish(runner).await;
    runner.progress.event(Event::Ended { part: PART });
    if runner.is_interrupted() { Err(Runner::interrupted()) } else { Ok(resolved) }
}

/// The secrets that are still looked for, and what was found.
struct Search<'a> {
    deployment: &'a Deployment,
    purpose: Purpose,
    uses: Uses,
    open: BTreeSet<Wanted>,
    routes: BTreeMap<Wanted, Route>,
    /// Where a secret was looked for in vain.
    asked: BTreeMap<Wanted, Vec<String>>,
    /// What stores said so far, by the name of the store: nothing is read twice.
    said: BTreeMap<String, BTreeMap<Address, Answer>>,
    failed: BTreeMap<String, Error>,
    login_failed: BTreeMap<String, Error>,
    resolved: Resolved,
}

impl<'a> Search<'a> {
    fn new(deployment: &'a Deployment, checked: &Checked, purpose: Purpose) -> Self {
        let mut uses = Uses::default();
        checked.uses.iter().for_each(|more| uses.merge(more.clone()));
        let wanted = wanted_secrets(deployment, checked);
        let open = wanted
            .into_iter()
            .flat_map(|(node, names)| names.into_iter().map(move |name| Wanted { name, node: node.clone() }));
        let open: BTreeSet<Wanted> = open.collect();
        let route = |wanted: &Wanted| {
            let node = deployment.nodes.iter().find(|node| node.name == wanted.node);
            let stores = node.map(|node| node.stores.as_slice()).unwrap_or_default();
            (wanted.clone(), deployment.routes.route(&wanted.name, stores))
        };
        Self {
            deployment,
            purpose,
            uses,
            routes: open.iter().map(route).collect(),
            open,
            asked: BTreeMap::new(),
            said: BTreeMap::new(),
            failed: BTreeMap::new(),
            login_failed: BTreeMap::new(),
            resolved: Resolved::default(),
        }
    }

    /// Asks each secret's next store, all stores at once.
    async fn round(&mut self, round: usize, runner: &Runner) {
        let mut by_store: BTreeMap<String, BTreeMap<Address, Vec<Wanted>>> = BTreeMap::new();
        for wanted in std::mem::take(&mut self.open) {
            let route = &self.routes[&wanted];
            let name = route.stores.get(round);
            let Some((name, store)) = name.and_then(|name| Some((name, self.deployment.stores.get(name)?)))
            else {
                self.open.insert(wanted);
                continue;
            };
            match store.address(&Wanted { name: route.name.clone(), node: wanted.node.clone() }) {
                Ok(address) => {
                    by_store.entry(name.clone()).or_default().entry(address).or_default().push(wanted)
                }
                Err(error) => self.fail(error, std::slice::from_ref(&wanted)),
            }
        }
        let reads = by_store.iter().map(|(name, addresses)| {
            let said = self.said.get(name);
            let unread =
                addresses.keys().filter(|address| said.is_none_or(|said| !said.contains_key(*address)));
            let unread: Vec<Address> = unread.cloned().collect();
            let (store, login) = (&self.deployment.stores[name], self.login_failed.get(name));
            let nodes: BTreeSet<&NodeName> =
                addresses.values().flatten().map(|wanted| &wanted.node).collect();
            let purpose = self.purpose;
            async move {
                match login {
                    Some(error) => Err(error.clone()),
                    None if unread.is_empty() => Ok(Vec::new()),
                    None => ask(&**store, unread, &nodes, purpose, runner).await,
                }
            }
        });
        let answers = futures::future::join_all(reads).await;
        for ((name, addresses), answers) in by_store.into_iter().zip(answers) {
            self.take(name, addresses, answers);
        }
    }

    /// Takes what a store said, or that it could not be logged in to.
    fn take(
        &mut self,
        name: String,
        addresses: BTreeMap<Address, Vec<Wanted>>,
        answers: Result<Vec<(Address, Answer)>>,
    ) {
        let location = self.deployment.stores[&name].location();
        let mut said = self.said.remove(&name).unwrap_or_default();
        match answers {
            Ok(answers) => {
                for (address, answer) in answers {
                    if let Answer::Found(_, notes) = &answer {
                        self.resolved.notes.extend(notes.iter().cloned());
                    }
                    said.insert(address, answer);
                }
            }
            Err(error) => {
                self.login_failed.insert(name.clone(), error);
            }
        }
        for (address, wanted) in addresses {
            match said.get(&address) {
                Some(Answer::Found(value, _)) => {
                    wanted.iter().for_each(|wanted| self.found(wanted, value, &name, &address));
                }
                Some(Answer::Missing(why)) => {
                    let why = why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
                    let asked = format!("{address} in {location}{why}");
                    for wanted in wanted {
                        self.asked.entry(wanted.clone()).or_default().push(asked.clone());
                        self.open.insert(wanted);
                    }
                }
                Some(Answer::Failed(error)) => self.fail(error.clone(), &wanted),
                // Told once, without the places of all that could not be read for it.
                None => match self.login_failed.get(&name).cloned() {
                    Some(error) => self.fail(error, &[]),
                    None => {
                        let message = format!("{address} in {location} was not answered");
                        self.fail(Error::new(Kind::Bug, message), &wanted);
                    }
                },
            }
        }
        self.said.insert(name, said);
    }

    fn found(&mut self, wanted: &Wanted, value: &SecretValue, store: &str, address: &Address) {
        self.resolved.found.push(FoundSecret {
            name: wanted.name.clone(),
            node: wanted.node.clone(),
            store: store.to_owned(),
            address: address.to_string(),
        });
        self.deployment.redactor.add(wanted.name.as_str(), value);
        self.resolved
            .values
            .entry(wanted.node.clone())
            .or_default()
            .insert(wanted.name.clone(), value.clone());
    }

    /// A store that fails never counts as one that does not have the secret. Equal failures are told once, with all places.
    fn fail(&mut self, error: Error, wanted: &[Wanted]) {
        let places = wanted
            .iter()
            .flat_map(|wanted| self.uses.secrets.get(&wanted.name))
            .flatten()
            .map(|used| used.place());
        let mut places: Vec<_> = places.collect();
        places.sort();
        places.dedup();
        let text = format!("{error:?}");
        let entry = self.failed.remove(&text).unwrap_or(error);
        places.retain(|place| !entry.places().contains(place));
        self.failed.insert(text, entry.at_all(places));
    }

    async fn finish(mut self, runner: &Runner) -> Resolved {
        let mut missing: BTreeMap<SecretName, Vec<String>> = BTreeMap::new();
        for wanted in &self.open {
            let mut asked = self.asked.remove(wanted).unwrap_or_default();
            if asked.is_empty() {
                asked.push(format!("node {} has no secret store", wanted.node));
            }
            let all = missing.entry(wanted.name.clone()).or_default();
            asked.into_iter().for_each(|place| {
                if !all.contains(&place) {
                    all.push(place)
                }
            });
        }
        let known = if missing.is_empty() { BTreeSet::new() } else { self.known_names(runner).await };
        let missing: Vec<_> = missing.into_iter().collect();
        self.resolved.found.sort();
        let problems =
            missing_secrets(&missing, &self.uses, &known).into_iter().chain(self.failed.into_values());
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

    /// The names that exist in the stores that can list, to suggest the nearest one.
    async fn known_names(&self, runner: &Runner) -> BTreeSet<SecretName> {
        let stores = self.deployment.stores.iter().filter(|(name, _)| !self.login_failed.contains_key(*name));
        let lists = stores.map(|(_, store)| runner.read("list secrets", || store.names()));
        let lists = futures::future::join_all(lists).await;
        lists.into_iter().filter_map(|list| list.ok().flatten()).flatten().collect()
    }
}
