//! The message: blocks for people, and a text that desktop notifications show instead.

mod blocks;
mod diff;
mod mrkdwn;
mod text;

use deployer_core::model::Report;
use slack_morphism::prelude::SlackMessageContent;

pub(crate) use diff::{Shown, is_short};

/// The message for a report: the release link first, then the outcome, the errors, one line per node, and the diff.
pub(crate) fn of_report(report: &Report, shown: Shown) -> SlackMessageContent {
    SlackMessageContent::new()
        .with_text(text::of_report(report))
        .with_blocks(blocks::of_report(report, shown))
}

/// The message of a test.
pub(crate) fn of_test() -> SlackMessageContent {
    SlackMessageContent::new().with_text("sesam-deployer can write to this channel.".to_owned())
}
