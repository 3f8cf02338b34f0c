//! What became of telling people, for machines.

use serde_json::{Value, json};

use crate::notify::{Notice, NoticeOutcome};

/// A document a notifier.
pub(crate) fn notices(notices: &[Notice]) -> Value {
    let notices = notices.iter().map(|notice| {
        let (outcome, caveat) = match notice.outcome {
            NoticeOutcome::Delivered(None) => ("delivered", None),
            NoticeOutcome::Delivered(caveat) => ("accepted", caveat),
            NoticeOutcome::NotSent => ("not-sent", None),
            NoticeOutcome::Failed(_) => ("failed", None),
        };
        json!({
            "notifier": notice.notifier,
            "outcome": outcome,
            "detail": caveat,
            "error": notice.failure().map(super::json::error),
        })
    });
    json!(notices.collect::<Vec<_>>())
}
