//! Query strings as the clients write them: booleans in any case (`true`, `True`), lists separated by commas.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use std::collections::BTreeMap;

use crate::problem::Problem;

/// The parameters of a request; of a repeated one, the last.
#[derive(Debug, Default)]
pub(crate) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The first parameter that is not one of these.
    pub(crate) fn other_than(&self, known: &[&str]) -> Option<&str> {
        self.0.keys().map(String::as_str).find(|name| !known.contains(name))
    }

    /// A boolean, `default` when absent.
    pub(crate) fn flag(&self, name: &str, default: bool) -> Result<bool, Problem> {
        match self.text(name) {
            None => Ok(default),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(text) => {
                Err(Problem::bad_request(format!("The parameter '{name}' is no boolean: '{text}'")))
            }
        }
    }

    /// A whole number, if present.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, Problem> {
        self.text(name)
            .map(|text| {
                text.parse().map_err(|_| {
                    Problem::bad_request(format!("The parameter '{name}' is no number: '{text}'"))
                })
            })
            .transpose()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(pairs) = Query::<Vec<(String, String)>>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::bad_request("The query string is malformed."))?;
        Ok(Self(pairs.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::Parameters;

    #[test]
    fn booleans_come_in_any_case() {
        let parameters =
            Parameters([("force".to_owned(), "True".to_owned()), ("x".to_owned(), "1".to_owned())].into());
        assert!(parameters.flag("force", false).unwrap());
        assert!(parameters.flag("absent", true).unwrap());
        assert!(parameters.flag("x", true).is_err());
    }
}
