//! What is written in the message: blocks for people, and a text that notifications on screens show in their place.

mod blocks;
mod mrkdwn;
mod text;

use deployer_core::model::Report;
use slack_morphism::prelude::SlackMessageContent;

/// The most of a diff that is shown in a message, in characters; Slack allows about 13,000 in all blocks of a message together.
const LONGEST_DIFF: usize = 3_000;

/// How much of the diff a message shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// All of it.
    Whole,
    /// What fits, with a count of the rest.
    Start,
    /// Nothing; it comes as a file, or there is none.
    Nothing,
}

/// Whether a diff is short enough to be shown in a message.
pub(crate) fn is_short(diff: &str) -> bool {
    diff.chars().nth(LONGEST_DIFF).is_none()
}

/// The message for a report: the release link first, then how it ended, the errors, a line a node, and the diff.
pub(crate) fn of_report(report: &Report, shown: Shown) -> SlackMessageContent {
    SlackMessageContent::new()
        .with_text(text::of_report(report))
        .with_blocks(blocks::of_report(report, shown))
}

/// The message of a test.
pub(crate) fn of_test() -> SlackMessageContent {
    SlackMessageContent::new().with_text("sesam-deployer can write to this channel.".to_owned())
}
