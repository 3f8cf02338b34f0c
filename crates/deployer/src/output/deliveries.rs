//! Notifications for machines.

use serde_json::{Value, json};

use crate::delivery::{Delivery, DeliveryOutcome};

/// One document per notifier.
pub(crate) fn deliveries(deliveries: &[Delivery]) -> Value {
    let deliveries = deliveries.iter().map(|delivery| {
        let (outcome, caveat) = match delivery.outcome {
            DeliveryOutcome::Delivered(None) => ("delivered", None),
            DeliveryOutcome::Delivered(caveat) => ("accepted", caveat),
            DeliveryOutcome::NotSent => ("not-sent", None),
            DeliveryOutcome::Failed(_) => ("failed", None),
        };
        json!({
            "notifier": delivery.notifier,
            "outcome": outcome,
            "detail": caveat,
            "error": delivery.failure().map(super::json::error),
        })
    });
    json!(deliveries.collect::<Vec<_>>())
}
