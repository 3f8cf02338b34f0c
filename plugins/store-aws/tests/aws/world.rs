//! A service behind a recording proxy, and stores that read from it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use deployer_core::document::SourceText;
use deployer_core::plugin::{Build, Context, Section};
use deployer_core::traits::SecretStore;
use deployer_store_aws::AWS;
use deployer_testkit::contract::Breakable;
use deployer_testkit::server::Server;
use deployer_testkit::services::moto::Moto;
use serde_json::{Value, json};

use crate::fake::Fake;

pub(crate) const SECRET_KEY: &str = "secret-access-key-0001/hunter2";

/// Who answers behind the proxy.
pub(crate) enum Service {
    Fake(Fake),
    Moto { client: reqwest::Client, url: String, _server: Moto },
}

/// A call as the proxy saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) operation: String,
    /// The secrets that were asked for.
    pub(crate) ids: Vec<String>,
}

/// What the proxy does besides passing calls on.
#[derive(Default)]
pub(crate) struct Rules {
    /// What every call is refused with.
    pub(crate) refuse: Option<&'static str>,
    /// Operations that are not permitted.
    pub(crate) denied_operations: BTreeSet<&'static str>,
    /// Secrets that may not be read.
    pub(crate) denied: BTreeSet<String>,
}

pub(crate) struct Proxy {
    service: Service,
    calls: Mutex<Vec<Call>>,
    rules: Mutex<Rules>,
}

pub(crate) struct World {
    pub(crate) server: Breakable,
    pub(crate) proxy: Arc<Proxy>,
    pub(crate) context: Context,
}

impl World {
    /// The fake behind the proxy.
    pub(crate) fn fake() -> Self {
        Self::of(Service::Fake(Fake::default()), Server::http)
    }

    /// The fake behind the proxy, over HTTPS.
    pub(crate) fn https() -> Self {
        Self::of(Service::Fake(Fake::default()), Server::https)
    }

    /// The fake, and moto where it can be had.
    pub(crate) fn each(case: &str) -> Vec<Self> {
        let moto = deployer_testkit::services::or_skip(case, Moto::start()).map(|server| {
            let client = reqwest::Client::builder().no_proxy().build().expect("a client");
            Self::of(Service::Moto { client, url: server.url(), _server: server }, Server::http)
        });
        std::iter::once(Self::fake()).chain(moto).collect()
    }

    fn of(service: Service, serve: fn(Router) -> Server) -> Self {
        let proxy = Arc::new(Proxy { service, calls: Mutex::default(), rules: Mutex::default() });
        let server = Breakable::new(serve(Router::new().fallback(pass).with_state(Arc::clone(&proxy))));
        let mut context = Context::new("test");
        let keys = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", SECRET_KEY)];
        context.variables = keys.into_iter().chain([("AWS_EC2_METADATA_DISABLED", "true")]).collect();
        Self { server, proxy, context }
    }

    pub(crate) fn store(&self, settings: &[&str]) -> Arc<dyn SecretStore> {
        let endpoint = format!("endpoint = \"{}\"", self.server.url(""));
        built(&self.context, &[&["region = \"eu-west-1\"", &endpoint], settings].concat())
    }

    pub(crate) fn rules(&self) -> MutexGuard<'_, Rules> {
        self.proxy.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The calls of an operation so far.
    pub(crate) fn calls(&self, operation: &str) -> Vec<Call> {
        let calls = self.proxy.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.iter().filter(|call| call.operation == operation).cloned().collect()
    }

    /// Calls the service itself.
    pub(crate) async fn call(&self, operation: &str, body: Value) -> Value {
        let (status, answer) = self.proxy.service.answer(operation, &body).await;
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    }

    /// Makes a secret, or a new version of one.
    pub(crate) async fn put(&self, name: &str, value: &str) -> String {
        let create = json!({ "Name": name, "SecretString": value });
        let (status, answer) = self.proxy.service.answer("CreateSecret", &create).await;
        let answer = if status == 200 {
            answer
        } else {
            self.call("PutSecretValue", json!({ "SecretId": name, "SecretString": value })).await
        };
        answer["VersionId"].as_str().expect("a version").to_owned()
    }

    /// The fake, where it is one.
    pub(crate) fn as_fake(&self) -> Option<&Fake> {
        match &self.proxy.service {
            Service::Fake(fake) => Some(fake),
            Service::Moto { .. } => None,
        }
    }
}

impl Service {
    async fn answer(&self, operation: &str, body: &Value) -> (u16, Value) {
        match self {
            Self::Fake(fake) => fake.answer(operation, body),
            Self::Moto { client, url, .. } => {
                let signature = "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/secretsmanager/aws4_request, SignedHeaders=host, Signature=test";
                let request = client.post(url).header("authorization", signature);
                let request = request.header("x-amz-target", format!("secretsmanager.{operation}"));
                let request =
                    request.header("content-type", "application/x-amz-json-1.1").body(body.to_string());
                let answer = request.send().await.expect("moto answers");
                let status = answer.status().as_u16();
                (status, answer.json().await.expect("moto answers JSON"))
            }
        }
    }
}

fn denied(operation: &str, id: &str) -> Value {
    json!({ "__type": "AccessDeniedException", "Message": format!(
        "User: arn:aws:iam::123456789012:user/test is not authorized to perform: secretsmanager:{operation} on resource: {id}"
    ) })
}

async fn pass(State(proxy): State<Arc<Proxy>>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let (status, answer) = proxy.pass(&headers, &body).await;
    (StatusCode::from_u16(status).expect("a status"), answer.to_string())
}

impl Proxy {
    async fn pass(&self, headers: &HeaderMap, body: &[u8]) -> (u16, Value) {
        let target = headers["x-amz-target"].to_str().expect("text");
        let operation = target.strip_prefix("secretsmanager.").expect("a call of the service").to_owned();
        let mut body: Value = serde_json::from_slice(body).expect("JSON");
        let listed = body["SecretIdList"].as_array().cloned().unwrap_or_default();
        let single = body["SecretId"].as_str().map(str::to_owned);
        let ids: Vec<String> =
            listed.iter().filter_map(|id| id.as_str().map(str::to_owned)).chain(single).collect();
        let call = Call { operation: operation.clone(), ids: ids.clone() };
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        let refused: Vec<Value> = {
            let rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(code) = rules.refuse {
                return (400, json!({ "__type": code, "message": "refused by the test" }));
            }
            if rules.denied_operations.contains(operation.as_str()) {
                return (400, denied(&operation, "*"));
            }
            if operation == "GetSecretValue" && ids.iter().any(|id| rules.denied.contains(id)) {
                return (400, denied(&operation, &ids[0]));
            }
            let error = |id: &String| json!({ "SecretId": id, "ErrorCode": "AccessDeniedException", "Message": denied("GetSecretValue", id)["Message"] });
            body["SecretIdList"] = ids.iter().filter(|id| !rules.denied.contains(*id)).cloned().collect();
            ids.iter().filter(|id| rules.denied.contains(*id)).map(error).collect()
        };
        if operation != "BatchGetSecretValue" {
            body.as_object_mut().expect("an object").remove("SecretIdList");
        }
        let (status, mut answer) = self.service.answer(&operation, &body).await;
        if let (Some(errors), false) = (answer["Errors"].as_array_mut(), refused.is_empty()) {
            errors.extend(refused);
        }
        (status, answer)
    }
}

pub(crate) fn built(context: &Context, settings: &[&str]) -> Arc<dyn SecretStore> {
    let source = SourceText::new("deployer.toml", settings.join("\n"));
    let Build::Store(build) = AWS.build else { panic!("it is a store") };
    let section = Section::parse("stores.main", &source).expect("TOML");
    build(section, context).unwrap_or_else(|error| panic!("{error:?}"))
}
