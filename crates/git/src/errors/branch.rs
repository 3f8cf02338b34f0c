//! Branches that are not there.

use deployer_core::error::nearest;
use deployer_core::{Error, Kind};

use crate::url::RepositoryUrl;

/// How many branches a message lists.
const LISTED: usize = 20;

const CREATE: &str = "set `create_branch = true` to let the first deploy create it";

/// The branch is not there, and others are.
pub(crate) fn missing_branch(url: &RepositoryUrl, branch: &str, existing: &[&str]) -> Error {
    let error = Error::new(Kind::NotFound, format!("the repository {url} has no branch {branch}"))
        .with_detail(format!("its branches: {}", listed(existing)));
    match nearest(branch, existing.iter().copied()) {
        Some(nearest) => error.with_hint(format!("did you mean {nearest}? Else {CREATE}")),
        None => error.with_hint(CREATE),
    }
}

/// There is nothing in the repository.
pub(crate) fn empty(url: &RepositoryUrl) -> Error {
    Error::new(Kind::NotFound, format!("the repository {url} is empty: it has no branch and no commit"))
        .with_hint("push a first commit to it, or set `create_branch = true` to let the first deploy make it")
}

/// No branch is set, and the repository does not say which one it means.
pub(crate) fn no_default_branch(url: &RepositoryUrl, existing: &[&str]) -> Error {
    let error =
        Error::new(Kind::Settings, format!("the repository {url} does not say which branch is its default"))
            .with_hint("set `branch`");
    if existing.is_empty() { error } else { error.with_detail(format!("its branches: {}", listed(existing))) }
}

fn listed(branches: &[&str]) -> String {
    let mut text = branches.iter().take(LISTED).copied().collect::<Vec<_>>().join(", ");
    if branches.len() > LISTED {
        text.push_str(&format!(" and {} more", branches.len() - LISTED));
    }
    text
}
