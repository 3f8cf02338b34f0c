//! The address of a repository, as people write it.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use deployer_core::{Error, Kind, Result};
use url::Url;

/// The address of a repository, free of credentials.
///
/// | written | read as |
/// |---|---|
/// | `github.com/acme/node.git`, `localhost:8443/node.git` | HTTPS |
/// | `https://github.com/acme/node.git` | HTTPS |
/// | `http://127.0.0.1:8080/node.git` | HTTP; hosts other than loopback only when that is allowed |
/// | `git@github.com:acme/node.git`, `ssh://git@host:22/acme/node.git` | SSH |
/// | `file:///srv/git/node.git`, `/srv/git/node.git`, `./node.git`, `../node.git` | a repository of this machine |
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RepositoryUrl {
    /// Smart HTTP, encrypted or not.
    Http(Url),
    /// Through the `ssh` program.
    Ssh(SshUrl),
    /// A folder, through the `git` program. It can be relative.
    Local(PathBuf),
}

/// The address of a repository behind SSH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshUrl {
    /// The user to log in as; `None` for the default of the `ssh` program.
    pub user: Option<String>,
    /// The host's name or address, or an alias of the user's SSH settings.
    pub host: String,
    /// The port; `None` for the default of the `ssh` program.
    pub port: Option<u16>,
    /// The path on the host, as the host reads it.
    pub path: String,
}

impl RepositoryUrl {
    /// Reads an address. `allow_http` allows unencrypted HTTP to other machines.
    ///
    /// # Errors
    /// `Settings` for an address that is invalid, contains credentials, or is not allowed. The error does not repeat an address that can
    /// contain credentials.
    pub fn parse(text: &str, allow_http: bool) -> Result<Self> {
        let text = text.trim();
        match text.split_once("://") {
            Some((scheme, rest)) => match scheme.to_ascii_lowercase().as_str() {
                "https" => http(text),
                "http" => http(text).and_then(|url| refuse_plain(url, allow_http)),
                "ssh" | "git+ssh" | "ssh+git" => ssh(rest),
                "file" => local(rest),
                _ => {
                    Err(wrong("its scheme is not known").with_hint("use https://, ssh://, file:// or a path"))
                }
            },
            None if ["/", "./", "../"].iter().any(|start| text.starts_with(start)) => local(text),
            None => match scp(text) {
                Some((user, host, path)) => ssh_url(user, host, None, path),
                None => http(&format!("https://{text}")),
            },
        }
    }

    /// Whether the address is reached over HTTPS.
    pub fn is_encrypted_http(&self) -> bool {
        matches!(self, Self::Http(url) if url.scheme() == "https")
    }

    /// Where the repository is, without scheme, user and `.git`: `github.com/acme/node`.
    pub fn name(&self) -> String {
        let whole = self.to_string();
        let whole = whole.split_once("://").map_or(whole.as_str(), |(_, rest)| rest);
        let name = match self {
            Self::Ssh(SshUrl { user: Some(user), .. }) => whole.strip_prefix(user).unwrap_or(whole),
            _ => whole,
        };
        name.trim_start_matches('@').trim_end_matches('/').trim_end_matches(".git").to_owned()
    }

    /// The name of the host, for messages.
    pub(crate) fn host(&self) -> &str {
        match self {
            Self::Http(url) => url.host_str().unwrap_or_default(),
            Self::Ssh(ssh) => &ssh.host,
            Self::Local(_) => "this machine",
        }
    }
}

/// `[user@]host:path`, git's short form for SSH; a port in its place makes it HTTPS.
fn scp(text: &str) -> Option<(Option<&str>, &str, &str)> {
    let (authority, path) = text.split_once(':')?;
    let port = path.split('/').next().unwrap_or_default();
    let (user, host) = match authority.split_once('@') {
        Some((user, host)) => (Some(user), host),
        None if port.bytes().all(|byte| byte.is_ascii_digit()) => return None,
        None => (None, authority),
    };
    // `user:password@host/path` is not a short form: the text before its colon is not a host.
    (!authority.contains('/') && !path.contains('@')).then_some((user, host, path))
}

fn http(text: &str) -> Result<RepositoryUrl> {
    let authority = text
        .split_once("://")
        .map_or(text, |(_, rest)| rest)
        .split(['/', '?', '#'])
        .next()
        .unwrap_or_default();
    if authority.contains('@') {
        return Err(holds_credentials());
    }
    let mut url = Url::parse(text).map_err(|cause| wrong(cause.to_string()))?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(
            wrong("it contains a query or a fragment").with_hint("leave out everything from `?` or `#` on")
        );
    }
    let path = url.path().trim_end_matches('/').to_owned();
    if path.is_empty() {
        return Err(wrong(format!("it names the host {authority} and no repository"))
            .with_hint("write host/path/of/repository.git"));
    }
    url.set_path(&path);
    Ok(RepositoryUrl::Http(url))
}

fn refuse_plain(url: RepositoryUrl, allow_http: bool) -> Result<RepositoryUrl> {
    let loopback = url.host() == "localhost"
        || url.host().trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if loopback || allow_http {
        return Ok(url);
    }
    Err(wrong(format!("http:// to {} is not encrypted", url.host()))
        .with_hint("use https://, or set `http.allow_http = true` when the network can be trusted"))
}

fn ssh(rest: &str) -> Result<RepositoryUrl> {
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (user, address) = match authority.rsplit_once('@') {
        Some((user, address)) => (Some(user), address),
        None => (None, authority),
    };
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => {
            let port = port.parse().map_err(|_| wrong("its port is no number from 1 to 65535"))?;
            (host, Some(port))
        }
        _ => (address, None),
    };
    // `ssh://host/~/x` is the user's home, as git reads it.
    let path = if path.starts_with('~') { path.to_owned() } else { format!("/{path}") };
    ssh_url(user, host.trim_matches(['[', ']']), port, &path)
}

/// Checks the parts that become arguments of the `ssh` program.
fn ssh_url(user: Option<&str>, host: &str, port: Option<u16>, path: &str) -> Result<RepositoryUrl> {
    if user.is_some_and(|user| user.contains(':')) {
        return Err(holds_credentials());
    }
    let plain = |text: &str, besides: &str| {
        !text.is_empty()
            && !text.starts_with('-')
            && text.chars().all(|c| c.is_alphanumeric() || "._-".contains(c) || besides.contains(c))
    };
    if !user.is_none_or(|user| plain(user, "")) || !plain(host, ":%") {
        return Err(wrong("its user or host contains characters that are not allowed"));
    }
    if path.trim_matches('/').is_empty() || path.starts_with('-') || path.chars().any(char::is_control) {
        return Err(wrong("it names no repository").with_hint("write git@host:path/of/repository.git"));
    }
    Ok(RepositoryUrl::Ssh(SshUrl {
        user: user.map(str::to_owned),
        host: host.to_owned(),
        port,
        path: path.to_owned(),
    }))
}

fn local(path: &str) -> Result<RepositoryUrl> {
    if path.is_empty() || path.contains('\0') {
        return Err(wrong("it names no folder"));
    }
    Ok(RepositoryUrl::Local(Path::new(path).to_owned()))
}

fn wrong(cause: impl fmt::Display) -> Error {
    Error::new(Kind::Settings, "the address of the git repository cannot be used").with_cause(cause)
}

fn holds_credentials() -> Error {
    wrong("it contains a user name or a password")
        .with_hint("leave out everything before the `@`; set `username` and `token` instead")
}

impl fmt::Display for RepositoryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(url) => write!(f, "{url}"),
            Self::Ssh(ssh) => {
                let host = if ssh.host.contains(':') { format!("[{}]", ssh.host) } else { ssh.host.clone() };
                f.write_str("ssh://")?;
                if let Some(user) = &ssh.user {
                    write!(f, "{user}@")?;
                }
                f.write_str(&host)?;
                if let Some(port) = ssh.port {
                    write!(f, ":{port}")?;
                }
                write!(f, "/{}", ssh.path.trim_start_matches('/'))
            }
            Self::Local(path) => write!(f, "{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        RepositoryUrl::parse(text, false)
            .map_or_else(|error| format!("{:?}", error.kind()), |url| url.to_string())
    }

    #[test]
    fn addresses_are_read_as_people_write_them() {
        for (text, expected) in [
            ("github.com/acme/node.git", "https://github.com/acme/node.git"),
            (" https://github.com/acme/node/ ", "https://github.com/acme/node"),
            ("localhost:8443/git/node.git", "https://localhost:8443/git/node.git"),
            ("http://127.0.0.1:80/n", "http://127.0.0.1/n"),
            ("http://[::1]:8080/n", "http://[::1]:8080/n"),
            ("git@github.com:acme/node.git", "ssh://git@github.com/acme/node.git"),
            ("alias:acme/node.git", "ssh://alias/acme/node.git"),
            ("ssh://git@host:2222/a/b.git", "ssh://git@host:2222/a/b.git"),
            ("ssh://[fe80::1]:22/a", "ssh://[fe80::1]:22/a"),
            ("file:///srv/a.git", "/srv/a.git"),
            ("./a.git", "./a.git"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn the_name_is_the_same_whatever_the_way() {
        for (text, expected) in [
            ("https://github.com/acme/node.git", "github.com/acme/node"),
            ("git@github.com:acme/node.git", "github.com/acme/node"),
            ("ssh://git@host:2222/a/b/", "host:2222/a/b"),
            ("localhost:8443/git/node", "localhost:8443/git/node"),
            ("file:///srv/git/node.git/", "/srv/git/node"),
        ] {
            assert_eq!(RepositoryUrl::parse(text, false).expect(text).name(), expected);
        }
    }

    #[test]
    fn paths_on_an_ssh_host_stay_as_git_reads_them() {
        let path = |text| match RepositoryUrl::parse(text, false) {
            Ok(RepositoryUrl::Ssh(ssh)) => ssh.path,
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(path("git@host:acme/node.git"), "acme/node.git");
        assert_eq!(path("ssh://git@host/acme/node.git"), "/acme/node.git");
        assert_eq!(path("ssh://git@host/~/node.git"), "~/node.git");
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        for text in [
            "",
            "github.com",
            "git://host/a.git",
            "http://git.example.com/a.git",
            "https://host/a?b=c",
            "-oProxyCommand=x:a",
            "ssh://-oProxyCommand=x/a",
            "git@host:",
            "git@host:-x",
            "ssh://host:99999/a",
            "file://",
        ] {
            assert_eq!(shown(text), "Settings", "{text}");
        }
    }

    #[test]
    fn credentials_in_an_address_are_refused_and_not_repeated() {
        for text in [
            "https://user:hunter2@host/a.git",
            "https://hunter2@host/a.git",
            "user:hunter2@host/a.git",
            "hunter2@host/a.git",
            "ssh://git:hunter2@host/a.git",
            "git:hunter2@host:a.git",
            "ftp://user:hunter2@host/a.git",
            "http://user:hunter2@127.0.0.1/a.git",
        ] {
            let error = RepositoryUrl::parse(text, false).expect_err(text);
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
