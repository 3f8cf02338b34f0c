//! A place in memory, and a clock that a test moves.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use deployer_core::traits::{LeasePlace, ObjectVersion, PutCondition, PutOutcome, StoredObject};
use deployer_core::{Error, Kind, Result};
use deployer_state::{Clock, Holder};

/// A place in memory. It loses requests and answers on demand.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    objects: Mutex<BTreeMap<String, (u64, Vec<u8>)>>,
    faults: Mutex<Vec<Fault>>,
}

/// A clock that a test moves.
#[derive(Debug, Default)]
pub(crate) struct Manual(Mutex<Duration>);

impl Manual {
    pub(crate) fn pass(&self, seconds: u64) {
        *self.0.lock().unwrap() += Duration::from_secs(seconds);
    }
}

impl Clock for Manual {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap()
    }
}

/// What happens to the next write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    RequestLost,
    AnswerLost,
}

impl Memory {
    pub(crate) fn fail_next(&self, fault: Fault) {
        self.faults.lock().unwrap().push(fault);
    }

    pub(crate) fn read(&self, name: &str) -> Option<StoredObject> {
        let objects = self.objects.lock().unwrap();
        let (version, content) = objects.get(name)?;
        Some(StoredObject { content: content.clone(), version: ObjectVersion(version.to_string()) })
    }

    pub(crate) fn write(&self, name: &str, content: Vec<u8>, condition: &PutCondition) -> PutOutcome {
        let mut objects = self.objects.lock().unwrap();
        let version = objects.get(name).map(|(version, _)| *version);
        let is_met = match condition {
            PutCondition::Absent => version.is_none(),
            PutCondition::Unchanged(expected) => {
                version.is_some_and(|version| version.to_string() == expected.0)
            }
        };
        if !is_met {
            return PutOutcome::ConditionFailed;
        }
        let next = version.unwrap_or_default() + 1;
        objects.insert(name.to_owned(), (next, content));
        PutOutcome::Stored(ObjectVersion(next.to_string()))
    }
}

#[async_trait]
impl LeasePlace for Memory {
    fn location(&self) -> String {
        "memory".to_owned()
    }

    async fn get(&self, name: &str) -> Result<Option<StoredObject>> {
        Ok(self.read(name))
    }

    async fn put(&self, name: &str, content: Vec<u8>, condition: PutCondition) -> Result<PutOutcome> {
        let fault = self.faults.lock().unwrap().pop();
        if fault == Some(Fault::RequestLost) {
            return Err(no_answer());
        }
        let put = self.write(name, content, &condition);
        if fault == Some(Fault::AnswerLost) { Err(no_answer()) } else { Ok(put) }
    }
}

pub(crate) fn no_answer() -> Error {
    Error::new(Kind::UnknownOutcome, "the place did not answer")
}

pub(crate) fn holder(id: &str) -> Holder {
    Holder {
        id: id.to_owned(),
        name: format!("kari@{id}"),
        purpose: "deploy".to_owned(),
        process: 1,
        version: "0.1.0".to_owned(),
    }
}
