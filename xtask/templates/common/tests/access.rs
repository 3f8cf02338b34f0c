//! The way to the service in memory: a server on loopback that can be in trouble, and settings that lead to it.

use std::sync::{Mutex, MutexGuard};

use deployer_testkit::axum::Router;
use deployer_testkit::axum::http::{HeaderMap, StatusCode};
use deployer_testkit::contract::{Breakable, Support, Trouble};
use deployer_testkit::server::{Rule, Server};

/// The token that the service takes.
pub(crate) const TOKEN: &str = "contract-token-0001";
/// A token that the service knows, and that may do nothing.
const POWERLESS: &str = "contract-token-0002";
/// A token that the service does not know.
const OF_NOBODY: &str = "contract-token-0003";

/// The service as the plugin reaches it.
pub(crate) struct Access {
    pub(crate) server: Breakable,
    trouble: Mutex<Option<Trouble>>,
}

impl Access {
    /// Serves a router.
    pub(crate) fn to(router: Router) -> Self {
        Self { server: Breakable::new(Server::http(router)), trouble: Mutex::default() }
    }

    /// The settings that lead to a path of the service, and the environment variable with the token.
    pub(crate) fn settings(&self, path: &str) -> (String, [(&'static str, &'static str); 1]) {
        let trouble = *self.lock();
        let patience = if trouble == Some(Trouble::Silent) { 1 } else { 60 };
        let token = match trouble {
            Some(Trouble::Unauthenticated) => OF_NOBODY,
            Some(Trouble::Denied) => POWERLESS,
            _ => TOKEN,
        };
        let settings = format!(
            "url = {:?}\ntoken = {{ env = \"TOKEN\" }}\nhttp = {{ timeout_seconds = {patience} }}\n",
            self.server.url(path)
        );
        (settings, [("TOKEN", token)])
    }

    pub(crate) fn trouble(&self, trouble: Trouble) -> Support {
        *self.lock() = Some(trouble);
        match trouble {
            Trouble::Unauthenticated | Trouble::Denied => Ok(()),
            _ => self.server.trouble(trouble, Rule::any()),
        }
    }

    pub(crate) fn mend(&self) {
        *self.lock() = None;
        self.server.mend();
    }

    fn lock(&self) -> MutexGuard<'_, Option<Trouble>> {
        self.trouble.lock().expect("no holder panics")
    }
}

/// Refuses who has no token or a powerless one.
pub(crate) fn authorize(headers: &HeaderMap) -> Result<(), StatusCode> {
    let given = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    match given.strip_prefix("Bearer ") {
        Some(TOKEN) => Ok(()),
        Some(POWERLESS) => Err(StatusCode::FORBIDDEN),
        _ => Err(StatusCode::UNAUTHORIZED),
    }
}
