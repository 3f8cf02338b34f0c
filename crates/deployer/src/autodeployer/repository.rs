//! The forms of `GIT_REPO`.

/// How the repository is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Repository {
    /// Over HTTPS, or HTTP if it says so.
    Http(String),
    /// Over SSH.
    Ssh(String),
}

impl Repository {
    /// Reads the variable. `has_user` is whether a user name is set: then every form is an address for HTTPS.
    pub(super) fn read(text: &str, has_user: bool) -> Self {
        let text = text.trim();
        match (scp(text), text.strip_prefix("ssh://")) {
            (Some((_, host, path)), _) if has_user => Self::Http(format!("https://{host}/{path}")),
            (Some((user, host, path)), _) => Self::Ssh(format!("{}@{host}:{path}", user.unwrap_or("git"))),
            (None, Some(rest)) if has_user => {
                let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
                Self::Http(format!("https://{rest}"))
            }
            (None, Some(_)) => Self::Ssh(text.to_owned()),
            (None, None) if text.contains("://") => Self::Http(text.to_owned()),
            (None, None) => Self::Http(format!("https://{text}")),
        }
    }

    /// The address.
    pub(super) fn url(&self) -> &str {
        match self {
            Self::Http(url) | Self::Ssh(url) => url,
        }
    }

    /// The host of an address for SSH.
    pub(super) fn ssh_host(&self) -> Option<&str> {
        let Self::Ssh(url) = self else { return None };
        let rest = url.strip_prefix("ssh://").unwrap_or(url);
        let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
        rest.split([':', '/']).next()
    }
}

/// User, host and path of `user@host:path` or `host:path`. A number after the colon is a port.
fn scp(text: &str) -> Option<(Option<&str>, &str, &str)> {
    let (before, path) = text.split_once(':')?;
    let port = path.split('/').next().unwrap_or_default();
    let is_port = !port.is_empty() && port.chars().all(|c| c.is_ascii_digit());
    if before.is_empty() || before.contains('/') || path.is_empty() || path.starts_with("//") || is_port {
        return None;
    }
    let (user, host) = match before.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, before),
    };
    Some((user, host, path.trim_start_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_repository_is_an_address() {
        for (text, with_key, with_user) in [
            ("git@github.com:acme/a.git", "git@github.com:acme/a.git", "https://github.com/acme/a.git"),
            ("github.com:acme/a.git", "git@github.com:acme/a.git", "https://github.com/acme/a.git"),
            ("ssh://git@host:2222/a.git", "ssh://git@host:2222/a.git", "https://host:2222/a.git"),
            (
                "https://github.com/acme/a.git",
                "https://github.com/acme/a.git",
                "https://github.com/acme/a.git",
            ),
            ("github.com/acme/a.git", "https://github.com/acme/a.git", "https://github.com/acme/a.git"),
            ("host:8443/a.git", "https://host:8443/a.git", "https://host:8443/a.git"),
        ] {
            assert_eq!(Repository::read(text, false).url(), with_key, "{text}");
            assert_eq!(Repository::read(text, true), Repository::Http(with_user.to_owned()), "{text}");
        }
        for (text, host) in
            [("github.com:a", Some("github.com")), ("ssh://git@h:22/a", Some("h")), ("h/a", None)]
        {
            assert_eq!(Repository::read(text, false).ssh_host(), host, "{text}");
        }
    }
}
