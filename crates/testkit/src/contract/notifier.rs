//! The suite of [`Notifier`].

use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::Retry;
use deployer_core::model::{Outcome, Report};
use deployer_core::traits::Notifier;

use super::checks::{Secrecy, Support, UNSUPPORTED, supported};
use super::trouble::Trouble;

/// A message as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Its text.
    pub text: String,
    /// The diff that came with it or after it.
    pub diff: Option<String>,
}

/// A channel that people read.
#[async_trait]
pub trait NotifierRig: Send + Sync {
    /// A notifier for the channel as a run builds it.
    fn notifier(&self) -> Arc<dyn Notifier>;

    /// The messages so far, in order.
    fn received(&self) -> Vec<Received>;

    /// Lets the service be in trouble from now on.
    fn trouble(&self, trouble: Trouble) -> Support;

    /// Lets the next delivery fail after people have read a part of it.
    fn fail_half_way(&self) -> Support {
        UNSUPPORTED
    }

    /// Ends all trouble.
    fn mend(&self);

    /// The credentials that the notifier was given; they must show nowhere.
    fn credentials(&self) -> Vec<String>;
}

fn report() -> Report {
    Report {
        outcome: Outcome::Deployed,
        environment: "prod".to_owned(),
        summary: "2 to add on master æøå".to_owned(),
        nodes: vec!["master: 2 to add".to_owned(), "extra: nothing to do".to_owned()],
        link: Some("https://ci.example/run/1".to_owned()),
        diff: "--- a\n+++ b\n+  \"æøå\": \"<b> & ``` 漢字\"\n".to_owned(),
        errors: Vec::new(),
    }
}

/// Every case that a [`Notifier`] has to pass.
///
/// # Panics
/// When it does not pass.
pub async fn notifier_contract(rig: &dyn NotifierRig) {
    delivers(rig).await;
    delivers_what_is_large(rig).await;
    tests(rig).await;
    let secrecy = Secrecy::new(rig.credentials());
    for trouble in Trouble::ALL {
        fails(rig, trouble, &secrecy).await;
    }
    never_tells_twice(rig, &secrecy).await;
    secrecy.check("the notifier", &rig.notifier());
    secrecy.check("its location", &rig.notifier().location());
}

/// Delivers a report; the message that came of it.
async fn delivered(rig: &dyn NotifierRig, report: &Report) -> Received {
    let before = rig.received().len();
    rig.notifier().deliver(report).await.expect("it can be delivered");
    let mut received = rig.received();
    assert_eq!(received.len(), before + 1, "one report is one message");
    received.remove(before)
}

async fn delivers(rig: &dyn NotifierRig) {
    let whole = report();
    let received = delivered(rig, &whole).await;
    assert!(
        received.text.contains("prod") && received.text.contains("2 to add on master æøå"),
        "{received:?}"
    );
    let link = received.text.find("https://ci.example/run/1").expect("the link is in the message");
    let summary = received.text.find(&whole.summary).expect("the summary is in the message");
    assert!(link < summary, "the link comes first: {received:?}");
    assert_eq!(received.diff.as_deref(), Some(whole.diff.as_str()), "the diff comes unchanged");

    let received = delivered(rig, &Report { diff: String::new(), ..report() }).await;
    assert_eq!(received.diff, None, "without a diff nothing stands for it");
    let received = delivered(rig, &Report { link: None, ..report() }).await;
    assert!(!received.text.contains("http"), "without a link none is made up: {received:?}");

    let failed = Report { outcome: Outcome::Failed, errors: vec!["master: refused".to_owned()], ..report() };
    let received = delivered(rig, &failed).await;
    assert!(received.text.contains("master: refused"), "the error is told: {received:?}");
}

async fn delivers_what_is_large(rig: &dyn NotifierRig) {
    let large = Report {
        nodes: (0..500).map(|number| format!("node-{number}: nothing to do")).collect(),
        errors: (0..500).map(|number| format!("error {number} {}", "x".repeat(200))).collect(),
        diff: "+ a line of a diff ø\n".repeat(20_000),
        ..report()
    };
    let received = delivered(rig, &large).await;
    assert!(received.text.contains(&large.summary), "what matters most is not cut");
    assert!(
        received.diff.is_some_and(|diff| diff.starts_with("+ a line of a diff ø\n")),
        "the diff is there"
    );
}

async fn tests(rig: &dyn NotifierRig) {
    let before = rig.received().len();
    rig.notifier().test().await.expect("it can be delivered");
    let received = rig.received();
    assert_eq!(received.len(), before + 1, "a test is one message");
    assert!(!received[before].text.is_empty(), "that says something");
}

async fn fails(rig: &dyn NotifierRig, trouble: Trouble, secrecy: &Secrecy) {
    if !supported(&format!("delivering to a service that is {trouble:?}"), rig.trouble(trouble)) {
        return;
    }
    let notifier = rig.notifier();
    for error in [notifier.deliver(&report()).await, notifier.test().await] {
        let error = error.expect_err("the service is in trouble");
        trouble.check_delivery(&error);
        secrecy.check("an error", &error);
    }
    rig.mend();
    delivered(rig, &report()).await;
}

async fn never_tells_twice(rig: &dyn NotifierRig, secrecy: &Secrecy) {
    if !supported("a delivery that fails half-way", rig.fail_half_way()) {
        return;
    }
    let before = rig.received().len();
    let error = rig.notifier().deliver(&report()).await.expect_err("it fails half-way");
    assert_eq!(rig.received().len(), before + 1, "people have read the first half");
    assert_eq!(error.retry(), Retry::Never, "delivering again would tell it twice: {error:?}");
    secrecy.check("an error", &error);
    rig.mend();
}
