//! The suite of [`Notifier`].

use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::Retry;
use deployer_core::model::{Outcome, Report};
use deployer_core::traits::Notifier;

use super::checks::{Secrecy, Support, UNSUPPORTED};
use super::limits::Limits;
use super::trouble::Trouble;

/// A message as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Its text.
    pub text: String,
    /// The diff that came with it or after it.
    pub diff: Option<String>,
}

/// A limit of a channel or of its rig: the case that needs it can't run. A rig declares each one with its reason. The suite fails for a
/// case that can't run without a declared limit, and for a declared limit that doesn't exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum NotifierLimit {
    /// The service has no such trouble, or nobody can see it.
    Trouble(Trouble),
    /// A delivery is one request, so that it can't fail half-way.
    HalfWay,
}

/// A channel that people read.
#[async_trait]
pub trait NotifierRig: Send + Sync {
    /// A notifier for the channel as a run builds it.
    fn notifier(&self) -> Arc<dyn Notifier>;

    /// The limits of the channel, each with its reason.
    fn limits(&self) -> Vec<(NotifierLimit, &'static str)>;

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
    Report::new(Outcome::Deployed, "prod".to_owned(), "2 to add on master æøå".to_owned())
        .with_nodes(vec!["master: 2 to add".to_owned(), "extra: nothing to do".to_owned()])
        .with_link(Some("https://ci.example/run/1".to_owned()))
        .with_diff("--- a\n+++ b\n+  \"æøå\": \"<b> & ``` 漢字\"\n".to_owned())
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
    let limits = Limits::new(rig.limits());
    for trouble in Trouble::ALL {
        fails(rig, trouble, &secrecy, &limits).await;
    }
    never_tells_twice(rig, &secrecy, &limits).await;
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

    let received = delivered(rig, &report().with_diff(String::new())).await;
    assert_eq!(received.diff, None, "without a diff nothing stands for it");
    let received = delivered(rig, &report().with_link(None)).await;
    assert!(!received.text.contains("http"), "without a link none is made up: {received:?}");

    let failed = report().with_outcome(Outcome::Failed).with_errors(vec!["master: refused".to_owned()]);
    let received = delivered(rig, &failed).await;
    assert!(received.text.contains("master: refused"), "the error is told: {received:?}");
}

async fn delivers_what_is_large(rig: &dyn NotifierRig) {
    let large = report()
        .with_nodes((0..500).map(|number| format!("node-{number}: nothing to do")).collect())
        .with_errors((0..500).map(|number| format!("error {number} {}", "x".repeat(200))).collect())
        .with_diff("+ a line of a diff ø\n".repeat(20_000));
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

async fn fails(rig: &dyn NotifierRig, trouble: Trouble, secrecy: &Secrecy, limits: &Limits<NotifierLimit>) {
    let case = format!("delivering to a service that is {trouble:?}");
    if !limits.permit(NotifierLimit::Trouble(trouble), &case, rig.trouble(trouble).is_ok()) {
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

async fn never_tells_twice(rig: &dyn NotifierRig, secrecy: &Secrecy, limits: &Limits<NotifierLimit>) {
    let fails = rig.fail_half_way().is_ok();
    if !limits.permit(NotifierLimit::HalfWay, "a delivery that fails half-way", fails) {
        return;
    }
    let before = rig.received().len();
    let error = rig.notifier().deliver(&report()).await.expect_err("it fails half-way");
    assert_eq!(rig.received().len(), before + 1, "people have read the first half");
    assert_eq!(error.retry(), Retry::Never, "delivering again would tell it twice: {error:?}");
    secrecy.check("an error", &error);
    rig.mend();
}
