//! Delivering reports: to all notifiers at once, each with its own retries.

use std::sync::Arc;

use deployer_core::error::Note;
use deployer_core::model::{Outcome, Report};
use deployer_core::traits::Notifier;
use deployer_core::{Error, Result};
use deployer_engine::run::Runner;
use futures::future::join_all;

use crate::settings::SendWhen;

/// A notifier, and which reports it is sent.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// The notifier.
    pub notifier: Arc<dyn Notifier>,
    /// Which reports it is sent.
    pub send: SendWhen,
}

/// Whether a run or state is reported. `has_changes` says whether the plan of a run has any. Failures and whatever needs a person
/// always are.
fn is_reported(send: SendWhen, outcome: Outcome, has_changes: bool) -> bool {
    match (send, outcome) {
        (_, Outcome::Failed | Outcome::Held | Outcome::Drifted | Outcome::SourceFailed)
        | (SendWhen::Always, _)
        | (SendWhen::Changes, Outcome::Recovered) => true,
        (SendWhen::Failures, _) => false,
        (SendWhen::Changes, _) => has_changes,
    }
}

/// The delivery to one notifier.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// The notifier's location.
    pub(crate) notifier: String,
    pub(crate) outcome: DeliveryOutcome,
}

/// The outcome of a delivery.
#[derive(Debug)]
pub(crate) enum DeliveryOutcome {
    /// Delivered, with what this does not prove, if anything.
    Delivered(Option<&'static str>),
    /// The settings exclude such runs.
    NotSent,
    /// Not delivered, or only in part.
    Failed(Error),
}

impl Delivery {
    fn new(recipient: &Recipient, delivered: Result<()>) -> Self {
        let outcome = match delivered {
            Ok(()) => DeliveryOutcome::Delivered(recipient.notifier.caveat()),
            Err(error) => DeliveryOutcome::Failed(error),
        };
        Self { notifier: recipient.notifier.location(), outcome }
    }

    /// The failure, if it was not delivered.
    pub(crate) fn failure(&self) -> Option<&Error> {
        match &self.outcome {
            DeliveryOutcome::Failed(error) => Some(error),
            DeliveryOutcome::Delivered(_) | DeliveryOutcome::NotSent => None,
        }
    }

    /// The failure as a warning.
    pub(crate) fn warning(&self) -> Option<Note> {
        let error = self.failure()?;
        let hints: String = error.hints().iter().map(|hint| format!(" ({hint})")).collect();
        Some(Note::warning(format!("{} was not notified: {error}{hints}", self.notifier)))
    }
}

/// Delivers a report to every notifier whose settings include such runs. `has_changes`: whether the plan changes anything.
pub(crate) async fn deliver(
    runner: &Runner,
    recipients: &[Recipient],
    report: &Report,
    has_changes: bool,
) -> Vec<Delivery> {
    let deliveries = recipients.iter().map(|recipient| async move {
        if !is_reported(recipient.send, report.outcome, has_changes) {
            return Delivery { notifier: recipient.notifier.location(), outcome: DeliveryOutcome::NotSent };
        }
        Delivery::new(recipient, runner.read("notify", || recipient.notifier.deliver(report)).await)
    });
    join_all(deliveries).await
}

/// Sends a test message to every notifier.
pub(crate) async fn test(runner: &Runner, recipients: &[Recipient]) -> Vec<Delivery> {
    let deliveries = recipients.iter().map(|recipient| async move {
        Delivery::new(recipient, runner.read("notify", || recipient.notifier.test()).await)
    });
    join_all(deliveries).await
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use deployer_core::Kind;
    use deployer_engine::run::{Policy, Silent};
    use tokio::sync::Barrier;
    use tokio_util::sync::CancellationToken;

    use super::*;

    #[test]
    fn failures_are_always_reported() {
        for (outcome, has_changes, expected) in [
            (Outcome::Failed, false, [true, true, true]),
            (Outcome::Failed, true, [true, true, true]),
            (Outcome::Deployed, true, [true, true, false]),
            (Outcome::NothingToDo, false, [true, false, false]),
            (Outcome::Planned, true, [true, true, false]),
            (Outcome::Planned, false, [true, false, false]),
            (Outcome::Held, false, [true, true, true]),
            (Outcome::Drifted, false, [true, true, true]),
            (Outcome::SourceFailed, false, [true, true, true]),
            (Outcome::Recovered, false, [true, true, false]),
        ] {
            let send = [SendWhen::Always, SendWhen::Changes, SendWhen::Failures];
            let reported = send.map(|send| is_reported(send, outcome, has_changes));
            assert_eq!(reported, expected, "{outcome:?}, changes: {has_changes}");
        }
    }

    /// Delivers when all notifiers of the barrier deliver.
    #[derive(Debug)]
    struct Together(Arc<Barrier>);

    #[async_trait]
    impl Notifier for Together {
        fn location(&self) -> String {
            "together".to_owned()
        }

        async fn deliver(&self, _: &Report) -> Result<()> {
            self.0.wait().await;
            Ok(())
        }

        async fn test(&self) -> Result<()> {
            self.0.wait().await;
            Err(Error::new(Kind::Denied, "post the message").with_hint("invite the bot"))
        }
    }

    fn runner() -> Runner {
        Runner::new(Policy::default(), CancellationToken::new(), Arc::new(Silent))
    }

    fn recipients(send: [SendWhen; 3]) -> Vec<Recipient> {
        let barrier = Arc::new(Barrier::new(2));
        send.map(|send| Recipient { notifier: Arc::new(Together(Arc::clone(&barrier))), send }).into()
    }

    #[tokio::test]
    async fn reports_are_delivered_at_once() {
        let report = Report::new(Outcome::Deployed, String::new(), String::new());
        let recipients = recipients([SendWhen::Always, SendWhen::Failures, SendWhen::Changes]);
        let deliveries = deliver(&runner(), &recipients, &report, true).await;
        let sent: Vec<bool> = deliveries
            .iter()
            .map(|delivery| matches!(delivery.outcome, DeliveryOutcome::Delivered(None)))
            .collect();
        assert_eq!(sent, [true, false, true]);
    }

    #[tokio::test]
    async fn a_test_goes_to_every_notifier_and_a_failure_is_a_warning_with_its_hint() {
        let recipients = recipients([SendWhen::Failures; 3]);
        let deliveries = test(&runner(), &recipients[..2]).await;
        assert_eq!(deliveries.len(), 2);
        let warning = deliveries[0].warning().expect("it failed");
        assert_eq!(warning.message, "together was not notified: post the message (invite the bot)");
    }
}
