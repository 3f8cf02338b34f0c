//! A planted secret, and a place where it shows.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// Shorter pieces of a secret occur by chance.
const SHORTEST: usize = 8;

/// A planted secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canary {
    name: String,
    value: String,
}

/// A place where a secret shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The name of the canary.
    pub canary: String,
    /// How it was written there, such as `percent-escaped, base64`.
    pub encoding: String,
    /// The surroundings, decoded.
    pub excerpt: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "canary `{}` ({}): …{}…", self.canary, self.encoding, self.excerpt)
    }
}

impl Canary {
    /// A value that is awkward in every encoding: each of its two lines holds a quote, a backslash, `%+/` and `ø`.
    pub fn hostile(name: &str) -> Self {
        Self::new(name, &format!("kanari-\"\\%+/ø-{name}-7f3e9a\nsynger-\"\\%+/ø-{name}-c41d08"))
    }

    /// A value that fits into an HTTP header: visible ASCII, with a quote, a backslash and `%+/`.
    pub fn header_safe(name: &str) -> Self {
        Self::new(name, &format!("kanari-\"{name}\\5b2c71%+/synger"))
    }

    /// A JSON web token that does not expire before 2100, in the shape that a Sesam node takes.
    pub fn jwt(name: &str) -> Self {
        let header = BASE64_URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"RS256"}"#);
        let claims = format!(
            r#"{{"iat":1767225600,"exp":4102444800,"user_id":"{name}","principals":{{"*":["group:Admin"]}}}}"#
        );
        let claims = BASE64_URL_SAFE_NO_PAD.encode(claims);
        let signature = BASE64_URL_SAFE_NO_PAD.encode(format!("no signature but a canary: {name}"));
        Self::new(name, &format!("{header}.{claims}.{signature}"))
    }

    /// Any value under a name.
    ///
    /// # Panics
    /// When no line of the value has at least eight bytes: shorter ones would be found by chance.
    pub fn new(name: &str, value: &str) -> Self {
        let canary = Self { name: name.to_owned(), value: value.to_owned() };
        assert!(canary.pieces().next().is_some(), "the canary `{name}` is too short to be told from chance");
        canary
    }

    /// The name that findings carry.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value to plant.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The lines of the value: a text that is indented or prefixed by line shows them apart.
    pub(super) fn pieces(&self) -> impl Iterator<Item = &str> {
        self.value.lines().filter(|line| line.len() >= SHORTEST)
    }
}
