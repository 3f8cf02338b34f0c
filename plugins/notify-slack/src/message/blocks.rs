//! The message as blocks (<https://docs.slack.dev/reference/block-kit/blocks>), at most one of each kind, so that it stays below
//! Slack's limits whatever the report contains: 50 blocks, 3,000 characters in a section, and about 13,000 in all of them.

use deployer_core::model::Report;
use slack_morphism::prelude::{
    SlackBlock, SlackBlockMarkDownText, SlackRichTextBlock, SlackRichTextPreformatted, SlackSectionBlock,
};

use super::diff::{LONGEST_DIFF, Shown};
use super::mrkdwn::{escaped, joined, link};

/// The most characters of a section. Five sections and the diff stay below the limit of a message.
const LONGEST_SECTION: usize = 2_900;
/// The longest line in characters.
const LONGEST_LINE: usize = 600;
/// The longest summary in characters.
const LONGEST_SUMMARY: usize = 1_000;

pub(super) fn of_report(report: &Report, shown: Shown) -> Vec<SlackBlock> {
    let mut blocks: Vec<SlackBlock> = link(report).map(section).into_iter().collect();
    let heading = escaped(&report.heading(), LONGEST_LINE);
    blocks.push(section(format!("*{heading}*\n{}", escaped(&report.summary, LONGEST_SUMMARY))));
    let error = |text: &String| format!("• {}", escaped(text, LONGEST_LINE));
    for (lines, more) in [
        (report.errors.iter().map(error).collect::<Vec<_>>(), "errors"),
        (report.nodes.iter().map(|text| node(text)).collect(), "nodes"),
    ] {
        if !lines.is_empty() {
            blocks.push(section(joined(&lines, LONGEST_SECTION, more)));
        }
    }
    if shown != Shown::Nothing && !report.diff.is_empty() {
        let (start, left_out) = start(&report.diff, LONGEST_DIFF);
        if !start.is_empty() {
            blocks.push(code(start));
        }
        if left_out > 0 {
            blocks.push(section(format!("… {left_out} more lines of the diff")));
        }
    }
    blocks
}

/// `master: 1 to add`, the name in bold.
fn node(text: &str) -> String {
    let text = escaped(text, LONGEST_LINE);
    match text.split_once(": ") {
        Some((name, changes)) => format!("• *{name}*: {changes}"),
        None => format!("• {text}"),
    }
}

/// A section in which Slack makes links and mentions only where they are written as such.
fn section(text: String) -> SlackBlock {
    let text = SlackBlockMarkDownText::new(text).with_verbatim(true);
    SlackSectionBlock::new().with_text(text.into()).into()
}

/// Unchanged text in a monospaced font: Slack interprets nothing in it, not even three backticks.
fn code(text: &str) -> SlackBlock {
    let code = SlackRichTextPreformatted::new(vec![text.into()]);
    SlackRichTextBlock::new(vec![code.into()]).into()
}

/// The whole lines at the start of a text that fit into a number of characters, and the number of lines after them.
fn start(text: &str, longest: usize) -> (&str, usize) {
    let Some((end, _)) = text.char_indices().nth(longest) else { return (text, 0) };
    let end = text[..end].rfind('\n').map_or(0, |at| at + 1);
    let (kept, left_out) = text.split_at(end);
    (kept, left_out.lines().count())
}

#[cfg(test)]
mod tests {
    use deployer_core::model::Outcome;
    use serde_json::{Value, json};

    use super::*;

    fn report() -> Report {
        Report::new(Outcome::Failed, "prod".to_owned(), "half-way".to_owned())
            .with_nodes(vec!["a&b: 1 to add".to_owned(), "odd".to_owned()])
            .with_link(Some("https://ci.example/run?id=1&step=2".to_owned()))
            .with_diff("+ ``` <b> & *c*\n".to_owned())
            .with_errors(vec!["pipe <a>\nis wrong".to_owned()])
    }

    fn blocks(report: &Report, shown: Shown) -> Vec<Value> {
        of_report(report, shown).iter().map(|block| serde_json::to_value(block).unwrap()).collect()
    }

    fn text(block: &Value) -> &str {
        block["text"]["text"].as_str().unwrap()
    }

    #[test]
    fn the_link_comes_first_and_text_of_others_is_escaped() {
        let blocks = blocks(&report(), Shown::Whole);
        let texts: Vec<&str> = blocks[..4].iter().map(text).collect();
        let expected = [
            "Release link: <https://ci.example/run?id=1&amp;step=2>",
            "*Failed for prod*\nhalf-way",
            "• pipe &lt;a&gt; is wrong",
            "• *a&amp;b*: 1 to add\n• odd",
        ];
        assert_eq!(texts, expected);
        let code = json!({"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "+ ``` <b> & *c*\n"}]});
        assert_eq!(blocks[4], json!({"type": "rich_text", "elements": [code]}));
        assert_eq!(blocks.len(), 5);
    }

    #[test]
    fn without_a_diff_to_show_there_is_no_code() {
        assert_eq!(blocks(&report(), Shown::Nothing).len(), 4);
        assert_eq!(blocks(&report().with_diff(String::new()), Shown::Whole).len(), 4);
    }

    #[test]
    fn no_limit_is_passed_and_what_is_left_out_is_counted() {
        for character in ["x", "&", "ø", "\u{1f680}"] {
            let long = |count: usize| vec![character.repeat(5_000); count];
            let huge = Report::new(Outcome::Failed, character.repeat(5_000), character.repeat(20_000))
                .with_nodes(long(400))
                .with_link(Some(format!("https://ci.example/{}", "x".repeat(1_900))))
                .with_diff(format!("+{}\n", character.repeat(80)).repeat(5_000))
                .with_errors(long(400));
            let blocks = blocks(&huge, Shown::Start);
            let mut total = 0;
            for block in &blocks[..4] {
                assert!(text(block).chars().count() <= 3_000, "{}", text(block));
                total += text(block).chars().count();
            }
            let code = blocks[4]["elements"][0]["elements"][0]["text"].as_str().unwrap();
            assert!(code.chars().count() <= 3_000 && code.ends_with('\n'));
            assert!(total + code.chars().count() < 12_500, "{total}");
            assert!(text(&blocks[1]).contains(" more characters)"));
            for (block, noun) in [(2, "errors"), (3, "nodes"), (5, "lines of the diff")] {
                let line = text(&blocks[block]).lines().last().unwrap();
                assert!(line.starts_with("… ") && line.ends_with(noun), "{line}");
            }
        }
    }

    #[test]
    fn a_long_diff_is_cut_at_the_end_of_a_line() {
        assert_eq!(start("øø\nab\n", 6), ("øø\nab\n", 0));
        assert_eq!(start("øø\nab\ncd", 7), ("øø\nab\n", 1));
        assert_eq!(start("øøøø\nab\n", 3), ("", 2));
    }
}
