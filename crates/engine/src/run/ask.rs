//! Asking one store: a login, then a list or concurrent reads.

use std::collections::BTreeSet;

use super::call::Runner;
use super::progress::Event;
use super::resolve::{PART, Purpose};
use deployer_core::error::{Error, Kind, Result};
use deployer_core::model::{NodeName, SecretName};
use deployer_core::secret::SecretValue;
use deployer_core::traits::{Address, Answer, SecretStore, Wanted};

/// What a list of names says about addresses. The value of a listed secret is not known, and not needed.
fn listed(
    store: &dyn SecretStore,
    addresses: Vec<Address>,
    names: &[SecretName],
    nodes: &BTreeSet<&NodeName>,
) -> Vec<(Address, Answer)> {
    let wanted = nodes
        .iter()
        .flat_map(|node| names.iter().map(|name| Wanted { name: name.clone(), node: NodeName::clone(node) }));
    let present: BTreeSet<Address> = wanted.filter_map(|wanted| store.address(&wanted).ok()).collect();
    let answer = |address: Address| {
        let found = present.contains(&address);
        let answer =
            if found { Answer::Found(SecretValue::new(""), Vec::new()) } else { Answer::Missing(None) };
        (address, answer)
    };
    addresses.into_iter().map(answer).collect()
}

/// Logs in once, then lists where the list is enough and proves it, else reads all groups concurrently. What failed and can pass is
/// read again.
pub(super) async fn ask(
    store: &dyn SecretStore,
    addresses: Vec<Address>,
    nodes: &BTreeSet<&NodeName>,
    purpose: Purpose,
    runner: &Runner,
) -> Result<Vec<(Address, Answer)>> {
    runner.read(&format!("log in to {}", store.location()), || store.open()).await?;
    if purpose == Purpose::Presence && store.capabilities().names_prove_presence {
        let names = runner.read(&format!("list secrets of {}", store.location()), || store.names()).await;
        if let Ok(Some(names)) = names {
            return Ok(listed(store, addresses, &names, nodes));
        }
    }
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
