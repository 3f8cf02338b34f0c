//! Reading secrets: each address once, in rounds over the stores of a node.

use std::collections::{BTreeMap, BTreeSet};

use super::call::Runner;
use super::check::{Checked, wanted_secrets};
use super::deployment::Deployment;
use super::progress::Event;
use crate::error::{Error, Kind, Note, Result};
use crate::model::{Desired, NodeName, SecretName};
use crate::secret::SecretValue;
use crate::stages::{Uses, missing_secrets};
use crate::traits::{Address, Answer, SecretStore, Secrets, Wanted};

const PART: &str = "read secrets";

/// What the stores said.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    pub(super) values: BTreeMap<NodeName, Secrets>,
    pub(super) problems: Vec<Error>,
    pub(super) notes: Vec<Note>,
}

impl Resolved {
    /// What a node should hold, without the secrets that were not found: nothing is sent for them.
    pub(super) fn without_unresolved(&self, node: &NodeName, mut desired: Desired) -> Desired {
        if let Some(secrets) = &mut desired.secrets {
            secrets.retain(|name| self.values.get(node).is_some_and(|values| values.contains_key(name)));
        }
        desired
    }
}

/// Reads every secret that the run wants.
pub(super) async fn secrets(deployment: &Deployment, checked: &Checked, runner: &Runner) -> Result<Resolved> {
    let mut search = Search::new(deployment, checked);
    let names: BTreeSet<&SecretName> = search.open.iter().map(|wanted| &wanted.name).collect();
    runner.progress.event(Event::Began { part: PART, total: Some(names.len()) });
    let longest = deployment.nodes.iter().map(|node| node.stores.len()).max().unwrap_or(0);
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
    uses: Uses,
    open: BTreeSet<Wanted>,
    /// Where a secret was looked for in vain.
    asked: BTreeMap<Wanted, Vec<String>>,
    /// What stores said so far, by the name of the store: nothing is read twice.
    said: BTreeMap<String, BTreeMap<Address, Answer>>,
    failed: BTreeMap<String, Error>,
    login_failed: BTreeMap<String, Error>,
    resolved: Resolved,
}

impl<'a> Search<'a> {
    fn new(deployment: &'a Deployment, checked: &Checked) -> Self {
        let mut uses = Uses::default();
        checked.uses.iter().for_each(|more| uses.merge(more.clone()));
        let wanted = wanted_secrets(deployment, checked);
        let open = wanted
            .into_iter()
            .flat_map(|(node, names)| names.into_iter().map(move |name| Wanted { name, node: node.clone() }));
        Self {
            deployment,
            uses,
            open: open.collect(),
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
            let node = self.deployment.nodes.iter().find(|node| node.name == wanted.node);
            let Some((name, store)) = node
                .and_then(|node| node.stores.get(round))
                .and_then(|name| Some((name, self.deployment.stores.get(name)?)))
            else {
                self.open.insert(wanted);
                continue;
            };
            match store.address(&wanted) {
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
            async move {
                match login {
                    Some(error) => Err(error.clone()),
                    None if unread.is_empty() => Ok(Vec::new()),
                    None => read_all(&**store, unread, runner).await,
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
                Some(Answer::Found(value, _)) => wanted.iter().for_each(|wanted| self.found(wanted, value)),
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

    fn found(&mut self, wanted: &Wanted, value: &SecretValue) {
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

/// Logs in once, then reads all groups concurrently. What failed and can pass is read again.
async fn read_all(
    store: &dyn SecretStore,
    addresses: Vec<Address>,
    runner: &Runner,
) -> Result<Vec<(Address, Answer)>> {
    runner.read(&format!("log in to {}", store.location()), || store.open()).await?;
    let groups = store.reads(&addresses);
    let reads = groups.into_iter().map(|group| read_group(store, group, runner));
    Ok(futures::future::join_all(reads).await.into_iter().flatten().collect())
}

async fn read_group(
    store: &dyn SecretStore,
    mut group: Vec<Address>,
    runner: &Runner,
) -> Vec<(Address, Answer)> {
    let attempted = format!("read secrets from {}", store.location());
    let mut done = Vec::with_capacity(group.len());
    for attempt in 1.. {
        let wanted = &group;
        let answers = runner.once(&attempted, async { Ok(store.read(wanted).await) }).await;
        let answers = match answers {
            Ok(answers) if answers.len() == group.len() => answers,
            Ok(_) => {
                let error = Error::new(Kind::Bug, format!("{attempted}: it did not answer every address"));
                vec![Answer::Failed(error); group.len()]
            }
            Err(error) => vec![Answer::Failed(error); group.len()],
        };
        let mut again = Vec::new();
        let mut last = None;
        for (address, answer) in std::mem::take(&mut group).into_iter().zip(answers) {
            match answer {
                Answer::Failed(error) if runner.may_retry(&error, attempt) && !runner.is_interrupted() => {
                    again.push(address);
                    last = Some(error);
                }
                answer => done.push((address, answer)),
            }
        }
        let Some(error) = last else { break };
        if let Err(interrupted) = runner.wait(&attempted, &error, attempt).await {
            done.extend(again.into_iter().map(|address| (address, Answer::Failed(interrupted.clone()))));
            break;
        }
        group = again;
    }
    runner.progress.event(Event::Advanced { part: PART });
    done
}
