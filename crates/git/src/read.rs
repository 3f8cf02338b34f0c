//! One commit, named by branch, tag or id, to read from.

use std::sync::Arc;

use deployer_core::Result;
use gix::ObjectId;
use gix_protocol::handshake::Ref;

use crate::branch::BranchName;
use crate::committish::{Committish, TAGS};
use crate::connect::{Connection, connect};
use crate::endpoint::Endpoint;
use crate::errors;
use crate::fetch::{Depth, WantedBranch, choose, receive};
use crate::handshake::{BRANCHES, check_hash, references};
use crate::purpose::Purpose;
use crate::repository::{Repository, unreadable};
use crate::session::Session;

/// A commit as it was fetched.
#[derive(Debug)]
pub struct FetchedCommit {
    /// Its id.
    pub commit: ObjectId,
    /// The commit and everything below it.
    pub repository: Repository,
}

/// The words of hosts about an object that they do not have, or do not give by its id.
const NOT_GIVEN: [&str; 3] = ["not our ref", "unadvertised object", "does not exist"];

/// The prefixes of the references of branches and tags.
const BRANCHES_AND_TAGS: [&str; 3] = [BRANCHES[0], BRANCHES[1], TAGS];

/// A commit, and the object that is requested to get it: for an annotated tag the tag itself, which every server gives.
struct NamedObject {
    commit: ObjectId,
    requested: ObjectId,
}

/// The id of the named commit, in two round trips.
pub(crate) fn resolve(session: &Arc<Session>, endpoint: &Endpoint, named: &Committish) -> Result<ObjectId> {
    if let Committish::Commit { id, .. } = named {
        return Ok(*id);
    }
    let mut connection = connect(session, endpoint, Purpose::Read)?;
    let (handshake, references) = references(&mut connection, beginnings(named))
        .map_err(|cause| connection.explain(session, endpoint, &attempted(endpoint), &cause))?;
    check_hash(endpoint, &handshake)?;
    end(&mut connection);
    Ok(find(endpoint, named, &references)?.commit)
}

/// Fetches a commit without its history.
pub(crate) fn fetch_commit(
    session: &Arc<Session>,
    endpoint: &Endpoint,
    named: &Committish,
) -> Result<FetchedCommit> {
    match receive_commit(session, endpoint, named, Depth::One)? {
        Some(fetched) => Ok(fetched),
        None => match named {
            Committish::Commit { id, branch: Some(branch) } => from_history(session, endpoint, *id, branch),
            Committish::Commit { id, branch: None } => Err(errors::missing_commit(&endpoint.url, *id, None)),
            _ => Err(errors::no_commit(&endpoint.url, named)),
        },
    }
}

/// Fetches a branch with its history, and finds the commit in it.
fn from_history(
    session: &Arc<Session>,
    endpoint: &Endpoint,
    id: ObjectId,
    branch: &BranchName,
) -> Result<FetchedCommit> {
    let absent = || errors::missing_commit(&endpoint.url, id, Some(branch));
    let tip = Committish::Branch(branch.clone());
    let fetched = receive_commit(session, endpoint, &tip, Depth::All)?.ok_or_else(absent)?;
    match fetched.repository.kind(&id) {
        Ok(gix::objs::Kind::Commit) => Ok(FetchedCommit { commit: id, ..fetched }),
        _ => Err(absent()),
    }
}

/// Fetches the named commit; `None` if the host does not give it.
fn receive_commit(
    session: &Arc<Session>,
    endpoint: &Endpoint,
    named: &Committish,
    depth: Depth,
) -> Result<Option<FetchedCommit>> {
    let attempted = attempted(endpoint);
    let mut connection = connect(session, endpoint, Purpose::Read)?;
    let explain = |connection: &Connection, cause: gix::Error| {
        connection.explain(session, endpoint, &attempted, &cause)
    };
    let (handshake, references) =
        references(&mut connection, beginnings(named)).map_err(|cause| explain(&connection, cause))?;
    check_hash(endpoint, &handshake)?;
    let found = find(endpoint, named, &references)?;
    let repository = match receive(session, &mut connection, &handshake, found.requested, depth) {
        Ok(repository) => repository,
        Err(cause) => {
            let words: Vec<String> = cause.iter_errors().map(ToString::to_string).collect();
            let error = explain(&connection, cause);
            return if says_not_given(words.iter().chain(error.details())) { Ok(None) } else { Err(error) };
        }
    };
    end(&mut connection);
    let kind = repository.kind(&found.commit);
    let kind = kind.map_err(|cause| unreadable(&named.to_string(), &cause))?;
    if kind != gix::objs::Kind::Commit {
        return Err(errors::no_commit(&endpoint.url, named));
    }
    tracing::debug!(repository = %endpoint.url, %named, commit = %found.commit, "fetched");
    Ok(Some(FetchedCommit { commit: found.commit, repository }))
}

fn attempted(endpoint: &Endpoint) -> String {
    format!("read {}", endpoint.url)
}

/// Ends the conversation. A failure does not matter, because the answer has been read.
fn end(connection: &mut Connection) {
    gix_protocol::indicate_end_of_interaction(&mut connection.transport, false).ok();
}

/// Whether the host says that it does not give an object: in its answer, or on standard error if the connection ended before.
fn says_not_given<'a>(mut said: impl Iterator<Item = &'a String>) -> bool {
    said.any(|text| NOT_GIVEN.iter().any(|words| text.contains(words)))
}

/// The prefixes of the references that are needed.
fn beginnings(named: &Committish) -> &'static [&'static str] {
    match named {
        Committish::Tag(_) => &[TAGS],
        Committish::Reference(..) => &BRANCHES_AND_TAGS,
        Committish::Head | Committish::Branch(_) => &BRANCHES,
        // None is needed; without a prefix a server would send all.
        Committish::Commit { .. } => &["HEAD"],
    }
}

fn find(endpoint: &Endpoint, named: &Committish, references: &[Ref]) -> Result<NamedObject> {
    let same = |id| NamedObject { commit: id, requested: id };
    let branch = match named {
        Committish::Commit { id, .. } => return Ok(same(*id)),
        Committish::Tag(tag) => return find_tag(endpoint, tag.as_str(), references),
        Committish::Reference(branch, tag) => {
            let has = |name: &str| references.iter().any(|reference| reference.unpack().0 == name);
            if !has(&branch.reference()) && has(&format!("{TAGS}{}", tag.as_str())) {
                return find_tag(endpoint, tag.as_str(), references);
            }
            Some(branch.clone())
        }
        Committish::Branch(branch) => Some(branch.clone()),
        Committish::Head => None,
    };
    let wanted = WantedBranch { branch, may_be_missing: false };
    let (_, tip, _) = choose(endpoint, &wanted, Purpose::Read, references)?;
    tip.map(same).ok_or_else(|| errors::empty(&endpoint.url, Purpose::Read))
}

fn find_tag(endpoint: &Endpoint, tag: &str, references: &[Ref]) -> Result<NamedObject> {
    let mut names = Vec::new();
    for reference in references {
        let (name, target, peeled) = reference.unpack();
        let Some(name) = std::str::from_utf8(name).ok().and_then(|name| name.strip_prefix(TAGS)) else {
            continue;
        };
        if name == tag
            && let Some(target) = target
        {
            return Ok(NamedObject {
                commit: peeled.unwrap_or(target).to_owned(),
                requested: target.to_owned(),
            });
        }
        names.push(name);
    }
    Err(errors::missing_tag(&endpoint.url, tag, &names))
}
