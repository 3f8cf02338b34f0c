//! Telling people: all notifiers at once, each with retries of its own.

use deployer_core::error::Note;
use deployer_core::model::Report;
use deployer_core::{Error, Result};
use deployer_engine::run::Runner;
use futures::future::join_all;

use crate::settings::Recipient;

/// What became of telling one notifier.
#[derive(Debug)]
pub(crate) struct Notice {
    /// Where it delivers to.
    pub(crate) notifier: String,
    pub(crate) outcome: NoticeOutcome,
}

#[derive(Debug)]
pub(crate) enum NoticeOutcome {
    /// It was delivered; what that does not tell, where there is such a thing.
    Delivered(Option<&'static str>),
    /// The settings say that such runs are not told.
    NotSent,
    /// It was not delivered, or only a part of it.
    Failed(Error),
}

impl Notice {
    fn new(recipient: &Recipient, told: Result<()>) -> Self {
        let outcome = match told {
            Ok(()) => NoticeOutcome::Delivered(recipient.notifier.caveat()),
            Err(error) => NoticeOutcome::Failed(error),
        };
        Self { notifier: recipient.notifier.location(), outcome }
    }

    /// Why it was not delivered.
    pub(crate) fn failure(&self) -> Option<&Error> {
        match &self.outcome {
            NoticeOutcome::Failed(error) => Some(error),
            NoticeOutcome::Delivered(_) | NoticeOutcome::NotSent => None,
        }
    }

    /// The failure as a warning.
    pub(crate) fn warning(&self) -> Option<Note> {
        let error = self.failure()?;
        let hints: String = error.hints().iter().map(|hint| format!(" ({hint})")).collect();
        Some(Note::warning(format!("{} was not notified: {error}{hints}", self.notifier)))
    }
}

/// Delivers a report to everybody who is told of such runs. `has_changes` says whether the plan holds any.
pub(crate) async fn tell(
    runner: &Runner,
    recipients: &[Recipient],
    report: &Report,
    has_changes: bool,
) -> Vec<Notice> {
    let told = recipients.iter().map(|recipient| async move {
        if !recipient.send.tells(report.outcome, has_changes) {
            return Notice { notifier: recipient.notifier.location(), outcome: NoticeOutcome::NotSent };
        }
        Notice::new(recipient, runner.read("notify", || recipient.notifier.deliver(report)).await)
    });
    join_all(told).await
}

/// Sends everybody a test message.
pub(crate) async fn test(runner: &Runner, recipients: &[Recipient]) -> Vec<Notice> {
    let told = recipients.iter().map(|recipient| async move {
        Notice::new(recipient, runner.read("notify", || recipient.notifier.test()).await)
    });
    join_all(told).await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use async_trait::async_trait;
    use deployer_core::Kind;
    use deployer_core::model::Outcome;
    use deployer_core::traits::Notifier;
    use deployer_engine::run::{Policy, Silent};
    use tokio::sync::Barrier;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::settings::SendWhen;

    /// Delivers once all who share the barrier deliver.
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
    async fn those_who_are_told_are_told_at_once() {
        let report = Report {
            outcome: Outcome::Deployed,
            environment: String::new(),
            summary: String::new(),
            nodes: Vec::new(),
            link: None,
            diff: String::new(),
            errors: Vec::new(),
        };
        let recipients = recipients([SendWhen::Always, SendWhen::Failures, SendWhen::Changes]);
        let notices = tell(&runner(), &recipients, &report, true).await;
        let sent: Vec<bool> =
            notices.iter().map(|notice| matches!(notice.outcome, NoticeOutcome::Delivered(None))).collect();
        assert_eq!(sent, [true, false, true]);
    }

    #[tokio::test]
    async fn a_test_goes_to_everybody_and_a_failure_is_a_warning_with_its_hint() {
        let recipients = recipients([SendWhen::Failures; 3]);
        let notices = test(&runner(), &recipients[..2]).await;
        assert_eq!(notices.len(), 2);
        let warning = notices[0].warning().expect("it failed");
        assert_eq!(warning.message, "together was not notified: post the message (invite the bot)");
    }
}
