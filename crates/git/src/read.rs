//! One commit, named in any way, for somebody who only reads.

use std::sync::Arc;

use deployer_core::Result;
use gix::ObjectId;
use gix_protocol::fetch::Shallow;
use gix_protocol::handshake::Ref;

use crate::branch::BranchName;
use crate::committish::{Committish, TAGS};
use crate::connect::{Connection, Purpose, connect};
use crate::errors;
use crate::fetch::{BRANCHES, TIP_ALONE, Wanted, check_hash, choose, receive, references};
use crate::remote::Inner;
use crate::repository::{Repository, unreadable};
use crate::session::Session;

/// A commit as it was fetched.
#[derive(Debug)]
pub struct FetchedCommit {
    /// Its id.
    pub commit: ObjectId,
    /// Holds the commit and everything below it.
    pub repository: Repository,
}

/// What hosts say of an object that they do not have, or do not give by its id.
const NOT_GIVEN: [&str; 3] = ["not our ref", "unadvertised object", "does not exist"];

/// A commit, and the object that is asked for to get it: of an annotated tag its own, which every server gives.
struct Found {
    commit: ObjectId,
    asked_for: ObjectId,
}

/// Which commit it is now, in two round trips.
pub(crate) fn resolve(session: &Arc<Session>, remote: &Inner, named: &Committish) -> Result<ObjectId> {
    if let Committish::Commit { id, .. } = named {
        return Ok(*id);
    }
    let mut connection = connect(session, remote, Purpose::Read)?;
    let (handshake, references) = references(&mut connection, beginnings(named))
        .map_err(|cause| connection.explain(session, remote, &attempted(remote), &cause))?;
    check_hash(remote, &handshake)?;
    end(&mut connection);
    Ok(find(remote, named, &references)?.commit)
}

/// Fetches a commit without its history.
pub(crate) fn fetch_commit(
    session: &Arc<Session>,
    remote: &Inner,
    named: &Committish,
) -> Result<FetchedCommit> {
    match receive_commit(session, remote, named, &TIP_ALONE)? {
        Some(fetched) => Ok(fetched),
        None => match named {
            Committish::Commit { id, branch: Some(branch) } => from_history(session, remote, *id, branch),
            Committish::Commit { id, branch: None } => Err(errors::missing_commit(&remote.url, *id, None)),
            _ => Err(errors::no_commit(&remote.url, named)),
        },
    }
}

/// Fetches a branch with its history, which holds the commit.
fn from_history(
    session: &Arc<Session>,
    remote: &Inner,
    id: ObjectId,
    branch: &BranchName,
) -> Result<FetchedCommit> {
    let absent = || errors::missing_commit(&remote.url, id, Some(branch));
    let tip = Committish::Branch(branch.clone());
    let fetched = receive_commit(session, remote, &tip, &Shallow::NoChange)?.ok_or_else(absent)?;
    fetched.repository.open()?.find_commit(id).map_err(|_| absent())?;
    Ok(FetchedCommit { commit: id, ..fetched })
}

/// Fetches what is named; none when the host does not give it.
fn receive_commit(
    session: &Arc<Session>,
    remote: &Inner,
    named: &Committish,
    shallow: &Shallow,
) -> Result<Option<FetchedCommit>> {
    let attempted = attempted(remote);
    let mut connection = connect(session, remote, Purpose::Read)?;
    let explain =
        |connection: &Connection, cause: gix::Error| connection.explain(session, remote, &attempted, &cause);
    let (mut handshake, references) =
        references(&mut connection, beginnings(named)).map_err(|cause| explain(&connection, cause))?;
    check_hash(remote, &handshake)?;
    let found = find(remote, named, &references)?;
    let repository = Repository::create()?;
    let local = repository.open()?;
    let received = receive(session, &mut connection, &mut handshake, &local, found.asked_for, shallow);
    if let Err(cause) = received {
        let words: Vec<String> = cause.iter_errors().map(ToString::to_string).collect();
        let error = explain(&connection, cause);
        return if says_not_given(words.iter().chain(error.details())) { Ok(None) } else { Err(error) };
    }
    end(&mut connection);
    let kind = local.find_header(found.commit).map(|header| header.kind());
    let kind = kind.map_err(|cause| unreadable(&named.to_string(), &cause))?;
    if kind != gix::objs::Kind::Commit {
        return Err(errors::no_commit(&remote.url, named));
    }
    tracing::debug!(repository = %remote.url, %named, commit = %found.commit, "fetched");
    Ok(Some(FetchedCommit { commit: found.commit, repository }))
}

fn attempted(remote: &Inner) -> String {
    format!("read {}", remote.url)
}

/// Takes leave: a courtesy to servers at the end of a pipe; the answer has been read.
fn end(connection: &mut Connection) {
    gix_protocol::indicate_end_of_interaction(&mut connection.transport, false).ok();
}

/// Whether the host says that it does not give an object: in its answer, or, where the connection ended before that was read, beside
/// it.
fn says_not_given<'a>(mut said: impl Iterator<Item = &'a String>) -> bool {
    said.any(|text| NOT_GIVEN.iter().any(|words| text.contains(words)))
}

/// How the references begin that have to be known.
fn beginnings(named: &Committish) -> &'static [&'static str] {
    match named {
        Committish::Tag(_) => &[TAGS],
        Committish::Head | Committish::Branch(_) => &BRANCHES,
        // None is needed; without a beginning a server would tell all.
        Committish::Commit { .. } => &["HEAD"],
    }
}

fn find(remote: &Inner, named: &Committish, references: &[Ref]) -> Result<Found> {
    let same = |id| Found { commit: id, asked_for: id };
    let branch = match named {
        Committish::Commit { id, .. } => return Ok(same(*id)),
        Committish::Tag(tag) => return find_tag(remote, tag.as_str(), references),
        Committish::Branch(branch) => Some(branch.clone()),
        Committish::Head => None,
    };
    let wanted = Wanted { branch, may_be_missing: false };
    let (_, tip, _) = choose(remote, &wanted, Purpose::Read, references)?;
    tip.map(same).ok_or_else(|| errors::empty(&remote.url, Purpose::Read))
}

fn find_tag(remote: &Inner, tag: &str, references: &[Ref]) -> Result<Found> {
    let mut names = Vec::new();
    for reference in references {
        let (name, target, peeled) = reference.unpack();
        let Some(name) = std::str::from_utf8(name).ok().and_then(|name| name.strip_prefix(TAGS)) else {
            continue;
        };
        if name == tag
            && let Some(target) = target
        {
            return Ok(Found { commit: peeled.unwrap_or(target).to_owned(), asked_for: target.to_owned() });
        }
        names.push(name);
    }
    Err(errors::missing_tag(&remote.url, tag, &names))
}
