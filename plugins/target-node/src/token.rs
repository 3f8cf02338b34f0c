//! The claims of a JWT. Only the node can check its signature; here they serve to fail early and to explain.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deployer_core::error::Note;
use deployer_core::{Error, Kind, Result};
use jiff::Timestamp;
use serde_json::{Map, Value};

/// A token that expires within so many seconds causes a warning.
const EXPIRES_SOON: i64 = 3600;

/// The claims that the portal puts into a Sesam JWT, as far as they are used here.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Claims {
    ends: Option<i64>,
    roles: Vec<String>,
}

impl Claims {
    /// Reads the claims of a token; a text that is not a JWT has none.
    pub(crate) fn of(token: &str) -> Self {
        let mut parts = token.split('.');
        let (Some(_), Some(payload), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Self::default();
        };
        let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok();
        let Some(payload) = payload.and_then(|json| serde_json::from_slice::<Map<String, Value>>(&json).ok())
        else {
            return Self::default();
        };
        // A cast from a float to an integer saturates.
        let ends = payload
            .get("exp")
            .and_then(|end| end.as_i64().or_else(|| end.as_f64().map(|seconds| seconds as i64)));
        let mut roles: Vec<String> = payload
            .get("principals")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|nodes| nodes.values())
            .filter_map(Value::as_array)
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        roles.sort_unstable();
        roles.dedup();
        Self { ends, roles }
    }

    /// Compares the expiry of the token with the time now, in seconds since 1970. Returns a warning when it expires soon.
    pub(crate) fn check(&self, now: i64) -> Result<Option<Note>> {
        let Some(ends) = self.ends else { return Ok(None) };
        let when = Timestamp::from_second(ends)
            .map_or_else(|_| format!("{ends} s after 1970"), |time| time.to_string());
        if ends <= now {
            return Err(Error::new(Kind::Unauthenticated, format!("the token expired at {when}"))
                .with_hint("make a new JWT in the portal, under Subscription, JWT, for this node"));
        }
        Ok((ends - now < EXPIRES_SOON).then(|| Note::warning(format!("the token expires soon, at {when}"))))
    }

    /// The roles of the token, such as `group:Developer`.
    pub(crate) fn roles(&self) -> &[String] {
        &self.roles
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn an_expired_token_is_rejected_with_its_time() {
        let claims = Claims::of(&token(r#"{"exp": 1700000000}"#));
        let error = claims.check(1_700_000_000).unwrap_err();
        assert_eq!(error.kind(), Kind::Unauthenticated);
        assert_eq!(error.message(), "the token expired at 2023-11-14T22:13:20Z");
    }

    #[test]
    fn only_the_last_hour_causes_a_warning() {
        let claims = Claims::of(&token(r#"{"exp": 10000}"#));
        assert_eq!(claims.check(10_000 - EXPIRES_SOON).unwrap(), None);
        let note = claims.check(10_001 - EXPIRES_SOON).unwrap().unwrap();
        assert_eq!(note.message, "the token expires soon, at 1970-01-01T02:46:40Z");
    }

    #[test]
    fn roles_of_all_nodes_are_listed_once() {
        let claims = Claims::of(&token(
            r#"{"principals": {"a": ["group:User", 1], "b": ["group:Developer", "group:User"]}}"#,
        ));
        assert_eq!(claims.roles(), ["group:Developer", "group:User"]);
        assert_eq!(claims.check(i64::MAX).unwrap(), None);
    }

    #[test]
    fn a_text_that_is_no_jwt_has_no_claims_and_passes() {
        for text in ["jwt", "a.b", "a.b.c.d", "a.!.c", "a.e30.c", &token("[1]"), &token(r#"{"exp": "soon"}"#)]
        {
            let claims = Claims::of(text);
            assert_eq!(claims, Claims::default(), "{text}");
            assert_eq!(claims.check(0).unwrap(), None);
        }
    }

    #[test]
    fn absurd_times_do_not_panic() {
        assert!(Claims::of(&token(r#"{"exp": 1e300}"#)).check(0).unwrap().is_none());
        assert!(Claims::of(&token(r#"{"exp": -1e300}"#)).check(0).is_err());
    }
}
