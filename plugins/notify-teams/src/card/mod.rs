//! The message: an Adaptive Card 1.4 (<https://adaptivecards.io/explorer/>) in the envelope that flows accept
//! (<https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using>).
//!
//! All text is in text runs, which do not interpret Markdown: names and diffs are shown unchanged, and nothing is escaped.

mod elements;
mod lines;

use deployer_core::model::{Outcome, Report, one_line};
use serde::Serialize;

use self::elements::{Action, Colour, Paragraph, Run};
use self::lines::LONGEST_LINE;

/// The largest message in bytes. Teams accepts about 28 KB, including everything that the flow adds, and drops larger messages.
const LARGEST: usize = 20_000;
/// The longest summary in characters.
const LONGEST_SUMMARY: usize = 1_000;

/// A message with one card.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "message")]
pub(crate) struct Message {
    attachments: [Attachment; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Attachment {
    content_type: &'static str,
    content_url: Option<&'static str>,
    content: Card,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "AdaptiveCard")]
struct Card {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    msteams: Width,
    body: Vec<Paragraph>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    actions: Vec<Action>,
}

#[derive(Debug, Serialize)]
struct Width {
    width: &'static str,
}

impl Message {
    /// The message for a report: the link first, then the outcome, the errors, one line per node, and the diff. Lines that do
    /// not fit are left out and counted.
    pub(crate) fn of_report(report: &Report) -> Self {
        let mut message = Self::of_paragraphs(Vec::new());
        let card = &mut message.attachments[0].content;
        if let Some(link) = report.web_link() {
            card.body.push(Paragraph::new(vec![Run::plain("Release link: "), Run::plain(link).opens(link)]));
            card.actions.push(Action::open("Open the release", link));
        } else if let Some(link) = &report.link {
            card.body.push(Paragraph::new(vec![
                Run::plain("Release link: "),
                Run::plain(one_line(link, LONGEST_LINE)),
            ]));
        }
        let colour = match report.outcome {
            Outcome::Deployed | Outcome::Recovered => Some(Colour::Good),
            Outcome::Planned | Outcome::NothingToDo => None,
            _ => Some(Colour::Attention),
        };
        card.body.push(Paragraph::new(vec![
            Run::plain(one_line(&report.heading(), LONGEST_LINE)).large().coloured(colour),
        ]));
        card.body.push(Paragraph::new(vec![Run::plain(one_line(&report.summary, LONGEST_SUMMARY))]));
        message.add(&report.errors, lines::error, Share::Half, ["error", "errors"]);
        message.add(&report.nodes, lines::node, Share::Half, ["node", "nodes"]);
        let diff: Vec<&str> = report.diff.lines().collect();
        message.add(&diff, lines::diff, Share::All, ["line of the diff", "lines of the diff"]);
        message
    }

    /// A message that is a short text.
    pub(crate) fn of_text(text: &str) -> Self {
        Self::of_paragraphs(vec![Paragraph::new(vec![Run::plain(text)])])
    }

    fn of_paragraphs(body: Vec<Paragraph>) -> Self {
        let content = Card {
            schema: "http://adaptivecards.io/schemas/adaptive-card.json",
            version: "1.4",
            msteams: Width { width: "Full" },
            body,
            actions: Vec::new(),
        };
        let content_type = "application/vnd.microsoft.card.adaptive";
        Self { attachments: [Attachment { content_type, content_url: None, content }] }
    }

    /// Adds one paragraph per line, as long as they fit into a share of the space left, with space above the first one. Then it adds
    /// a count of the other lines; the noun is given in singular and plural.
    fn add(
        &mut self,
        lines: &[impl AsRef<str>],
        paragraph: fn(&str) -> Paragraph,
        share: Share,
        [one, many]: [&str; 2],
    ) {
        let left = LARGEST.saturating_sub(size(self) + COUNT);
        let mut room = match share {
            Share::Half => left / 2,
            Share::All => left,
        };
        let body = &mut self.attachments[0].content.body;
        for (at, line) in lines.iter().enumerate() {
            let paragraph = paragraph(line.as_ref());
            let paragraph = if at == 0 { paragraph.apart() } else { paragraph };
            let needed = size(&paragraph) + ",".len();
            if needed > room {
                let left_out = lines.len() - at;
                let noun = if left_out == 1 { one } else { many };
                body.push(Paragraph::tight(vec![Run::plain(format!("… {left_out} more {noun}"))]));
                return;
            }
            room -= needed;
            body.push(paragraph);
        }
    }
}

/// How much of the space left can be used.
#[derive(Debug, Clone, Copy)]
enum Share {
    Half,
    All,
}

/// Space for the paragraph with the count of lines left out, in bytes.
const COUNT: usize = 200;

/// The size of a value as JSON, in bytes.
fn size(value: &impl Serialize) -> usize {
    // Texts and lists of texts can always be written as JSON. A value that could not would be left out.
    serde_json::to_vec(value).map_or(LARGEST, |text| text.len())
}

#[cfg(test)]
mod tests;
