//! Kubernetes' refusals to read a Secret.

use deployer_core::{Error, Kind};
use deployer_http::{Effect, Response};
use deployer_kubernetes::Refusal;

/// A failed read of a Secret.
pub(crate) fn read(
    attempted: &str,
    name: &str,
    location: &str,
    response: &Response,
    refusal: &Refusal,
) -> Error {
    if !refusal.is_about_permission() {
        return refusal.error(attempted, response, Effect::Read);
    }
    let error = Error::new(Kind::Denied, format!("read {name} from {location}"))
        .with_cause("permission denied")
        .with_hint(format!("grant the verb `get` on the Secret: kubectl create role … --verb=get --resource=secrets --resource-name={name}"));
    refusal.with_words(error)
}

#[cfg(test)]
mod tests {
    use deployer_core::{Redactor, Retry};
    use deployer_http::HeaderMap;

    use super::*;

    #[test]
    fn a_missing_permission_is_named() {
        for (body, expected) in [
            (
                r#"{"kind": "Status", "reason": "Forbidden", "message": "secrets \"db\" is forbidden"}"#,
                "--resource-name=db",
            ),
            ("<html>hunter2</html>", "web page"),
        ] {
            let response = Response::new(403, HeaderMap::new(), body);
            let refusal = Refusal::read(&response, &Redactor::default());
            let error = read("read secrets", "db", "namespace n", &response, &refusal);
            let shown = format!("{error:?}");
            assert_eq!((error.kind(), error.retry()), (Kind::Denied, Retry::Never), "{shown}");
            assert!(shown.contains(expected) && !shown.contains("hunter2"), "{expected}: {shown}");
        }
    }
}
