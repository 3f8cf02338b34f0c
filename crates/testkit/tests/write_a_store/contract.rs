//! The contract of stores, over a shelf in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use deployer_core::document::SourceText;
use deployer_core::plugin::{Build, Context, Section};
use deployer_core::traits::SecretStore;
use deployer_store_shelf::SHELF;
use deployer_testkit::contract::{Breakable, StoreLimit, StoreRig, Support, Trouble, secret_store_contract};
use deployer_testkit::server::{Rule, Server};
use serde_json::{Value, json};

const TOKEN: &str = "contract-token-0001";
const NO_RIGHTS: &str = "contract-token-0002";
const UNKNOWN: &str = "contract-token-0003";

/// Secrets by name, and the names that nobody can read.
type Content = (BTreeMap<String, String>, BTreeSet<String>);

/// The service.
#[derive(Clone, Default)]
struct Service(Arc<Mutex<Content>>);

impl Service {
    fn lock(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn read(
    State(service): State<Service>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> (StatusCode, Json<Value>) {
    let (secrets, denied) = &*service.lock();
    let given = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    match given.strip_prefix("Bearer ") {
        Some(NO_RIGHTS) => (StatusCode::FORBIDDEN, Json(json!({}))),
        Some(TOKEN) if denied.contains(&name) => (StatusCode::FORBIDDEN, Json(json!({}))),
        Some(TOKEN) => match secrets.get(&name) {
            Some(value) => (StatusCode::OK, Json(json!({ "value": value }))),
            None => (StatusCode::NOT_FOUND, Json(json!({ "missing": name }))),
        },
        _ => (StatusCode::UNAUTHORIZED, Json(json!({}))),
    }
}

/// The service on a server that can be in trouble.
struct Rig {
    service: Service,
    server: Breakable,
    trouble: Mutex<Option<Trouble>>,
}

impl Rig {
    fn current(&self) -> MutexGuard<'_, Option<Trouble>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl StoreRig for Rig {
    fn store(&self) -> Arc<dyn SecretStore> {
        let (token, seconds) = match *self.current() {
            Some(Trouble::Unauthenticated) => (UNKNOWN, 60),
            Some(Trouble::Denied) => (NO_RIGHTS, 60),
            Some(Trouble::Silent) => (TOKEN, 1),
            _ => (TOKEN, 60),
        };
        let settings = format!(
            "url = {:?}\ntoken = {{ env = \"TOKEN\" }}\nhttp = {{ timeout_seconds = {seconds} }}\n",
            self.server.url("")
        );
        let mut context = Context::new("test");
        context.variables = [("TOKEN", token)].into_iter().collect();
        let source = SourceText::new("deployer.toml", settings);
        let section = Section::parse("stores.main", &source).expect("valid TOML");
        let Build::Store(build) = SHELF.build else { panic!("the plugin is a store") };
        build(section, &context).expect("valid settings")
    }

    fn limits(&self) -> Vec<(StoreLimit, &'static str)> {
        vec![
            (StoreLimit::Logins, "each request has the token"),
            (StoreLimit::Revocation, "nothing is created"),
            (StoreLimit::Names, "a shelf doesn't list"),
        ]
    }

    async fn put(&self, secrets: &[(String, String)]) -> Support {
        self.service.lock().0.extend(secrets.iter().cloned());
        Ok(())
    }

    async fn deny(&self, name: &str) -> Support {
        self.service.lock().1.insert(name.to_owned());
        Ok(())
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        *self.current() = Some(trouble);
        match trouble {
            Trouble::Unauthenticated | Trouble::Denied => Ok(()),
            _ => self.server.trouble(trouble, Rule::any()),
        }
    }

    fn mend(&self) {
        *self.current() = None;
        self.server.mend();
    }

    fn requests(&self) -> Option<usize> {
        Some(self.server.server().log().entries().len())
    }

    fn logins(&self) -> Option<usize> {
        None
    }

    fn left_behind(&self) -> Option<usize> {
        None
    }

    fn credentials(&self) -> Vec<String> {
        vec![TOKEN.to_owned(), UNKNOWN.to_owned(), NO_RIGHTS.to_owned()]
    }
}

#[tokio::test]
async fn the_shelf_keeps_the_contract() {
    let service = Service::default();
    let router = Router::new().route("/{name}", get(read)).with_state(service.clone());
    let server = Breakable::new(Server::http(router));
    secret_store_contract(&Rig { service, server, trouble: Mutex::default() }).await;
}
