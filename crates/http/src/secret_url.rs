//! An address that is itself a credential, such as that of an incoming webhook.

use std::fmt;

use deployer_core::{Error, Kind, Result, SecretValue};
use url::Url;

use crate::endpoint::is_loopback;
use crate::request::Request;

/// An address that lets whoever knows it in. Messages and logs call it by a name; its path and query are shown nowhere.
#[derive(Clone)]
pub struct SecretUrl {
    url: Url,
    name: String,
}

impl SecretUrl {
    /// Reads an address. `name` says what it is and where it is found: `webhook in $TEAMS_WEBHOOK`.
    ///
    /// # Errors
    /// `Settings` for what is no whole address, another scheme than `http` and `https`, a user or password, and `http://` to another
    /// machine unless `allow_http`. The text is not repeated.
    pub fn parse(text: &SecretValue, name: impl Into<String>, allow_http: bool) -> Result<Self> {
        let name = name.into();
        let refused = |cause: &str| {
            Error::new(Kind::Settings, format!("the {name} cannot be used")).with_cause(cause.to_owned())
        };
        let url = Url::parse(exposed(text).trim()).map_err(|_| {
            refused("it is not a web address")
                .with_hint("give the whole address, from https:// to its last character")
        })?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(refused("it is not a web address").with_hint("it must start with https://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(
                refused("it carries a user or a password").with_hint("send credentials in a header instead")
            );
        }
        if url.scheme() == "http" && !allow_http && !is_loopback(&url) {
            return Err(refused("http:// would send it in the clear")
                .with_hint("use https://, or set `allow_http = true` in the table `http`"));
        }
        Ok(Self { url, name })
    }

    /// The host, which names the service and lets nobody in.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Whether the path starts with a text.
    pub fn path_starts_with(&self, start: &str) -> bool {
        self.url.path().starts_with(start)
    }

    /// Whether there is a part after `?`.
    pub fn has_query(&self) -> bool {
        self.url.query().is_some()
    }

    /// The same address under another name.
    #[must_use]
    pub fn renamed(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// A `POST` to it.
    pub fn post(&self) -> Request {
        Request::post(self.url.clone()).shown_as(format!("POST to the {}", self.name))
    }
}

#[expect(clippy::disallowed_methods, reason = "the address is taken apart here and goes into requests alone")]
fn exposed(value: &SecretValue) -> &str {
    value.expose()
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretUrl({})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<SecretUrl> {
        SecretUrl::parse(&SecretValue::new(text), "webhook in $HOOK", false)
    }

    #[test]
    fn it_is_known_by_its_name_alone() {
        let url = parse("https://flows.example/hunter2/invoke?sig=hunter2\n").expect("an address");
        assert_eq!((url.host(), url.path_starts_with("/hunter2")), ("flows.example", true));
        assert!(url.has_query());
        let shown = format!("{url} {url:?} {:?} {}", url.post(), url.post().name());
        assert!(shown.contains("webhook in $HOOK") && !shown.contains("hunter2"), "{shown}");
        let local = parse("http://127.0.0.1:1/x").expect("this machine").renamed("hook");
        assert_eq!((local.to_string().as_str(), local.has_query()), ("hook", false));
    }

    #[test]
    fn what_cannot_be_used_is_not_repeated() {
        for (text, expected) in [
            ("hunter2", "not a web address"),
            ("flows.example/hunter2", "not a web address"),
            ("mailto:hunter2@flows.example", "not a web address"),
            ("https://u:hunter2@flows.example", "a user or a password"),
            ("http://flows.example/hunter2", "in the clear"),
        ] {
            let error = parse(text).expect_err(text);
            let shown = format!("{error:?}");
            assert_eq!(error.kind(), Kind::Settings);
            assert!(
                shown.contains(expected) && shown.contains("$HOOK") && !shown.contains("hunter2"),
                "{shown}"
            );
        }
    }
}
