//! Wrong notifiers.

use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::model::Report;
use deployer_core::traits::Notifier;
use deployer_core::{Result, Retry};
use deployer_testkit::contract::{NotifierLimit, NotifierRig, Received, Support, Trouble, notifier_contract};

use super::caught;
use crate::rigs::Channel;

/// What is wrong with a notifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    LosesTheDiff,
    LosesErrors,
    MakesUpALink,
    DeliversTwice,
    AsksForRepetition,
    TestsInSilence,
    DeclaresAFalseLimit,
}

/// Each fault, and the words of the case that catches it.
const FAULTS: [(Fault, &str); 7] = [
    (Fault::LosesTheDiff, "the diff comes unchanged"),
    (Fault::LosesErrors, "the error is told"),
    (Fault::MakesUpALink, "without a link none is made up"),
    (Fault::DeliversTwice, "one report is one message"),
    (Fault::AsksForRepetition, "may have been delivered"),
    (Fault::TestsInSilence, "a test is one message"),
    (Fault::DeclaresAFalseLimit, "declares the limit `HalfWay`, and yet can do this"),
];

#[tokio::test]
async fn every_wrong_notifier_is_caught() {
    for (fault, words) in FAULTS {
        let rig = Wrong { rig: Channel::default(), fault };
        caught(&format!("{fault:?}"), notifier_contract(&rig), words).await;
    }
}

struct Wrong {
    rig: Channel,
    fault: Fault,
}

#[async_trait]
impl NotifierRig for Wrong {
    fn notifier(&self) -> Arc<dyn Notifier> {
        Arc::new(WrongNotifier { notifier: self.rig.notifier(), fault: self.fault })
    }

    fn limits(&self) -> Vec<(NotifierLimit, &'static str)> {
        let declared = (NotifierLimit::HalfWay, "it is never reached");
        if self.fault == Fault::DeclaresAFalseLimit { vec![declared] } else { self.rig.limits() }
    }

    fn received(&self) -> Vec<Received> {
        self.rig.received()
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        self.rig.trouble(trouble)
    }

    fn fail_half_way(&self) -> Support {
        self.rig.fail_half_way()
    }

    fn mend(&self) {
        self.rig.mend();
    }

    fn credentials(&self) -> Vec<String> {
        self.rig.credentials()
    }
}

#[derive(Debug)]
struct WrongNotifier {
    notifier: Arc<dyn Notifier>,
    fault: Fault,
}

#[async_trait]
impl Notifier for WrongNotifier {
    fn location(&self) -> String {
        self.notifier.location()
    }

    async fn deliver(&self, report: &Report) -> Result<()> {
        let mut report = report.clone();
        match self.fault {
            Fault::LosesTheDiff => report.diff.truncate(1),
            Fault::LosesErrors => report.errors.clear(),
            Fault::MakesUpALink => {
                report.link.get_or_insert_with(|| "https://deployer.example".to_owned());
            }
            Fault::DeliversTwice => self.notifier.deliver(&report).await?,
            Fault::AsksForRepetition | Fault::TestsInSilence | Fault::DeclaresAFalseLimit => {}
        }
        self.notifier.deliver(&report).await.map_err(|error| match self.fault {
            Fault::AsksForRepetition if error.retry() == Retry::Never => error.with_retry(Retry::Soon),
            _ => error,
        })
    }

    async fn test(&self) -> Result<()> {
        if self.fault == Fault::TestsInSilence { Ok(()) } else { self.notifier.test().await }
    }
}
