//! `notify`

use deployer_core::{Error, Kind, Result};

use crate::exit::Exit;
use crate::notify::{Notice, NoticeOutcome, test};
use crate::output::{Style, json, notices};
use crate::session::{Scope, Session};

/// Sends everybody a test message.
pub(crate) async fn run(session: &Session<'_>) -> Result<Exit> {
    let (_, recipients) = session.deployment(Scope::Notifiers)?;
    if recipients.is_empty() {
        return Err(Error::new(Kind::Settings, "the settings name nobody to notify").with_hint(
            "add a section [[notify]] to the settings file, or set SLACK_API_TOKEN and SLACK_CHANNEL",
        ));
    }
    let told = test(&session.runner, &recipients).await;
    session.finish(Vec::new());
    if session.output.is_json() {
        let document = serde_json::json!({ "format": json::FORMAT, "notifications": notices(&told) });
        session.output.result(&json::document(&document));
    } else {
        session.output.result(&as_text(&told, session.output.result_style()));
    }
    let mut exit = Exit::Done;
    for notice in &told {
        if let Some(error) = notice.failure() {
            session.output.failure(&error.clone().context(&notice.notifier));
            exit = Exit::Failed;
        }
    }
    Ok(exit)
}

/// A line a notifier; why one failed is told apart.
fn as_text(told: &[Notice], style: Style) -> String {
    let line = |notice: &Notice| {
        let ended = match notice.outcome {
            NoticeOutcome::Delivered(None) => style.green("delivered"),
            NoticeOutcome::Delivered(Some(caveat)) => format!("{} ({caveat})", style.green("accepted")),
            NoticeOutcome::NotSent => style.dim("not sent"),
            NoticeOutcome::Failed(_) => style.red("failed"),
        };
        format!("{}: {ended}\n", notice.notifier)
    };
    told.iter().map(line).collect()
}
