//! One branch at depth 1.

use std::future::Future;
use std::io::Read;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use deployer_core::Result;
use gix::ObjectId;
use gix_protocol::fetch::{Arguments, Response};
use gix_protocol::handshake::Ref;
use gix_protocol::{Command, Handshake};

use crate::branch::BranchName;
use crate::connect::{Connection, connect};
use crate::endpoint::Endpoint;
use crate::errors;
use crate::handshake::{BRANCHES, agent, begin, check_hash, list};
use crate::pack::{LARGEST_PACK, Pack};
use crate::purpose::Purpose;
use crate::push::Advertisement;
use crate::repository::Repository;
use crate::session::Session;

/// Which branch to fetch.
#[derive(Debug, Clone, Default)]
pub struct WantedBranch {
    /// The branch; `None` for the one that the repository's HEAD names.
    pub branch: Option<BranchName>,
    /// Whether the branch can be missing. If it is, the default branch is fetched in its place, if there is one.
    pub may_be_missing: bool,
}

/// A branch as it was fetched.
#[derive(Debug)]
pub struct Fetched {
    /// The branch.
    pub branch: BranchName,
    /// The tip of the branch; `None` if there is no such branch.
    pub tip: Option<ObjectId>,
    /// The fetched commit: the tip, or the tip of the default branch if there is no such branch; `None` if the repository is empty.
    pub base: Option<ObjectId>,
    /// The commit and everything below it, without its history.
    pub repository: Repository,
}

/// Fetches in three round trips: the handshake, the names of the branches, the objects. `listed` takes the place of the second if it has the
/// wanted branch; the handshake does not wait for it.
pub(crate) fn fetch(
    session: &Arc<Session>,
    endpoint: &Endpoint,
    wanted: &WantedBranch,
    listed: impl Future<Output = Option<Advertisement>>,
) -> Result<Fetched> {
    let attempted = format!("read {}", endpoint.url);
    let mut connection = connect(session, endpoint, Purpose::Read)?;
    let explain = |connection: &Connection, cause: gix::Error| {
        connection.explain(session, endpoint, &attempted, &cause)
    };
    let mut handshake = begin(&mut connection).map_err(|cause| explain(&connection, cause))?;
    check_hash(endpoint, &handshake)?;
    let (branch, tip, base) = match known(session, wanted, &handshake, listed) {
        Some((branch, tip)) => (branch, Some(tip), Some(tip)),
        None => {
            let references = list(&mut connection, &mut handshake, &BRANCHES);
            let references = references.map_err(|cause| explain(&connection, cause))?;
            choose(endpoint, wanted, Purpose::Write, &references)?
        }
    };
    let repository = match base {
        Some(base) => receive(session, &mut connection, &handshake, base, Depth::One)
            .map_err(|cause| explain(&connection, cause))?,
        None => Repository::empty(),
    };
    // A failure does not matter, because the answer has been read.
    gix_protocol::indicate_end_of_interaction(&mut connection.transport, false).ok();
    tracing::debug!(repository = %endpoint.url, %branch, tip = ?tip, "fetched");
    Ok(Fetched { branch, tip, base, repository })
}

/// The wanted branch and its tip, if the host lists it elsewhere before it is asked here.
fn known(
    session: &Session,
    wanted: &WantedBranch,
    handshake: &Handshake,
    listed: impl Future<Output = Option<Advertisement>>,
) -> Option<(BranchName, ObjectId)> {
    let branch = wanted.branch.as_ref().filter(|_| handshake.refs.is_none())?;
    let listed = session.wait(async { Ok(listed.await) }).ok()??;
    Some((branch.clone(), listed.tip(branch)?))
}

pub(crate) type Choice = (BranchName, Option<ObjectId>, Option<ObjectId>);

/// The branch, its tip, and the commit to fetch.
pub(crate) fn choose(
    endpoint: &Endpoint,
    wanted: &WantedBranch,
    purpose: Purpose,
    references: &[Ref],
) -> Result<Choice> {
    let mut branches: Vec<(BranchName, ObjectId)> = Vec::new();
    let mut default = None;
    for reference in references {
        let (name, target, _) = reference.unpack();
        match reference {
            Ref::Symbolic { target, .. } | Ref::Unborn { target, .. } if name == "HEAD" => {
                default = BranchName::of_reference(target);
            }
            _ => branches.extend(BranchName::of_reference(name).zip(target.map(gix::hash::oid::to_owned))),
        }
    }
    let names = || branches.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
    let tip_of = |branch: &BranchName| branches.iter().find(|(name, _)| name == branch).map(|(_, tip)| *tip);
    let branch = match wanted.branch.as_ref().or(default.as_ref()) {
        Some(branch) => branch.clone(),
        None if branches.is_empty() && !wanted.may_be_missing => {
            return Err(errors::empty(&endpoint.url, purpose));
        }
        None => return Err(errors::no_default_branch(&endpoint.url, &names())),
    };
    match tip_of(&branch) {
        Some(tip) => Ok((branch, Some(tip), Some(tip))),
        None if wanted.may_be_missing => Ok((branch, None, default.as_ref().and_then(tip_of))),
        None if branches.is_empty() => Err(errors::empty(&endpoint.url, purpose)),
        None => Err(errors::missing_branch(&endpoint.url, branch.as_str(), &names(), purpose)),
    }
}

/// How much of a commit's history is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// The commit alone.
    One,
    /// The whole history.
    All,
}

/// Fetches one commit and everything below it: the only negotiation of a client that has no objects.
pub(crate) fn receive(
    session: &Session,
    connection: &mut Connection,
    handshake: &Handshake,
    commit: ObjectId,
    depth: Depth,
) -> gix::Result<Repository> {
    let protocol = handshake.server_protocol_version;
    let mut features = Command::Fetch.default_features(protocol, &handshake.capabilities);
    features.push(agent());
    Response::check_required_features(protocol, &features)?;
    let all_in_sidebands = features.iter().any(|(name, _)| *name == "sideband-all");
    let mut arguments = Arguments::new(protocol, features, false);
    if depth == Depth::One && arguments.can_use_shallow() {
        arguments.deepen(1);
    }
    arguments.want(commit);
    let mut reader = arguments.send(&mut connection.transport, true)?;
    // A reader with a handler separates the pack from the words of the server.
    let unless_interrupted = || {
        let interrupted = &session.interrupted;
        Some(Box::new(move |_: bool, _: &[u8]| match interrupted.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }) as _)
    };
    if all_in_sidebands {
        reader.set_progress_handler(unless_interrupted());
    }
    let response = Response::from_line_reader(protocol, &mut reader, true, false)?;
    if !response.has_pack() {
        return Err(gix::Error::from_error(std::io::Error::other("the server sent no pack")));
    }
    if !all_in_sidebands {
        reader.set_progress_handler(unless_interrupted());
    }
    let mut pack = Vec::new();
    let limit = u64::try_from(LARGEST_PACK).unwrap_or(u64::MAX);
    reader.take(limit + 1).read_to_end(&mut pack).map_err(gix::Error::from_error)?;
    let pack = Pack::read(pack, &session.interrupted);
    pack.map(Repository::new).map_err(|error| gix::Error::from_error(session.refuse(error)))
}
