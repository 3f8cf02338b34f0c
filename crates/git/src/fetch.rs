//! One branch at depth 1.

use std::num::NonZeroU32;
use std::sync::Arc;

use deployer_core::{Error, Kind, Result};
use gix::ObjectId;
use gix::progress::Discard;
use gix_protocol::fetch::negotiate::{Action, Round, one_round};
use gix_protocol::fetch::{Arguments, Context, Negotiate, Options, Response, Shallow, Tags};
use gix_protocol::handshake::Ref;
use gix_protocol::ls_refs::RefPrefixes;
use gix_protocol::{Handshake, LsRefsCommand};

use crate::branch::BranchName;
use crate::connect::{Connection, Purpose, connect};
use crate::errors;
use crate::remote::Inner;
use crate::repository::Repository;
use crate::session::Session;

/// Which branch to fetch.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The branch; the one that the repository's HEAD names without one.
    pub branch: Option<BranchName>,
    /// Whether the branch may be missing. Then the default branch is fetched in its place, where there is one.
    pub may_be_missing: bool,
}

/// A branch as it was fetched.
#[derive(Debug)]
pub struct Fetched {
    /// The branch.
    pub branch: BranchName,
    /// The commit that the branch points at; none when there is no such branch.
    pub tip: Option<ObjectId>,
    /// The commit that was fetched: the tip, or that of the default branch when there is no such branch; none when the
    /// repository is empty.
    pub base: Option<ObjectId>,
    /// Holds the commit and everything below it, without its history.
    pub repository: Repository,
}

/// How we introduce ourselves.
pub(crate) fn agent() -> (&'static str, Option<String>) {
    ("agent", Some(concat!("git/sesam-deployer-", env!("CARGO_PKG_VERSION")).to_owned()))
}

/// Fetches in three round trips: the handshake, the names of the branches, the objects.
pub(crate) fn fetch(session: &Arc<Session>, remote: &Inner, wanted: &Wanted) -> Result<Fetched> {
    let attempted = format!("read {}", remote.url);
    let mut connection = connect(session, remote, Purpose::Read)?;
    let explain =
        |connection: &Connection, cause: gix::Error| connection.explain(session, remote, &attempted, &cause);
    let (mut handshake, references) =
        references(&mut connection, &BRANCHES).map_err(|cause| explain(&connection, cause))?;
    check_hash(remote, &handshake)?;
    let (branch, tip, base) = choose(remote, wanted, Purpose::Write, &references)?;
    let repository = Repository::create()?;
    if let Some(base) = base {
        let local = repository.open()?;
        let received = receive(session, &mut connection, &mut handshake, &local, base, &TIP_ALONE);
        received.map_err(|cause| explain(&connection, cause))?;
    }
    // A courtesy to servers at the end of a pipe; the answer has been read.
    gix_protocol::indicate_end_of_interaction(&mut connection.transport, false).ok();
    tracing::debug!(repository = %remote.url, %branch, tip = ?tip, "fetched");
    Ok(Fetched { branch, tip, base, repository })
}

/// The references that tell branches and the default one.
pub(crate) const BRANCHES: [&str; 2] = ["HEAD", "refs/heads/"];

/// A commit without its history.
pub(crate) const TIP_ALONE: Shallow = Shallow::DepthAtRemote(NonZeroU32::MIN);

/// Shakes hands, and asks for the references that begin with these texts. A server of an old protocol tells all that it has.
pub(crate) fn references(
    connection: &mut Connection,
    beginnings: &[&str],
) -> gix::Result<(Handshake, Vec<Ref>)> {
    let transport = &mut connection.transport;
    let service = Purpose::Read.service();
    let mut handshake =
        gix_protocol::handshake(&mut *transport, service, |_| Ok(None), Vec::new(), &mut Discard)?;
    let references = match handshake.refs.take() {
        Some(references) => references,
        None => {
            let mut prefixes = RefPrefixes::new();
            prefixes.extend(beginnings.iter().map(|beginning| (*beginning).into()));
            LsRefsCommand::new(Some(prefixes), &handshake.capabilities, agent()).invoke_blocking(
                &mut *transport,
                &mut Discard,
                false,
            )?
        }
    };
    Ok((handshake, references))
}

/// SHA-256 repositories exist (`git init --object-format=sha256`); no public host offers them.
pub(crate) fn check_hash(remote: &Inner, handshake: &Handshake) -> Result<()> {
    let format = handshake
        .capabilities
        .capability("object-format")
        .and_then(|format| format.value().map(ToString::to_string));
    match format.as_deref() {
        None | Some("sha1") => Ok(()),
        Some(other) => {
            Err(Error::new(Kind::Unexpected, format!("the repository {} uses {other} hashes", remote.url))
                .with_hint("only repositories with SHA-1 hashes can be used"))
        }
    }
}

pub(crate) type Choice = (BranchName, Option<ObjectId>, Option<ObjectId>);

/// The branch, its tip, and the commit to fetch.
pub(crate) fn choose(
    remote: &Inner,
    wanted: &Wanted,
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
            return Err(errors::empty(&remote.url, purpose));
        }
        None => return Err(errors::no_default_branch(&remote.url, &names())),
    };
    match tip_of(&branch) {
        Some(tip) => Ok((branch, Some(tip), Some(tip))),
        None if wanted.may_be_missing => Ok((branch, None, default.as_ref().and_then(tip_of))),
        None if branches.is_empty() => Err(errors::empty(&remote.url, purpose)),
        None => Err(errors::missing_branch(&remote.url, branch.as_str(), &names(), purpose)),
    }
}

/// Fetches one commit and everything below it into the repository.
pub(crate) fn receive(
    session: &Session,
    connection: &mut Connection,
    handshake: &mut Handshake,
    repository: &gix::Repository,
    commit: ObjectId,
    shallow: &Shallow,
) -> gix::Result<()> {
    let packs = repository.objects.store_ref().path().join("pack");
    let options = gix_pack::bundle::write::Options { thread_limit: Some(1), ..Default::default() };
    gix_protocol::fetch(
        &mut OneCommit(commit),
        |pack, progress, interrupted| {
            let nothing_here = None::<gix::OdbHandle>;
            gix_pack::Bundle::write_to_directory(
                pack,
                Some(&packs),
                progress,
                interrupted,
                nothing_here,
                gix::hash::Kind::Sha1,
                options,
            )?;
            Ok(true)
        },
        Discard,
        &session.interrupted,
        Context {
            handshake,
            transport: &mut connection.transport,
            user_agent: agent(),
            trace_packetlines: false,
        },
        Options {
            shallow_file: repository.shallow_file()?,
            shallow,
            tags: Tags::None,
            reject_shallow_remote: false,
        },
    )?;
    Ok(())
}

/// The negotiation of someone who has nothing and wants one commit.
struct OneCommit(ObjectId);

impl Negotiate for OneCommit {
    fn mark_complete_and_common_ref(&mut self) -> gix::Result<Action> {
        Ok(Action::MustNegotiate { remote_ref_target_known: vec![false] })
    }

    fn add_wants(&mut self, arguments: &mut Arguments, _: &[bool]) -> bool {
        arguments.want(self.0);
        true
    }

    fn one_round(
        &mut self,
        state: &mut one_round::State,
        _: &mut Arguments,
        _: Option<&Response>,
    ) -> gix::Result<(Round, bool)> {
        let round = Round {
            haves_sent: 0,
            in_vain: 0,
            haves_to_send: state.haves_to_send,
            previous_response_had_at_least_one_in_common: false,
        };
        Ok((round, true))
    }
}
