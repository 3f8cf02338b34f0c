//! Push: one new commit on one branch, as a compare-and-swap. gix has no push of its own; the conversation is that of
//! `git help protocol-pack`, section "Pushing Data To a Server".

mod report;
mod request;

use std::collections::BTreeMap;
use std::sync::Arc;

use deployer_core::{Error, Kind, Result};
use gix::ObjectId;
use gix::progress::Discard;
use gix_protocol::transport::client::Capabilities;

use crate::branch::BranchName;
use crate::commit::NewCommit;
use crate::connect::{Connection, Purpose, connect};
use crate::errors::with_remote_words;
use crate::fetch::check_hash;
use crate::remote::Inner;
use crate::session::Session;
use report::Report;

/// The branches of a repository, as told to one who writes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Advertisement {
    branches: BTreeMap<BranchName, ObjectId>,
}

impl Advertisement {
    /// The commit that a branch points at; none when there is no such branch.
    pub fn tip(&self, branch: &BranchName) -> Option<ObjectId> {
        self.branches.get(branch).copied()
    }
}

/// What the host said about a push that it took.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pushed {
    /// Its words, line by line; often none.
    pub remote: Vec<String>,
}

/// A connection whose other side waits for commands.
struct Receiver {
    connection: Connection,
    capabilities: Capabilities,
    advertisement: Advertisement,
}

fn open(session: &Arc<Session>, remote: &Inner, attempted: &str) -> Result<Receiver> {
    let mut connection = connect(session, remote, Purpose::Write)?;
    let service = Purpose::Write.service();
    let handshake =
        gix_protocol::handshake(&mut connection.transport, service, |_| Ok(None), Vec::new(), &mut Discard)
            .map_err(|cause| connection.explain(session, remote, attempted, &cause))?;
    check_hash(remote, &handshake)?;
    let mut advertisement = Advertisement::default();
    for reference in handshake.refs.iter().flatten() {
        let (name, target, _) = reference.unpack();
        advertisement
            .branches
            .extend(BranchName::of_reference(name).zip(target.map(gix::hash::oid::to_owned)));
    }
    Ok(Receiver { connection, capabilities: handshake.capabilities, advertisement })
}

/// Asks for the branches and takes leave.
pub(crate) fn advertisement(session: &Arc<Session>, remote: &Inner) -> Result<Advertisement> {
    let mut receiver = open(session, remote, &format!("ask {} for write access", remote.url))?;
    // A courtesy to servers at the end of a pipe; the answer has been read.
    gix_protocol::indicate_end_of_interaction(&mut receiver.connection.transport, false).ok();
    Ok(receiver.advertisement)
}

/// Pushes a commit onto `tip`.
pub(crate) fn push(
    session: &Arc<Session>,
    remote: &Inner,
    branch: &BranchName,
    tip: Option<ObjectId>,
    commit: &NewCommit,
) -> Result<Pushed> {
    let attempted = format!("push to branch {branch} of {}", remote.url);
    let mut receiver = open(session, remote, &attempted)?;
    let now = receiver.advertisement.tip(branch);
    if now == Some(commit.id) {
        return Ok(Pushed::default());
    }
    if now != tip {
        return Err(moved(&attempted, tip, now));
    }
    request::check_capabilities(&receiver.capabilities, remote)?;
    let request = request::encode(branch, tip, commit, &receiver.capabilities).map_err(|cause| {
        Error::new(Kind::Bug, format!("{attempted}: the request cannot be written")).with_cause(cause)
    })?;
    session.begin_writing();
    let report = request::send(&mut receiver.connection, &request)
        .and_then(|answer| Report::parse(&answer, &branch.reference()))
        .map_err(|cause| {
            receiver.connection.explain(session, remote, &attempted, &gix::Error::from_error(cause))
        })?;
    tracing::debug!(repository = %remote.url, %branch, commit = %commit.id, taken = report.is_taken(), "pushed");
    match report.refusal() {
        None => Ok(Pushed { remote: report.remote }),
        Some(reason) => Err(refused(session, remote, branch, tip, &attempted, reason, &report.remote)),
    }
}

/// Hosts word a lost race in many ways; a branch that has moved by now tells it apart from all other refusals.
fn refused(
    session: &Arc<Session>,
    remote: &Inner,
    branch: &BranchName,
    tip: Option<ObjectId>,
    attempted: &str,
    reason: &str,
    words: &[String],
) -> Error {
    let now = open(session, remote, attempted).ok().map(|receiver| receiver.advertisement.tip(branch));
    if let Some(now) = now.filter(|now| *now != tip) {
        return moved(attempted, tip, now);
    }
    let error = Error::new(Kind::Rejected, format!("{attempted}: the host declines the commit"))
        .with_cause(reason)
        .with_hint("the branch may be protected or a hook may forbid the change: see what the host says, or deploy to another branch");
    with_remote_words(error, words)
}

fn moved(attempted: &str, tip: Option<ObjectId>, now: Option<ObjectId>) -> Error {
    let show = |tip: Option<ObjectId>| {
        tip.map_or_else(|| "no commit".to_owned(), |tip| tip.to_hex_with_len(12).to_string())
    };
    Error::new(
        Kind::Conflict,
        format!("{attempted}: the branch has moved from {} to {}", show(tip), show(now)),
    )
    .with_hint("somebody else pushed meanwhile: their commit is kept, and deploying again plans on top of it")
}
