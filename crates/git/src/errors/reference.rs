//! Branches, tags and commits that are not there.

use deployer_core::error::nearest;
use deployer_core::{Error, Kind};

use gix::ObjectId;

use crate::branch::BranchName;
use crate::committish::Committish;
use crate::purpose::Purpose;
use crate::url::RepositoryUrl;

/// How many names a message lists.
const LISTED: usize = 20;

const CREATE: &str = "set `create_branch = true` to let the first deploy create it";

/// The branch is not there, and others are.
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

/// The tag is not there.
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
                .with_hint("set `branch` to one that holds the commit")
        }
        None => Error::new(Kind::NotFound, format!("the repository {url} does not give the commit {id}"))
            .with_hint("check the id: the commit may not be pushed, or be gone")
            .with_hint("some hosts give no commit by its id alone: set `branch` beside `commit` to a branch that holds it"),
    }
}

/// What was named is an object of another kind, such as a tag of a folder.
pub(crate) fn no_commit(url: &RepositoryUrl, named: &Committish) -> Error {
    Error::new(Kind::NotFound, format!("{named} of the repository {url} is no commit"))
        .with_hint("name a branch, the tag of a commit, or a commit")
}

/// There is nothing in the repository.
pub(crate) fn empty(url: &RepositoryUrl, purpose: Purpose) -> Error {
    let hint = match purpose {
        Purpose::Read => "push a first commit to it",
        Purpose::Write => {
            "push a first commit to it, or set `create_branch = true` to let the first deploy make it"
        }
    };
    Error::new(Kind::NotFound, format!("the repository {url} is empty: it has no branch and no commit"))
        .with_hint(hint)
}

/// No branch is set, and the repository does not say which one it means.
pub(crate) fn no_default_branch(url: &RepositoryUrl, existing: &[&str]) -> Error {
    let error =
        Error::new(Kind::Settings, format!("the repository {url} does not say which branch is its default"))
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
