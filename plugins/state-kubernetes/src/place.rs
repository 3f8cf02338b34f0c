//! The Leases of a namespace as a place for leases.

use deployer_core::async_trait;
use deployer_core::traits::{LeasePlace, ObjectVersion, PutCondition, PutOutcome, StoredObject};
use deployer_core::{Error, Kind, Result};
use deployer_http::{Effect, Request, Response};
use deployer_kubernetes::{Namespace, Refusal};

use crate::errors;
use crate::object::{Lease, RECORD};

/// The API of Leases.
const API: [&str; 3] = ["apis", "coordination.k8s.io", "v1"];
const LEASES: &str = "leases";

/// The Leases of one namespace whose names have the same beginning.
#[derive(Debug)]
pub(crate) struct Leases {
    namespace: Namespace,
    prefix: String,
}

impl Leases {
    pub(crate) fn new(namespace: Namespace, prefix: String) -> Self {
        Self { namespace, prefix }
    }

    /// The name of the Lease for a record. The names of all records end in `.json`.
    fn name(&self, record: &str) -> String {
        format!("{}{}", self.prefix, record.strip_suffix(".json").unwrap_or(record))
    }

    fn attempted(&self, verb: &str, name: &str) -> String {
        format!("{verb} the Lease {name} in {}", self.namespace.location())
    }

    async fn send(&self, attempted: &str, request: Request) -> Result<Response> {
        let request = request.accept("application/json")?;
        self.namespace.send(request).await.map_err(|error| error.context(attempted))
    }

    fn lease(&self, attempted: &str, name: &str, effect: Effect, response: &Response) -> Result<Lease> {
        let unreadable = |cause: &str| errors::unreadable(attempted, effect, cause);
        let lease: Lease = response
            .json("a Lease")
            .map_err(|error| unreadable(error.cause().unwrap_or("the answer is not a Lease")))?;
        match lease.is(name) {
            true => Ok(lease),
            false => Err(unreadable("the answer is not the Lease that was asked for")),
        }
    }

    fn refusal(&self, response: &Response) -> Refusal {
        Refusal::read(response, self.namespace.redactor())
    }

    /// Sends a write whose outcome is `condition_failed` where the refusal says so.
    async fn write(
        &self,
        (attempted, verb, name): (&str, &str, &str),
        request: Request,
        condition_failed: impl FnOnce(&Refusal) -> bool,
    ) -> Result<PutOutcome> {
        let response = self.send(attempted, request).await?;
        if response.is_success() {
            let lease = self.lease(attempted, name, Effect::Write, &response)?;
            return Ok(PutOutcome::Stored(lease.version()));
        }
        let refusal = self.refusal(&response);
        if condition_failed(&refusal) {
            return Ok(PutOutcome::ConditionFailed);
        }
        Err(errors::refused(attempted, verb, &self.namespace, &response, &refusal))
    }

    async fn create(&self, name: String, content: Vec<u8>) -> Result<PutOutcome> {
        let attempted = self.attempted("create", &name);
        let lease = Lease::new(name.clone(), content, None)?;
        let request = Request::post(self.namespace.url(&API, LEASES, None)).json(&lease)?;
        let is_present = |refusal: &Refusal| refusal.is_present(LEASES, &name);
        self.write((&attempted, "create", &name), request, is_present).await
    }

    async fn replace(&self, name: String, content: Vec<u8>, version: &ObjectVersion) -> Result<PutOutcome> {
        let attempted = self.attempted("update", &name);
        let lease = Lease::new(name.clone(), content, Some(version))?;
        let request = Request::put(self.namespace.url(&API, LEASES, Some(&name))).json(&lease)?;
        let is_changed =
            |refusal: &Refusal| refusal.is_changed(LEASES, &name) || refusal.is_missing(LEASES, &name);
        self.write((&attempted, "update", &name), request, is_changed).await
    }
}

#[async_trait]
impl LeasePlace for Leases {
    fn location(&self) -> String {
        format!("Leases {}* in {}", self.prefix, self.namespace.location())
    }

    async fn get(&self, name: &str) -> Result<Option<StoredObject>> {
        let name = self.name(name);
        let attempted = self.attempted("read", &name);
        let request = Request::get(self.namespace.url(&API, LEASES, Some(&name)));
        let response = self.send(&attempted, request).await?;
        if response.is_success() {
            let lease = self.lease(&attempted, &name, Effect::Read, &response)?;
            let version = lease.version();
            let content = lease.into_record().ok_or_else(|| {
                Error::new(Kind::Unexpected, &*attempted)
                    .with_cause(format!("it has no annotation `{RECORD}`: it belongs to another program"))
                    .with_hint("set another `prefix` in [state]")
            })?;
            return Ok(Some(StoredObject { content, version }));
        }
        let refusal = self.refusal(&response);
        if refusal.is_missing(LEASES, &name) {
            return Ok(None);
        }
        Err(errors::refused(&attempted, "get", &self.namespace, &response, &refusal))
    }

    async fn put(&self, name: &str, content: Vec<u8>, condition: PutCondition) -> Result<PutOutcome> {
        let name = self.name(name);
        match condition {
            PutCondition::Absent => self.create(name, content).await,
            PutCondition::Unchanged(version) => self.replace(name, content, &version).await,
        }
    }
}
