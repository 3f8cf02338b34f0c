//! Checks of addresses, so that a wrong one is reported by the name of its variable. The address itself is not shown: it can contain a
//! password.

use url::{Host, Url};

/// How something is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    /// `https://`, or nothing
    Https,
    /// `http://` to another machine
    Http,
    /// `http://` to this machine
    LocalHttp,
    /// SSH or a path; repositories only
    Other,
}

/// Reads an address, or says what is wrong with it.
pub(super) type AddressReader = fn(&str) -> Result<Scheme, &'static str>;

/// Whether an address sends credentials in the clear to another machine. An invalid one does not: its own check reports it.
#[cfg(feature = "watch")]
pub(crate) fn is_unencrypted(address: &str) -> bool {
    service(address) == Ok(Scheme::Http)
}

/// Reads the address of a service.
///
/// # Errors
/// What is wrong with it, to follow the name of the variable.
pub(super) fn service(text: &str) -> Result<Scheme, &'static str> {
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
    let is_here = match url.host().ok_or("names no host")? {
        Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    match url.scheme() {
        "https" => Ok(Scheme::Https),
        "http" if is_here => Ok(Scheme::LocalHttp),
        "http" => Ok(Scheme::Http),
        _ => Err("has a scheme other than https and http"),
    }
}

/// Reads the address of a repository.
///
/// # Errors
/// As [`service`].
pub(super) fn repository(text: &str) -> Result<Scheme, &'static str> {
    let text = text.trim();
    let is_other = ["ssh://", "file://", "/", "./", "../"].iter().any(|start| text.starts_with(start));
    let (host, _) = text.split_once(':').unwrap_or_default();
    let is_scp = !text.contains("://") && host.contains('@') && !host.contains('/');
    if is_other || is_scp { Ok(Scheme::Other) } else { service(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_scheme_is_https() {
        for text in
            ["datahub.sesam.cloud", "https://datahub.sesam.cloud/", "127.0.0.1:8443/api", "[::1]:8443"]
        {
            assert_eq!(service(text), Ok(Scheme::Https), "{text}");
        }
        assert_eq!(service("http://localhost:1"), Ok(Scheme::LocalHttp));
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
            assert_eq!(service(address) == Ok(Scheme::Http), expected, "{address}");
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
            ("git@github.com:acme/node.git", Scheme::Other),
            ("ssh://git@host/acme/node.git", Scheme::Other),
            ("file:///srv/node.git", Scheme::Other),
            ("/srv/node.git", Scheme::Other),
        ] {
            assert_eq!(repository(text), Ok(scheme), "{text}");
        }
        assert!(repository("https://user:token@github.com/acme/node.git").is_err());
        assert!(repository("user:token@github.com/acme/node.git").is_err());
    }
}
