//! The errors that `ssh` and `git` write to their standard error.

use deployer_core::{Error, Kind, Retry};

use super::words::words;
use crate::url::RepositoryUrl;

/// The error for the standard error of a process; `None` if it is empty. `LC_ALL=C` keeps the words English.
pub(crate) fn complaint(url: &RepositoryUrl, text: &str) -> Option<Error> {
    let lines = words(text);
    if lines.is_empty() {
        return None;
    }
    let says = |wanted: &[&str]| wanted.iter().any(|wanted| text.contains(wanted));
    let error = if says(&[
        "Permission denied (",
        "Too many authentication failures",
        "No more authentication methods",
    ]) {
        Error::new(Kind::Unauthenticated, format!("{} rejects all SSH keys", url.host())).with_hint(
            "set `ssh_key` to a key without a passphrase that is registered at the host, or load one into the SSH agent",
        )
    } else if says(&[
        "Host key verification failed",
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        "key is known for",
    ]) {
        Error::new(Kind::Settings, format!("the SSH host key of {} is unknown or has changed", url.host()))
            .with_hint("compare the host's published key with the file `known_hosts`, and add it there")
    } else if says(&["Could not resolve hostname"]) {
        Error::new(Kind::Unavailable, format!("the name {} cannot be resolved", url.host()))
            .with_retry(Retry::Soon)
            .with_hint("check the spelling of the host")
    } else if says(&[
        "connect to host",
        "Connection closed",
        "Connection reset",
        "Connection timed out",
        "kex_exchange",
    ]) {
        Error::new(Kind::Unavailable, format!("no SSH connection to {}", url.host()))
            .with_retry(Retry::Soon)
            .with_hint("check host and port, and whether the network lets SSH out")
    } else if says(&[
        "not appear to be a git repository",
        "not found",
        "does not exist",
        "not a git repository",
    ]) {
        Error::new(Kind::NotFound, format!("there is no repository {url}")).with_hint(
            "check the address; hosts also answer this for a repository without access for the key",
        )
    } else if says(&["dubious ownership"]) {
        Error::new(Kind::Denied, format!("git does not trust {url}, which belongs to another user"))
            .with_hint("run as the owner of the repository, or name it in git's setting safe.directory")
    } else if says(&["read-only", "ermission denied", "denied to", "access denied", "not allowed"]) {
        Error::new(Kind::Denied, format!("no access to {url}")).with_hint(
            "give the key write access to the content of the repository; an archived repository cannot be written",
        )
    } else {
        Error::new(Kind::Unexpected, format!("the connection to {url} ended"))
    };
    Some(lines.into_iter().fold(error, Error::with_detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_are_told_apart() {
        let url = RepositoryUrl::parse("git@host:a.git", false).expect("an address");
        for (text, kind) in [
            ("git@host: Permission denied (publickey).", Kind::Unauthenticated),
            ("No ED25519 host key is known for host and you have requested strict checking.", Kind::Settings),
            ("ssh: Could not resolve hostname host: Name or service not known", Kind::Unavailable),
            ("ssh: connect to host host port 22: Connection refused", Kind::Unavailable),
            ("fatal: 'a.git' does not appear to be a git repository", Kind::NotFound),
            ("ERROR: Repository not found.", Kind::NotFound),
            ("ERROR: Permission to a/b.git denied to c.", Kind::Denied),
            ("ERROR: This repository was archived so it is read-only.", Kind::Denied),
            ("something new", Kind::Unexpected),
        ] {
            let error = complaint(&url, text).expect("a failure");
            assert_eq!((error.kind(), error.details()), (kind, &[text.to_owned()][..]));
        }
        assert!(complaint(&url, " \n").is_none());
    }
}
