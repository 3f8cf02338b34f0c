//! What is written in the message: Slack's mrkdwn, within Slack's limits.

use deployer_core::model::{Outcome, Report};

/// The longest message in characters; Slack recommends no more than 4,000 and cuts longer ones without a word.
const LONGEST: usize = 3_800;
/// The longest line in characters.
const LONGEST_LINE: usize = 600;

/// The message for a report: the release link first, then how it ended, then a line a node and a line an error.
pub(crate) fn of_report(report: &Report) -> String {
    let mut lines = Vec::new();
    if let Some(link) = &report.link {
        lines.push(format!("Release link: {}", linked(link)));
    }
    let outcome = match report.outcome {
        Outcome::Planned => "Planned for",
        Outcome::Deployed => "Deployed to",
        Outcome::NothingToDo => "Nothing to do for",
        Outcome::Failed => "Failed for",
    };
    lines.push(format!("*{outcome} {}*: {}", escaped(&report.environment), escaped(&report.summary)));
    lines.extend(report.errors.iter().chain(&report.nodes).map(|line| format!("• {}", escaped(line))));
    joined(&lines)
}

/// The lines as one text; those that do not fit are counted at its end.
fn joined(lines: &[String]) -> String {
    let mut text = String::new();
    let mut length = 0;
    for (at, line) in lines.iter().enumerate() {
        length += line.chars().count() + 1;
        if length > LONGEST {
            text += &format!("… {} more left out\n", lines.len() - at);
            break;
        }
        text += line;
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text
}

/// Text as mrkdwn: cut to a line's length, with the three characters that Slack asks to escape.
/// See <https://docs.slack.dev/messaging/formatting-message-text>.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (at, character) in text.chars().enumerate() {
        if at == LONGEST_LINE {
            escaped.push('…');
            break;
        }
        match character {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '\n' | '\r' => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

/// An address as a link. What is no web address is shown as text.
fn linked(link: &str) -> String {
    let is_web = link.starts_with("https://") || link.starts_with("http://");
    let is_plain = !link.contains(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '|'));
    if is_web && is_plain { format!("<{}>", link.replace('&', "&amp;")) } else { escaped(link) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        Report {
            outcome: Outcome::Deployed,
            environment: "prod".to_owned(),
            summary: "1 to add on master".to_owned(),
            nodes: vec!["master: 1 to add".to_owned()],
            link: Some("https://ci.example/run?id=1&step=2".to_owned()),
            diff: String::new(),
            errors: Vec::new(),
        }
    }

    #[test]
    fn the_release_link_comes_first() {
        assert_eq!(
            of_report(&report()),
            "Release link: <https://ci.example/run?id=1&amp;step=2>\n*Deployed to prod*: 1 to add on master\n• master: 1 to add"
        );
    }

    #[test]
    fn without_a_link_the_outcome_comes_first() {
        let failed = Report {
            link: None,
            outcome: Outcome::Failed,
            errors: vec!["pipe <a> & b\nis wrong".to_owned()],
            ..report()
        };
        assert_eq!(
            of_report(&failed),
            "*Failed for prod*: 1 to add on master\n• pipe &lt;a&gt; &amp; b is wrong\n• master: 1 to add"
        );
    }

    #[test]
    fn a_link_that_could_break_out_is_text() {
        for link in ["https://x/|<!channel>", "javascript:alert(1)", "https://x/ y"] {
            assert!(!linked(link).contains('<'), "{link}");
        }
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let many = Report { nodes: vec!["x".repeat(1_000); 50], ..report() };
        let text = of_report(&many);
        assert!(text.chars().count() <= LONGEST + 30, "{}", text.chars().count());
        assert!(text.ends_with("… 44 more left out"), "{}", &text[text.len() - 40..]);
        assert!(text.contains(&format!("{}…", "x".repeat(LONGEST_LINE))));
    }
}
