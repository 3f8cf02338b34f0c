//! The errors for missing branches, tags and commits.

use deployer_core::error::nearest;
use deployer_core::{Error, Kind};

use gix::ObjectId;

use crate::branch::BranchName;
use crate::committish::Committish;
use crate::purpose::Purpose;
use crate::url::RepositoryUrl;

/// The most names in a message.
const LISTED: usize = 20;

const CREATE: &str = "set `create_branch = true` to let the first deploy create it";

/// There is no such branch, but others.
pub(crate) fn missing_branch(
    url: &RepositoryUrl,
    branch: &str,
    existing: &[&str],
    purpose: Purpose,
) -> Error {
    let error = Error::new(Kind::NotFound, format!("the repository {url} has no branch {branch}"))
        .with_detail(format!("its branches: {}", listed(existing)));
    match (nearest(branch, existing.iter().copied()), purpose) {
        (Some(nearest), Purpose::Write) => error.with_hint(format!("did you mean {nearest}? Else {CREATE}")),
        (None, Purpose::Write) => error.with_hint(CREATE),
        (Some(nearest), Purpose::Read) => error.with_hint(format!("did you mean {nearest}?")),
        (None, Purpose::Read) => error.with_hint("set `branch` to one of them"),
    }
}

/// There is no such tag.
pub(crate) fn missing_tag(url: &RepositoryUrl, tag: &str, existing: &[&str]) -> Error {
    let error = Error::new(Kind::NotFound, format!("the repository {url} has no tag {tag}"));
    let error = match existing {
        [] => error.with_detail("it has no tags"),
        _ => error.with_detail(format!("its tags: {}", listed(existing))),
    };
    match nearest(tag, existing.iter().copied()) {
        Some(nearest) => error.with_hint(format!("did you mean {nearest}?")),
        None => error.with_hint("push the tag to the repository, or set `branch`"),
    }
}

/// The host does not give the commit.
pub(crate) fn missing_commit(url: &RepositoryUrl, id: ObjectId, branch: Option<&BranchName>) -> Error {
    match branch {
        Some(branch) => {
            Error::new(Kind::NotFound, format!("branch {branch} of the repository {url} has no commit {id}"))
                .with_hint("set `branch` to one that contains the commit")
        }
        None => Error::new(Kind::NotFound, format!("the repository {url} does not give the commit {id}"))
            .with_hint("check the id: perhaps the commit was not pushed, or was removed")
            .with_hint(
                "some hosts give no commit by its id alone: set `branch` too, to a branch that contains it",
            ),
    }
}

/// The name is that of another kind of object, such as a tag of a folder.
pub(crate) fn no_commit(url: &RepositoryUrl, named: &Committish) -> Error {
    Error::new(Kind::NotFound, format!("{named} of the repository {url} is not a commit"))
        .with_hint("name a branch, the tag of a commit, or a commit")
}

/// The repository is empty.
pub(crate) fn empty(url: &RepositoryUrl, purpose: Purpose) -> Error {
    let hint = match purpose {
        Purpose::Read => "push a first commit to it",
        Purpose::Write => {
            "push a first commit to it, or set `create_branch = true` to let the first deploy create it"
        }
    };
    Error::new(Kind::NotFound, format!("the repository {url} is empty: it has no branch and no commit"))
        .with_hint(hint)
}

/// No branch is set, and the repository has no default branch.
pub(crate) fn no_default_branch(url: &RepositoryUrl, existing: &[&str]) -> Error {
    let error = Error::new(Kind::Settings, format!("the repository {url} has no default branch"))
        .with_hint("set `branch`");
    if existing.is_empty() { error } else { error.with_detail(format!("its branches: {}", listed(existing))) }
}

fn listed(names: &[&str]) -> String {
    let mut text = names.iter().take(LISTED).copied().collect::<Vec<_>>().join(", ");
    if names.len() > LISTED {
        text.push_str(&format!(" and {} more", names.len() - LISTED));
    }
    text
}
