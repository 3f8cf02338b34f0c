//! Wrong places for state.

use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::traits::{LeasePlace, PutCondition, PutOutcome, StatePlace, StoredObject};
use deployer_core::{Error, Kind, Result};
use deployer_testkit::contract::{
    Races, StatePlaceLimit, StatePlaceRig, Support, Trouble, canary, state_place_contract,
};

use super::caught;
use crate::rigs::State;

/// What is wrong with a place, or with its rig.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    CreatesAnyway,
    ReplacesAnyway,
    ReplacesWhatIsAbsent,
    RepeatsWrites,
    RepeatsReads,
    TakesALostAnswerForARefusal,
    TakesAnyNotFoundForAbsent,
    LowersNames,
    TrimsContent,
    ListsOnePage,
    ListsInDisorder,
    IgnoresThePrefix,
    FailsToDeleteTwice,
    DeletesByPrefix,
    ChecksBeforeItWrites,
    ShowsACredential,
    DeclaresAFalseLimit,
}

/// Each fault, and the words of the case that catches it.
const FAULTS: [(Fault, &str); 17] = [
    (Fault::CreatesAnyway, "an object is created once"),
    (Fault::ReplacesAnyway, "a version is replaced once"),
    (Fault::ReplacesWhatIsAbsent, "an object that does not exist is not replaced"),
    (Fault::RepeatsWrites, "a place sends each request once"),
    (Fault::RepeatsReads, "a place sends each request once"),
    (Fault::TakesALostAnswerForARefusal, "the service is in trouble"),
    (Fault::TakesAnyNotFoundForAbsent, "the service is in trouble"),
    (Fault::LowersNames, "the object is not stored"),
    (Fault::TrimsContent, "the content is returned byte for byte"),
    (Fault::ListsOnePage, "a list has all pages"),
    (Fault::ListsInDisorder, "a list has the names with the prefix, in order"),
    (Fault::IgnoresThePrefix, "nothing has this prefix"),
    (Fault::FailsToDeleteTwice, "an absent object is deleted already"),
    (Fault::DeletesByPrefix, "only the one object is deleted"),
    (Fault::ChecksBeforeItWrites, "one of many writers creates an object"),
    (Fault::ShowsACredential, "an error shows a secret"),
    (Fault::DeclaresAFalseLimit, "declares the limit `Pages`, and yet can do this"),
];

#[tokio::test]
async fn every_wrong_place_is_caught() {
    for (fault, words) in FAULTS {
        let rig = Wrong { rig: State::default(), fault };
        caught(&format!("{fault:?}"), state_place_contract(&rig), words).await;
    }
}

struct Wrong {
    rig: State,
    fault: Fault,
}

impl StatePlaceRig for Wrong {
    fn place(&self) -> Arc<dyn StatePlace> {
        Arc::new(WrongPlace { place: self.rig.place(), fault: self.fault })
    }

    fn limits(&self) -> Vec<(StatePlaceLimit, &'static str)> {
        let declared = (StatePlaceLimit::Pages, "nobody writes so much");
        if self.fault == Fault::DeclaresAFalseLimit { vec![declared] } else { self.rig.limits() }
    }

    fn page(&self) -> Option<usize> {
        self.rig.page()
    }

    fn races(&self) -> Races {
        Races { writers: 3, rounds: 2, additions: 2, leases: 2 }
    }

    fn requests(&self) -> Option<usize> {
        self.rig.requests()
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        self.rig.trouble(trouble)
    }

    fn lose_answer(&self) -> Support {
        self.rig.lose_answer()
    }

    fn mend(&self) {
        self.rig.mend();
    }

    fn credentials(&self) -> Vec<String> {
        self.rig.credentials()
    }
}

#[derive(Debug)]
struct WrongPlace {
    place: Arc<dyn StatePlace>,
    fault: Fault,
}

impl WrongPlace {
    fn name(&self, name: &str) -> String {
        if self.fault == Fault::LowersNames { name.to_lowercase() } else { name.to_owned() }
    }

    /// Writes whatever is there.
    async fn overwrite(&self, name: &str, content: Vec<u8>) -> Result<PutOutcome> {
        let condition = match self.place.get(name).await? {
            Some(object) => PutCondition::Unchanged(object.version),
            None => PutCondition::Absent,
        };
        self.place.put(name, content, condition).await
    }
}

#[async_trait]
impl LeasePlace for WrongPlace {
    fn location(&self) -> String {
        self.place.location()
    }

    async fn get(&self, name: &str) -> Result<Option<StoredObject>> {
        let name = self.name(name);
        let mut read = self.place.get(&name).await;
        match (self.fault, &read) {
            (Fault::RepeatsReads, Err(_)) => read = self.place.get(&name).await,
            (Fault::TakesAnyNotFoundForAbsent, Err(error)) if error.kind() == Kind::NotFound => {
                return Ok(None);
            }
            (Fault::ShowsACredential, Err(error)) => {
                return Err(error.clone().with_detail(canary().value()));
            }
            _ => {}
        }
        let spoilt = |mut object: StoredObject| {
            if self.fault == Fault::TrimsContent {
                object.content = object.content.trim_ascii().to_vec();
            }
            object
        };
        read.map(|object| object.map(spoilt))
    }

    async fn put(&self, name: &str, content: Vec<u8>, condition: PutCondition) -> Result<PutOutcome> {
        let name = self.name(name);
        let is_there = || async { self.place.get(&name).await.map(|object| object.is_some()) };
        match (self.fault, &condition) {
            (Fault::CreatesAnyway, PutCondition::Absent) => return self.overwrite(&name, content).await,
            (Fault::ReplacesAnyway, PutCondition::Unchanged(_)) if is_there().await? => {
                return self.overwrite(&name, content).await;
            }
            (Fault::ReplacesWhatIsAbsent, PutCondition::Unchanged(_)) if !is_there().await? => {
                return self.overwrite(&name, content).await;
            }
            (Fault::ChecksBeforeItWrites, PutCondition::Absent) => {
                let is_there = is_there().await?;
                tokio::task::yield_now().await;
                return match is_there {
                    true => Ok(PutOutcome::ConditionFailed),
                    false => self.overwrite(&name, content).await,
                };
            }
            _ => {}
        }
        let outcome = self.place.put(&name, content.clone(), condition.clone()).await;
        match (self.fault, outcome) {
            (Fault::RepeatsWrites, Err(_)) => self.place.put(&name, content, condition).await,
            (Fault::TakesALostAnswerForARefusal, Err(error)) if error.kind() == Kind::UnknownOutcome => {
                Ok(PutOutcome::ConditionFailed)
            }
            (_, outcome) => outcome,
        }
    }
}

#[async_trait]
impl StatePlace for WrongPlace {
    async fn list(&self, prefix: &str) -> Result<Vec<String>> {
        let prefix = if self.fault == Fault::IgnoresThePrefix { "" } else { prefix };
        let mut names = self.place.list(prefix).await?;
        match self.fault {
            Fault::ListsOnePage => names.truncate(1000),
            Fault::ListsInDisorder => names.reverse(),
            _ => {}
        }
        Ok(names)
    }

    async fn delete(&self, name: &str) -> Result<()> {
        match self.fault {
            Fault::FailsToDeleteTwice if self.place.get(name).await?.is_none() => {
                return Err(Error::new(Kind::NotFound, "delete it"));
            }
            Fault::DeletesByPrefix => {
                for name in self.place.list(name).await? {
                    self.place.delete(&name).await?;
                }
            }
            _ => {}
        }
        self.place.delete(name).await
    }
}
