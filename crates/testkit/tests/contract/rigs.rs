//! Rigs of the fakes.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::model::{Entity, Report};
use deployer_core::traits::{ConfigSource, NodeTarget, Notifier, SecretStore, Secrets, StatePlace};
use deployer_core::{Error, Kind as ErrorKind, Retry};
use deployer_testkit::contract::{
    NotifierLimit, NotifierRig, Place, Received, SourceLimit, SourceRig, StatePlaceLimit, StatePlaceRig,
    StoreLimit, StoreRig, Support, TargetLimit, TargetRig, Trouble,
};
use deployer_testkit::fakes::{
    Collector, MemoryPlace, MemorySource, MemoryStore, MemoryTarget, Mishap, Script,
};

/// What a well-behaved plugin makes of trouble when it reads.
fn failure(trouble: Trouble) -> Error {
    let (kind, retry) = match trouble {
        Trouble::Down | Trouble::Cut | Trouble::Unavailable => (ErrorKind::Unavailable, Retry::Soon),
        Trouble::Silent => (ErrorKind::Timeout, Retry::Soon),
        Trouble::RateLimited => (ErrorKind::RateLimited, Retry::After(Trouble::RETRY_AFTER)),
        Trouble::Html | Trouble::HalfJson => (ErrorKind::Unexpected, Retry::Never),
        Trouble::Unauthenticated => (ErrorKind::Unauthenticated, Retry::Never),
        Trouble::Denied => (ErrorKind::Denied, Retry::Never),
        Trouble::NotFoundPage => (ErrorKind::NotFound, Retry::Never),
    };
    Error::new(kind, "programmed").with_retry(retry)
}

fn always(script: &Script, pattern: &str, error: Error) -> Support {
    script.on(pattern, usize::MAX, Mishap::Fail(error));
    Ok(())
}

#[derive(Default)]
pub(crate) struct Source(MemorySource);

#[async_trait]
impl SourceRig for Source {
    fn source(&self) -> Arc<dyn ConfigSource> {
        Arc::new(self.0.clone())
    }

    fn limits(&self) -> Vec<(SourceLimit, &'static str)> {
        vec![(SourceLimit::Links, "memory has no links"), (SourceLimit::Absence, "memory is always there")]
    }

    async fn write(&self, path: &str, content: &[u8]) {
        self.0.write(path, content);
    }
}

pub(crate) struct Store {
    store: MemoryStore,
    script: Script,
}

impl Store {
    pub(crate) fn new(batch: usize) -> Self {
        let script = Script::default();
        Self { store: MemoryStore::new("main", &script).batch(batch), script }
    }
}

#[async_trait]
impl StoreRig for Store {
    fn store(&self) -> Arc<dyn SecretStore> {
        Arc::new(self.store.another())
    }

    fn limits(&self) -> Vec<(StoreLimit, &'static str)> {
        Vec::new()
    }

    fn requests(&self) -> Option<usize> {
        Some(self.script.calls().len())
    }

    async fn put(&self, secrets: &[(String, String)]) -> Support {
        secrets.iter().for_each(|(name, value)| self.store.put(name, value));
        Ok(())
    }

    async fn deny(&self, name: &str) -> Support {
        self.store.deny(name);
        Ok(())
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        always(&self.script, "main read *", failure(trouble))?;
        always(&self.script, "main names", failure(trouble))
    }

    fn mend(&self) {
        self.script.mend();
    }

    fn logins(&self) -> Option<usize> {
        Some(self.store.logins())
    }

    fn left_behind(&self) -> Option<usize> {
        Some(self.store.left_behind())
    }

    fn credentials(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What a target in memory can do.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Node,
    Group,
    Repository,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Node, Self::Group, Self::Repository];
}

pub(crate) struct Targets(pub(crate) Kind);

#[async_trait]
impl TargetRig for Targets {
    fn limits(&self) -> Vec<(TargetLimit, &'static str)> {
        Vec::new()
    }

    async fn place(&self) -> Box<dyn Place> {
        let script = Script::default();
        let target = MemoryTarget::new("node", &script);
        let target = match self.0 {
            Kind::Node => target.can_refuse().settles_after(2),
            Kind::Group => target.can_refuse().config_group(),
            Kind::Repository => target.without_secrets().compares_and_swaps(),
        };
        Box::new(Node { target, script, kind: self.0 })
    }
}

struct Node {
    target: MemoryTarget,
    script: Script,
    kind: Kind,
}

#[async_trait]
impl Place for Node {
    fn target(&self) -> Arc<dyn NodeTarget> {
        Arc::new(self.target.clone())
    }

    fn writes(&self) -> usize {
        self.target.held().writes
    }

    fn secrets(&self) -> Option<Secrets> {
        Some(self.target.held().secrets)
    }

    fn system_secrets(&self) -> Option<BTreeMap<String, Secrets>> {
        Some(self.target.held().system_secrets)
    }

    async fn intrude(&self) -> Support {
        match self.kind {
            Kind::Repository => {
                self.target.intrude(|held| held.entities.retain(|entity: &Entity| &**entity.id() != "stays"));
                Ok(())
            }
            _ => Err("the target does not compare and swap"),
        }
    }

    fn lose_answer(&self) -> Support {
        let lost = Error::new(ErrorKind::UnknownOutcome, "the answer is lost");
        self.script.on("node execute *", 1, Mishap::FailAfter(lost));
        Ok(())
    }

    fn lose_request(&self) -> Support {
        let lost = Error::new(ErrorKind::UnknownOutcome, "the request is lost");
        self.script.on("node execute *", 1, Mishap::Fail(lost));
        Ok(())
    }

    fn refuse(&self) -> Support {
        let refusal = Error::new(ErrorKind::Rejected, "the configuration was refused");
        self.script.on("node execute upload configuration", 1, Mishap::Fail(refusal));
        Ok(())
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        always(&self.script, "node execute *", failure(trouble))?;
        always(&self.script, "node observe", failure(trouble))
    }

    fn mend(&self) {
        self.script.mend();
    }

    fn credentials(&self) -> Vec<String> {
        Vec::new()
    }
}

pub(crate) struct Channel {
    collector: Collector,
    script: Script,
}

impl Default for Channel {
    fn default() -> Self {
        let script = Script::default();
        Self { collector: Collector::new(&script), script }
    }
}

#[async_trait]
impl NotifierRig for Channel {
    fn notifier(&self) -> Arc<dyn Notifier> {
        Arc::new(self.collector.clone())
    }

    fn limits(&self) -> Vec<(NotifierLimit, &'static str)> {
        Vec::new()
    }

    fn received(&self) -> Vec<Received> {
        let read = |report: Option<Report>| match report {
            None => Received { text: "a test".to_owned(), diff: None },
            Some(report) => {
                let link = report.link.unwrap_or_default();
                let lines = [report.environment, report.summary].into_iter().chain(report.errors);
                let text = std::iter::once(link).chain(lines).collect::<Vec<_>>().join("\n");
                Received { text, diff: Some(report.diff).filter(|diff| !diff.is_empty()) }
            }
        };
        self.collector.delivered().into_iter().map(read).collect()
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        let error = failure(trouble);
        let error = match trouble {
            Trouble::Cut | Trouble::Silent => error.with_retry(Retry::Never),
            _ => error,
        };
        always(&self.script, "notifier *", error)
    }

    fn fail_half_way(&self) -> Support {
        let error = Error::new(ErrorKind::Unavailable, "the message was delivered, the diff was not");
        self.script.on("notifier deliver", 1, Mishap::FailAfter(error));
        Ok(())
    }

    fn mend(&self) {
        self.script.mend();
    }

    fn credentials(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A place in memory.
pub(crate) struct State {
    place: MemoryPlace,
    script: Script,
}

impl Default for State {
    fn default() -> Self {
        let script = Script::default();
        Self { place: MemoryPlace::new(&script), script }
    }
}

impl StatePlaceRig for State {
    fn place(&self) -> Arc<dyn StatePlace> {
        Arc::new(self.place.clone())
    }

    fn limits(&self) -> Vec<(StatePlaceLimit, &'static str)> {
        Vec::new()
    }

    fn page(&self) -> Option<usize> {
        Some(1000)
    }

    fn requests(&self) -> Option<usize> {
        Some(self.script.calls().len())
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        let error = failure(trouble);
        let of_writes = match trouble {
            Trouble::Cut | Trouble::Silent | Trouble::Unavailable | Trouble::Html => {
                Error::new(ErrorKind::UnknownOutcome, "programmed")
            }
            _ => error.clone(),
        };
        for (calls, error) in [("get", &error), ("list", &error), ("put", &of_writes), ("delete", &of_writes)]
        {
            always(&self.script, &format!("state {calls} *"), error.clone())?;
        }
        Ok(())
    }

    fn lose_answer(&self) -> Support {
        let lost = Error::new(ErrorKind::UnknownOutcome, "the answer is lost");
        self.script.on("state put *", 1, Mishap::FailAfter(lost));
        Ok(())
    }

    fn mend(&self) {
        self.script.mend();
    }

    fn credentials(&self) -> Vec<String> {
        Vec::new()
    }
}
