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
use crate::connect::{Connection, connect};
use crate::endpoint::Endpoint;
use crate::errors::with_remote_words;
use crate::handshake::check_hash;
use crate::listed::ListedReferences;
use crate::purpose::Purpose;
use crate::session::Session;
use report::Report;

/// The branches of a repository, as the host lists them to a client with write access.
#[derive(Debug, Clone, Default)]
pub struct Advertisement {
    branches: BTreeMap<BranchName, ObjectId>,
    /// The answer itself, over HTTP.
    listed: Option<ListedReferences>,
}

impl Advertisement {
    /// The tip of a branch; `None` if there is no such branch.
    pub fn tip(&self, branch: &BranchName) -> Option<ObjectId> {
        self.branches.get(branch).copied()
    }
}

/// A push that the host accepted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pushed {
    /// The words of the host, line by line; often none.
    pub remote: Vec<String>,
}

/// A connection to a host that waits for commands.
struct Receiver {
    connection: Connection,
    capabilities: Capabilities,
    advertisement: Advertisement,
}

fn open(session: &Arc<Session>, endpoint: &Endpoint, attempted: &str) -> Result<Receiver> {
    let mut connection = connect(session, endpoint, Purpose::Write)?;
    let service = Purpose::Write.service();
    let handshake =
        gix_protocol::handshake(&mut connection.transport, service, |_| Ok(None), Vec::new(), &mut Discard)
            .map_err(|cause| connection.explain(session, endpoint, attempted, &cause))?;
    check_hash(endpoint, &handshake)?;
    let mut advertisement = Advertisement::default();
    for reference in handshake.refs.iter().flatten() {
        let (name, target, _) = reference.unpack();
        advertisement
            .branches
            .extend(BranchName::of_reference(name).zip(target.map(gix::hash::oid::to_owned)));
    }
    advertisement.listed = session.take_references();
    Ok(Receiver { connection, capabilities: handshake.capabilities, advertisement })
}

/// Lists the remote branches and disconnects.
pub(crate) fn advertisement(session: &Arc<Session>, endpoint: &Endpoint) -> Result<Advertisement> {
    let mut receiver = open(session, endpoint, &format!("check write access to {}", endpoint.url))?;
    // A failure does not matter, because the answer has been read.
    gix_protocol::indicate_end_of_interaction(&mut receiver.connection.transport, false).ok();
    Ok(receiver.advertisement)
}

/// Pushes a commit onto `tip`. `seen` begins the conversation if it lists the branch with this tip.
pub(crate) fn push(
    session: &Arc<Session>,
    endpoint: &Endpoint,
    branch: &BranchName,
    tip: Option<ObjectId>,
    commit: &NewCommit,
    seen: Option<Advertisement>,
) -> Result<Pushed> {
    let seen = seen.filter(|seen| seen.tip(branch) == tip);
    if let Some(listed) = seen.and_then(|seen| seen.listed) {
        session.keep_references(listed);
    }
    let name = format!("push to branch {branch} of {}", endpoint.url);
    Attempt { session, endpoint, branch, tip, commit, name }.run()
}

/// One push under way.
struct Attempt<'a> {
    session: &'a Arc<Session>,
    endpoint: &'a Endpoint,
    branch: &'a BranchName,
    tip: Option<ObjectId>,
    commit: &'a NewCommit,
    /// What messages call it.
    name: String,
}

impl Attempt<'_> {
    fn run(&self) -> Result<Pushed> {
        let (branch, commit, name) = (self.branch, self.commit, &self.name);
        let mut receiver = open(self.session, self.endpoint, name)?;
        let now = receiver.advertisement.tip(branch);
        if now == Some(commit.id) {
            return Ok(Pushed::default());
        }
        if now != self.tip {
            return Err(moved(name, self.tip, now));
        }
        request::check_capabilities(&receiver.capabilities, self.endpoint)?;
        let command =
            request::command(branch, self.tip, commit, &receiver.capabilities).map_err(|cause| {
                Error::new(Kind::Bug, format!("{name}: the request cannot be written")).with_cause(cause)
            })?;
        self.session.begin_writing()?;
        let report = request::send(&mut receiver.connection, &[&command, &commit.pack])
            .and_then(|answer| Report::parse(&answer, &branch.reference()))
            .map_err(|cause| {
                let cause = gix::Error::from_error(cause);
                receiver.connection.explain(self.session, self.endpoint, name, &cause)
            })?;
        tracing::debug!(repository = %self.endpoint.url, %branch, commit = %commit.id, taken = report.is_taken(), "pushed");
        match report.refusal {
            None => Ok(Pushed { remote: report.remote }),
            Some(reason) => self.after_refusal(&reason, report.remote),
        }
    }

    /// Finds out why a push was refused. Hosts word a lost race in many ways, and a proxy can send a push twice, so that the second one is
    /// refused because of the first. The tip of the branch shows which case it is.
    fn after_refusal(&self, reason: &str, words: Vec<String>) -> Result<Pushed> {
        match open(self.session, self.endpoint, &self.name).map(|now| now.advertisement.tip(self.branch)) {
            Ok(now) if now == Some(self.commit.id) => Ok(Pushed { remote: words }),
            Ok(now) if now != self.tip => Err(moved(&self.name, self.tip, now)),
            Ok(_) => {
                let text = format!("{}: the host declines the commit", self.name);
                let error = Error::new(Kind::Rejected, text).with_cause(reason).with_hint(
                    "the branch can be protected, or a hook can forbid the change: see the host's words, or deploy to another branch",
                );
                Err(with_remote_words(error, &words))
            }
            Err(look) => {
                let text =
                    format!("{}: the host declines the commit, and its branch cannot be read", self.name);
                let error = Error::new(Kind::UnknownOutcome, text).with_cause(reason).with_related(look);
                Err(with_remote_words(error, &words))
            }
        }
    }
}

fn moved(attempted: &str, tip: Option<ObjectId>, now: Option<ObjectId>) -> Error {
    let show = |tip: Option<ObjectId>| {
        tip.map_or_else(|| "no commit".to_owned(), |tip| tip.to_hex_with_len(12).to_string())
    };
    Error::new(
        Kind::Conflict,
        format!("{attempted}: the branch has moved from {} to {}", show(tip), show(now)),
    )
    .with_hint("somebody else pushed meanwhile. Their commit is kept: deploy again to plan on top of it")
}
