//! Wrong targets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::model::{Fingerprint, NodePlan, Observed, SystemSecretNames};
use deployer_core::traits::{Done, Landed, NodeTarget, Secrets, Settling, Step, TargetCapabilities};
use deployer_core::{Error, Kind as ErrorKind, Result, SecretValue};
use deployer_testkit::contract::{
    Place, Support, TargetLimit, TargetRig, Trouble, UNSUPPORTED, canary, node_target_contract,
};

use super::caught;
use crate::rigs::{Kind, Targets};

/// What is wrong with a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    WritesWhenPreparing,
    BaseOfItsOwn,
    LandedAlways,
    LandedNever,
    UndoesNothing,
    UndoesInSilence,
    ClaimsConditions,
    SwallowsFailures,
    HidesVariables,
    ForgetsEntities,
    ChangesSecrets,
    ShowsSecrets,
    Misclassifies,
    HasNoName,
    NeverSettles,
    LosesNothing,
}

/// Each fault, and the words of the case that catches it.
const FAULTS: [(Fault, &str); 16] = [
    (Fault::WritesWhenPreparing, "observing and preparing write nothing"),
    (Fault::BaseOfItsOwn, "it is the same fingerprint"),
    (Fault::LandedAlways, "was not executed yet"),
    (Fault::LandedNever, "reading shows whether the write was applied"),
    (Fault::UndoesNothing, "undo send secrets of crm was applied"),
    (Fault::UndoesInSilence, "says what was put back"),
    (Fault::ClaimsConditions, "`conditional_write` is set honestly"),
    (Fault::SwallowsFailures, "it is lost"),
    (Fault::HidesVariables, "planning right after deploying finds"),
    (Fault::ForgetsEntities, "it holds what was written"),
    (Fault::ChangesSecrets, "the values arrive unchanged"),
    (Fault::ShowsSecrets, "shows a secret"),
    (Fault::Misclassifies, "Down"),
    (Fault::HasNoName, "a target can be named"),
    (Fault::NeverSettles, "it settles"),
    (Fault::LosesNothing, "declares no limit `Requests`"),
];

#[tokio::test]
async fn every_wrong_target_is_caught() {
    for (fault, words) in FAULTS {
        let rig = Wrong { rig: Targets(Kind::Node), fault };
        caught(&format!("{fault:?}"), node_target_contract(&rig), words).await;
    }
}

struct Wrong {
    rig: Targets,
    fault: Fault,
}

#[async_trait]
impl TargetRig for Wrong {
    fn limits(&self) -> Vec<(TargetLimit, &'static str)> {
        self.rig.limits()
    }

    async fn place(&self) -> Box<dyn Place> {
        Box::new(WrongPlace { place: self.rig.place().await, fault: self.fault })
    }
}

struct WrongPlace {
    place: Box<dyn Place>,
    fault: Fault,
}

#[async_trait]
impl Place for WrongPlace {
    fn target(&self) -> Arc<dyn NodeTarget> {
        Arc::new(WrongTarget { target: self.place.target(), fault: self.fault })
    }

    fn writes(&self) -> usize {
        self.place.writes()
    }

    fn secrets(&self) -> Option<Secrets> {
        self.place.secrets()
    }

    fn system_secrets(&self) -> Option<BTreeMap<String, Secrets>> {
        self.place.system_secrets()
    }

    async fn intrude(&self) -> Support {
        self.place.intrude().await
    }

    fn lose_answer(&self) -> Support {
        if self.fault == Fault::LosesNothing { UNSUPPORTED } else { self.place.lose_answer() }
    }

    fn lose_request(&self) -> Support {
        self.place.lose_request()
    }

    fn refuse(&self) -> Support {
        self.place.refuse()
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        self.place.trouble(trouble)
    }

    fn mend(&self) {
        self.place.mend();
    }

    fn credentials(&self) -> Vec<String> {
        self.place.credentials()
    }
}

#[derive(Debug)]
struct WrongTarget {
    target: Arc<dyn NodeTarget>,
    fault: Fault,
}

#[async_trait]
impl NodeTarget for WrongTarget {
    fn location(&self) -> String {
        if self.fault == Fault::HasNoName { String::new() } else { self.target.location() }
    }

    fn capabilities(&self) -> TargetCapabilities {
        let mut capabilities = self.target.capabilities();
        capabilities.conditional_write |= self.fault == Fault::ClaimsConditions;
        capabilities
    }

    async fn observe(&self) -> Result<Observed> {
        let mut observed = self.target.observe().await.map_err(|error| match self.fault {
            Fault::ShowsSecrets => error.with_detail(canary().value()),
            Fault::Misclassifies => Error::new(ErrorKind::Unexpected, error.message()),
            _ => error,
        })?;
        if self.fault == Fault::HidesVariables {
            observed.variables = None;
        }
        Ok(observed)
    }

    async fn observe_written(&self, plan: &NodePlan) -> Result<Observed> {
        let mut observed = self.target.observe_written(plan).await?;
        if self.fault == Fault::ForgetsEntities {
            observed.entities.clear();
        }
        Ok(observed)
    }

    async fn system_secrets(&self, systems: &BTreeSet<String>) -> Result<SystemSecretNames> {
        self.target.system_secrets(systems).await
    }

    async fn settling(&self, plan: &NodePlan) -> Result<Settling> {
        let mut settling = self.target.settling(plan).await?;
        if self.fault == Fault::NeverSettles {
            settling.deploying = vec!["p".to_owned()];
        }
        Ok(settling)
    }

    async fn base(&self) -> Result<Fingerprint> {
        if self.fault == Fault::BaseOfItsOwn {
            return Ok(Fingerprint::new("one"));
        }
        self.target.base().await
    }

    async fn prepare(&self, plan: &NodePlan, secrets: &Secrets) -> Result<Vec<Box<dyn Step>>> {
        let mut secrets = secrets.clone();
        if self.fault == Fault::ChangesSecrets {
            secrets.values_mut().for_each(|value| *value = SecretValue::new("another"));
        }
        let steps = self.target.prepare(plan, &secrets).await?;
        if self.fault == Fault::WritesWhenPreparing
            && let Some(step) = steps.first()
        {
            step.execute().await?;
        }
        let fault = self.fault;
        Ok(steps.into_iter().map(|step| Box::new(WrongStep { step, fault }) as Box<dyn Step>).collect())
    }
}

struct WrongStep {
    step: Box<dyn Step>,
    fault: Fault,
}

#[async_trait]
impl Step for WrongStep {
    fn name(&self) -> String {
        self.step.name()
    }

    async fn execute(&self) -> Result<Done> {
        match self.step.execute().await {
            Err(_) if self.fault == Fault::SwallowsFailures => Ok(Done::new("written")),
            done => done,
        }
    }

    async fn landed(&self) -> Result<Landed> {
        match self.fault {
            Fault::LandedAlways => Ok(Landed::Yes),
            Fault::LandedNever => Ok(Landed::No),
            _ => self.step.landed().await,
        }
    }

    fn undo(&self) -> Option<Box<dyn Step>> {
        Some(Box::new(WrongUndo { step: self.step.undo()?, fault: self.fault }))
    }
}

struct WrongUndo {
    step: Box<dyn Step>,
    fault: Fault,
}

#[async_trait]
impl Step for WrongUndo {
    fn name(&self) -> String {
        self.step.name()
    }

    async fn execute(&self) -> Result<Done> {
        match self.fault {
            Fault::UndoesNothing => Ok(Done::new("nothing")),
            Fault::UndoesInSilence => self.step.execute().await.map(|_| Done::default()),
            _ => self.step.execute().await,
        }
    }

    async fn landed(&self) -> Result<Landed> {
        self.step.landed().await
    }
}
