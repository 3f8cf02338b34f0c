//! The message as one text, for notifications and for readers without support for blocks.

use deployer_core::model::Report;

use super::mrkdwn::{escaped, joined, link};

/// The longest text in characters; Slack recommends no more than 4,000.
const LONGEST: usize = 3_800;
/// The longest line in characters.
const LONGEST_LINE: usize = 600;

pub(super) fn of_report(report: &Report) -> String {
    let mut lines: Vec<String> = link(report).into_iter().collect();
    let (heading, summary) = (report.heading(), &report.summary);
    lines.push(format!("*{}*: {}", escaped(&heading, LONGEST_LINE), escaped(summary, LONGEST_LINE)));
    let items = report.errors.iter().chain(&report.nodes);
    lines.extend(items.map(|line| format!("• {}", escaped(line, LONGEST_LINE))));
    joined(&lines, LONGEST, "lines")
}

#[cfg(test)]
mod tests {
    use deployer_core::model::Outcome;

    use super::*;

    fn report() -> Report {
        Report::new(Outcome::Deployed, "prod".to_owned(), "1 to add on master".to_owned())
            .with_nodes(vec!["master: 1 to add".to_owned()])
            .with_link(Some("https://ci.example/run?id=1&step=2".to_owned()))
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
        let failed = report()
            .with_link(None)
            .with_outcome(Outcome::Failed)
            .with_errors(vec!["pipe <a> & b\nis wrong".to_owned()]);
        assert_eq!(
            of_report(&failed),
            "*Failed for prod*: 1 to add on master\n• pipe &lt;a&gt; &amp; b is wrong\n• master: 1 to add"
        );
    }

    #[test]
    fn a_link_that_could_break_out_is_text() {
        for link in ["https://x/|<!channel>", "javascript:alert(1)", "https://x/ y"] {
            let text = of_report(&report().with_link(Some(link.to_owned())));
            assert!(!text.contains('<'), "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let text = of_report(&report().with_nodes(vec!["x".repeat(1_000); 50]));
        assert!(text.chars().count() <= LONGEST, "{}", text.chars().count());
        assert!(text.ends_with("… 45 more lines"), "{}", &text[text.len() - 40..]);
    }
}
