//! Rejected logins, with the cause and the next step
//! (<https://learn.microsoft.com/entra/identity-platform/reference-error-codes>).

use deployer_core::{Error, Kind, Redactor, Retry};
use deployer_http::{Response, status_error};
use serde::Deserialize;

use crate::words::{complaint, lines};

/// A service that issues tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// Microsoft Entra ID.
    Entra,
    /// The identity service of the machine or the app that the deployer runs on.
    ManagedIdentity,
    /// Azure Pipelines, which vouches for a run, and Entra ID after it.
    Pipelines,
}

/// The error of a service that issues tokens.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Complaint {
    error_description: Option<String>,
    error_codes: Vec<u64>,
    message: Option<String>,
}

/// The failure that an answer stands for.
pub(crate) fn refused(service: Service, answer: &Response, redactor: &Redactor) -> Error {
    let complaint: Complaint = complaint(answer);
    let (speaker, error) = match service {
        Service::Entra => ("Entra ID", entra(&complaint, answer)),
        Service::ManagedIdentity => ("the identity service", managed_identity(answer)),
        Service::Pipelines => ("Azure Pipelines", pipelines(answer)),
    };
    let words = complaint.error_description.or(complaint.message).unwrap_or_default();
    // The rest differs per request: it would make one failure look like many.
    let words = words.split("Trace ID:").next().unwrap_or_default();
    lines(words, redactor)
        .iter()
        .fold(error, |error, line| error.with_detail(format!("{speaker} says: {line}")))
}

fn entra(complaint: &Complaint, answer: &Response) -> Error {
    let attempted = "log in to Entra ID";
    let refused =
        |kind: Kind, cause: &str, hint: &str| Error::new(kind, attempted).with_cause(cause).with_hint(hint);
    for code in &complaint.error_codes {
        return match code {
            7_000_215 => refused(
                Kind::Unauthenticated,
                "the client secret is wrong",
                "give the value of the secret, not its id, and one of this very application",
            ),
            7_000_222 => refused(
                Kind::Unauthenticated,
                "the client secret has expired",
                "make a new one: az ad app credential reset --id …",
            ),
            700_016 => refused(
                Kind::Unauthenticated,
                "the tenant does not know the application",
                "check `client_id` and `tenant`, and that the application is registered in that tenant",
            ),
            90_002 | 900_023 | 900_021 => refused(
                Kind::Unauthenticated,
                "there is no such tenant",
                "check `tenant`; a tenant of another cloud needs `cloud` or `authority`",
            ),
            70_021 | 700_211 | 700_212 | 700_213 => refused(
                Kind::Unauthenticated,
                "the application does not trust the token of the workload",
                "add a federated credential whose issuer, subject and audience are those of the token: az ad app federated-credential create …",
            ),
            700_024 | 700_027 => refused(
                Kind::Unauthenticated,
                "the token of the workload is not valid, or not any more",
                "let the platform renew the token, and check the clock of this machine",
            ),
            53_003 => refused(
                Kind::Denied,
                "a conditional access policy does not let this login through",
                "ask whoever keeps the policies of the tenant: the address of this machine may matter",
            ),
            500_011 => refused(
                Kind::Settings,
                "the tenant does not know the service by this name",
                "check `cloud` and `authority`: they must be those of the service",
            ),
            _ => continue,
        };
    }
    let general = status_error(attempted, answer);
    match answer.status {
        400 | 401 => Error::new(Kind::Unauthenticated, attempted)
            .with_cause("the credentials are not accepted")
            .with_hint("check `tenant`, `client_id` and the credential"),
        500 => general.with_retry(Retry::Soon),
        404 => general.with_hint("check `authority`: no login service of Azure answers there"),
        _ => general,
    }
}

fn managed_identity(answer: &Response) -> Error {
    let attempted = "ask this machine for the token of its identity";
    let general = status_error(attempted, answer);
    let later = answer.retry_after().map_or(Retry::Soon, Retry::After);
    match answer.status {
        400 => Error::new(Kind::Unauthenticated, attempted)
            .with_cause("this machine has no such identity")
            .with_hint(
                "assign the identity to the machine or the app, and check the id in `login.managed_identity`",
            ),
        // The service answers so while it is updated
        // (https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token#error-handling).
        404 | 410 | 500 => Error::new(Kind::Unavailable, attempted)
            .with_cause(general.cause().unwrap_or("it cannot answer now"))
            .with_retry(later),
        _ => general,
    }
}

fn pipelines(answer: &Response) -> Error {
    let attempted = "ask Azure Pipelines to vouch for this run";
    match answer.status {
        400 | 404 => Error::new(Kind::Settings, attempted)
            .with_cause("unknown service connection")
            .with_hint("check `service_connection`: its id, and that this pipeline may use it"),
        401 | 403 => Error::new(Kind::Unauthenticated, attempted)
            .with_cause("it does not accept the token of the job")
            .with_hint("map it in the step: env: { SYSTEM_ACCESSTOKEN: $(System.AccessToken) }"),
        // It sends those that it does not know to a page to sign in.
        _ => status_error(attempted, answer),
    }
}

#[cfg(test)]
mod tests {
    use deployer_core::SecretValue;
    use deployer_http::HeaderMap;

    use super::*;

    fn told(service: Service, status: u16, body: &str) -> Error {
        let redactor = Redactor::default();
        redactor.add("secret", &SecretValue::new("hunter2hunter2"));
        refused(service, &Response::new(status, HeaderMap::new(), body.to_owned()), &redactor)
    }

    #[test]
    fn each_code_of_entra_has_a_cause_of_its_own() {
        for (code, kind, expected) in [
            (7_000_215, Kind::Unauthenticated, "not its id"),
            (7_000_222, Kind::Unauthenticated, "has expired"),
            (700_016, Kind::Unauthenticated, "does not know the application"),
            (90_002, Kind::Unauthenticated, "no such tenant"),
            (700_213, Kind::Unauthenticated, "federated credential"),
            (700_024, Kind::Unauthenticated, "clock"),
            (53_003, Kind::Denied, "conditional access"),
            (500_011, Kind::Settings, "`cloud`"),
            (1, Kind::Unauthenticated, "not accepted"),
        ] {
            let body = format!(
                r#"{{"error":"x","error_codes":[{code}],"error_description":"AADSTS{code}: no hunter2hunter2. Trace ID: 7"}}"#
            );
            let error = told(Service::Entra, 401, &body);
            let shown = format!("{error:?}");
            assert_eq!((error.kind(), error.retry()), (kind, Retry::Never), "{shown}");
            assert!(shown.contains(expected), "{expected}: {shown}");
            assert!(shown.contains(&format!("Entra ID says: AADSTS{code}: no [secret].")), "{shown}");
            assert!(!shown.contains("Trace"), "{shown}");
        }
    }

    #[test]
    fn what_may_pass_is_told_from_what_stays() {
        for (service, status, kind, retry) in [
            (Service::Entra, 429, Kind::RateLimited, Retry::Soon),
            (Service::Entra, 500, Kind::Unexpected, Retry::Soon),
            (Service::Entra, 503, Kind::Unavailable, Retry::Soon),
            (Service::ManagedIdentity, 400, Kind::Unauthenticated, Retry::Never),
            (Service::ManagedIdentity, 404, Kind::Unavailable, Retry::Soon),
            (Service::ManagedIdentity, 410, Kind::Unavailable, Retry::Soon),
            (Service::ManagedIdentity, 429, Kind::RateLimited, Retry::Soon),
            (Service::Pipelines, 401, Kind::Unauthenticated, Retry::Never),
            (Service::Pipelines, 404, Kind::Settings, Retry::Never),
        ] {
            let error = told(service, status, "<html>hunter2</html>");
            assert_eq!((error.kind(), error.retry()), (kind, retry), "{service:?} {status}: {error:?}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
