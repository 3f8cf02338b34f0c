//! Checks of addresses, so that a wrong one is told by the name of the variable that holds it. The address itself is not shown: it
//! may hold a password.

use url::{Host, Url};

/// What an address says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Address {
    /// How it is reached.
    pub(super) scheme: Scheme,
    /// Whether it is on this machine.
    pub(super) is_loopback: bool,
}

impl Address {
    /// Whether credentials would be sent in the clear to another machine.
    pub(super) fn is_unencrypted(self) -> bool {
        self.scheme == Scheme::Http && !self.is_loopback
    }
}

/// Whether an address sends credentials in the clear to another machine. An invalid one does not: its own check reports it.
#[cfg(feature = "watch")]
pub(crate) fn is_unencrypted(address: &str) -> bool {
    service(address).is_ok_and(Address::is_unencrypted)
}

/// How something is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    /// `https://`, or nothing
    Https,
    /// `http://`
    Http,
    /// `ssh://` or `user@host:path`; repositories only
    Ssh,
    /// `file://` or a path; repositories only
    File,
}

/// Reads the address of a service.
///
/// # Errors
/// What is wrong with it, to follow the name of the variable.
pub(super) fn service(text: &str) -> Result<Address, &'static str> {
    let text = text.trim();
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    if with_scheme.contains(char::is_whitespace) {
        return Err("holds a blank");
    }
    let url = Url::parse(&with_scheme).map_err(|_| "is no address")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user name or password, which do not belong into an address");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("holds a `?` or `#`");
    }
    let is_loopback = match url.host() {
        None => return Err("names no host"),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
    };
    match url.scheme() {
        "https" => Ok(Address { scheme: Scheme::Https, is_loopback }),
        "http" => Ok(Address { scheme: Scheme::Http, is_loopback }),
        _ => Err("has a scheme other than https and http"),
    }
}

/// Reads the address of a repository.
///
/// # Errors
/// As [`service`].
pub(super) fn repository(text: &str) -> Result<Address, &'static str> {
    let text = text.trim();
    let local = ["file://", "/", "./", "../"].iter().any(|start| text.starts_with(start));
    let remote_shell = text.starts_with("ssh://")
        || (!text.contains("://")
            && text.split_once(':').is_some_and(|(host, _)| host.contains('@') && !host.contains('/')));
    match (local, remote_shell) {
        (true, _) => Ok(Address { scheme: Scheme::File, is_loopback: true }),
        (_, true) => Ok(Address { scheme: Scheme::Ssh, is_loopback: false }),
        _ => service(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_scheme_is_https() {
        for text in
            ["datahub.sesam.cloud", "https://datahub.sesam.cloud/", "127.0.0.1:8443/api", "[::1]:8443"]
        {
            assert_eq!(service(text).unwrap().scheme, Scheme::Https, "{text}");
        }
        assert_eq!(service("http://localhost:1"), Ok(Address { scheme: Scheme::Http, is_loopback: true }));
    }

    #[test]
    fn only_this_machine_is_reached_in_the_clear() {
        for (address, expected) in [
            ("http://vault:8200", true),
            ("http://localhost:8200", false),
            ("http://127.0.0.1", false),
            ("https://vault", false),
            ("vault", false),
        ] {
            assert_eq!(is_unencrypted(address), expected, "{address}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in
            ["", "https://", "a b", "ftp://x", "https://u:p@host", "host?x=1", "https://u@host", "host:port"]
        {
            assert!(service(text).is_err(), "{text}");
        }
    }

    #[test]
    fn repositories_have_more_ways() {
        for (text, scheme) in [
            ("github.com/acme/node.git", Scheme::Https),
            ("git@github.com:acme/node.git", Scheme::Ssh),
            ("ssh://git@host/acme/node.git", Scheme::Ssh),
            ("file:///srv/node.git", Scheme::File),
            ("/srv/node.git", Scheme::File),
        ] {
            assert_eq!(repository(text).unwrap().scheme, scheme, "{text}");
        }
        assert!(repository("https://user:token@github.com/acme/node.git").is_err());
        assert!(repository("user:token@github.com/acme/node.git").is_err());
    }
}
