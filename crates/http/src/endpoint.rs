//! The address of a service.

use std::fmt;

use deployer_core::{Error, Kind, Result};
use url::{Host, Url};

/// The address of a service: scheme, host, port and an optional path, the root of all its resources.
///
/// It has no credentials, query or trailing slash, so it can be shown anywhere.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Endpoint(Url);

impl Endpoint {
    /// Reads an address. The scheme defaults to `https`.
    ///
    /// # Errors
    /// `Settings` for an invalid address, for another scheme than `http` and `https`, a query, a user or password, and for `http://` to
    /// another machine unless `allow_http`. The text is not repeated: it might contain a password.
    pub fn parse(text: &str, allow_http: bool) -> Result<Endpoint> {
        let refused =
            |cause: &str| Error::new(Kind::Settings, "the address cannot be used").with_cause(cause);
        let text = text.trim();
        if text.is_empty() {
            return Err(refused("it is empty").with_hint("write https://host or https://host:port/path"));
        }
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let mut url = Url::parse(&with_scheme).map_err(|cause| refused(&cause.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("it contains a user or a password").with_hint(
                "remove `user:password@` from the address and give the credential as a reference",
            ));
        }
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refused(&format!("its scheme is {:?}; https is expected", url.scheme())));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused("it has a part after `?` or `#`").with_hint("give host, port and path alone"));
        }
        if url.scheme() == "http" && !allow_http && !is_loopback(&url) {
            let host = url.host_str().unwrap_or_default();
            return Err(refused(&format!("http:// to {host} would send credentials in the clear"))
                .with_hint("use https://, or set `allow_http = true` in the table `http`"));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Endpoint(url))
    }

    /// The address of a resource below this one. Each segment is percent-encoded, slashes included.
    ///
    /// A URL cannot have a segment `.` or `..`, so they are left out: check names before.
    pub fn url(&self, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// Whether the service is on this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// The host, without port.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Scheme, host and port, without a path: `https://host:8200`.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }
}

/// Whether an address is on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        Endpoint::parse(text, false).expect("an address").to_string()
    }

    #[test]
    fn an_address_is_taken_as_people_write_it() {
        assert_eq!(shown("vault.example.com"), "https://vault.example.com");
        assert_eq!(shown(" https://vault.example.com:8200/ "), "https://vault.example.com:8200");
        assert_eq!(shown("vault.example.com/a/b//"), "https://vault.example.com/a/b");
        assert_eq!(shown("http://127.0.0.1:8200"), "http://127.0.0.1:8200");
        assert_eq!(shown("http://[::1]:8200/x"), "http://[::1]:8200/x");
        assert_eq!(shown("http://node.localhost:9042"), "http://node.localhost:9042");
    }

    #[test]
    fn segments_are_encoded_below_the_path_of_the_address() {
        let endpoint = Endpoint::parse("host/base", false).expect("an address");
        assert_eq!(
            endpoint.url(&["a b", "c/d", "50%", "ø"]).as_str(),
            "https://host/base/a%20b/c%2Fd/50%25/%C3%B8"
        );
        assert_eq!(
            Endpoint::parse("host", false).expect("an address").url(&["x"]).as_str(),
            "https://host/x"
        );
    }

    #[test]
    fn what_is_no_address_is_refused_and_not_repeated() {
        for (text, expected) in [
            ("", "empty"),
            ("https://user:hunter2@host", "a user or a password"),
            ("https://hunter2@host", "a user or a password"),
            ("ftp://host", "scheme"),
            ("https://host?token=hunter2", "after `?`"),
            ("http://host", "in the clear"),
            ("http://127.0.0.1.example.com", "in the clear"),
            ("https://ho st", "domain"),
        ] {
            let error = Endpoint::parse(text, false).expect_err(text);
            assert_eq!(error.kind(), Kind::Settings, "{text}");
            let shown = format!("{error:?}");
            assert!(shown.contains(expected) && !shown.contains("hunter2"), "{text}: {shown}");
        }
        assert!(Endpoint::parse("http://host", true).is_ok(), "allowed by the setting");
    }
}
