//! `notify`

use deployer_core::{Error, Kind, Result};

use crate::delivery::{Delivery, DeliveryOutcome, test};
use crate::exit::Exit;
use crate::output::{Style, deliveries, json};
use crate::session::{Scope, Session};

/// Sends a test message to every notifier.
pub(crate) async fn run(session: &Session<'_>) -> Result<Exit> {
    let (_, recipients) = session.deployment(Scope::Notifiers).await?;
    if recipients.is_empty() {
        return Err(Error::new(Kind::Settings, "the settings have no notifier").with_hint(
            "add a section [[notify]] to the settings file, or set SLACK_API_TOKEN and SLACK_CHANNEL",
        ));
    }
    let sent = test(&session.runner, &recipients).await;
    session.finish(Vec::new());
    if session.output.is_json() {
        let document = serde_json::json!({ "format": json::FORMAT, "notifications": deliveries(&sent) });
        session.output.document(document);
    } else {
        session.output.result(&as_text(&sent, session.output.result_style()));
    }
    let mut exit = Exit::Done;
    for delivery in &sent {
        if let Some(error) = delivery.failure() {
            session.output.failure(&error.clone().context(&delivery.notifier));
            exit = Exit::Failed;
        }
    }
    Ok(exit)
}

/// One line per notifier. Failures follow on standard error.
fn as_text(sent: &[Delivery], style: Style) -> String {
    let line = |delivery: &Delivery| {
        let ended = match delivery.outcome {
            DeliveryOutcome::Delivered(None) => style.green("delivered"),
            DeliveryOutcome::Delivered(Some(caveat)) => format!("{} ({caveat})", style.green("accepted")),
            DeliveryOutcome::NotSent => style.dim("not sent"),
            DeliveryOutcome::Failed(_) => style.red("failed"),
        };
        format!("{}: {ended}\n", delivery.notifier)
    };
    sent.iter().map(line).collect()
}
