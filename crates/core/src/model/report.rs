//! What is told to people outside the terminal.

use crate::setters::setters;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Outcome {
    /// Only planned; nothing was written.
    Planned,
    /// Everything was written.
    Deployed,
    /// There was nothing to write.
    NothingToDo,
    /// It failed.
    Failed,
    /// A watching process holds a plan that needs consent.
    Held,
    /// A watching process found a node that no longer has what was deployed.
    Drifted,
    /// A watching process cannot read the source.
    SourceFailed,
    /// A state that a watching process reported has ended without a deploy.
    Recovered,
}

impl Outcome {
    /// The words that lead to the name of the environment: `Deployed to`.
    pub fn words(self) -> &'static str {
        match self {
            Outcome::Planned => "Planned for",
            Outcome::Deployed => "Deployed to",
            Outcome::NothingToDo => "Nothing to do for",
            Outcome::Failed => "Failed for",
            Outcome::Held => "Plan held for",
            Outcome::Drifted => "Drift in",
            Outcome::SourceFailed => "Source unreadable for",
            Outcome::Recovered => "Recovered:",
        }
    }
}

/// What a notifier delivers. All text in it is already masked.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Report {
    /// How the run ended.
    pub outcome: Outcome,
    /// The name of the environment.
    pub environment: String,
    /// One line: what changed where.
    pub summary: String,
    /// One line per node, then one line per remark about it.
    pub nodes: Vec<String>,
    /// The pipeline run or release this belongs to.
    pub link: Option<String>,
    /// The whole diff as text; empty when nothing changes.
    pub diff: String,
    /// Why it failed, one line an error.
    pub errors: Vec<String>,
}

impl Report {
    /// A report of a run, its texts already masked. The other members are empty.
    pub fn new(outcome: Outcome, environment: String, summary: String) -> Self {
        Self {
            outcome,
            environment,
            summary,
            nodes: Vec::new(),
            link: None,
            diff: String::new(),
            errors: Vec::new(),
        }
    }

    /// How the run ended where: `Deployed to prod`.
    pub fn heading(&self) -> String {
        format!("{} {}", self.outcome.words(), self.environment)
    }

    /// The link where it is a plain web address, which can be made clickable in any markup.
    pub fn web_link(&self) -> Option<&str> {
        let is_web = |link: &&str| link.starts_with("https://") || link.starts_with("http://");
        let breaks_out =
            |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '|' | '"' | '\\');
        self.link
            .as_deref()
            .filter(is_web)
            .filter(|link| link.len() <= LONGEST_LINK && !link.contains(breaks_out))
    }
}

setters!(Report {
    with_outcome outcome: Outcome,
    with_nodes nodes: Vec<String>,
    with_link link: Option<String>,
    with_diff diff: String,
    with_errors errors: Vec<String>,
});

/// The longest link in bytes that is made clickable; no browser or channel takes much longer ones.
const LONGEST_LINK: usize = 2_000;

/// A text of somebody else's as one line of a message: line ends and other control characters become blanks, and what is longer
/// than so many characters is cut, with the number of characters that are left out.
pub fn one_line(text: &str, longest: usize) -> String {
    let text = text.trim_end();
    let left_out = text.chars().count().saturating_sub(longest);
    let kept = text.chars().take(longest).map(|c| if c.is_control() && c != '\t' { ' ' } else { c });
    let mut line: String = kept.collect();
    if left_out > 0 {
        line += &format!("… ({left_out} more characters)");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_much_of_it_is_left_out() {
        assert_eq!(one_line("  a\nb\tø\r\n", 80), "  a b\tø");
        assert_eq!(one_line("øøøøø", 3), "øøø… (2 more characters)");
    }

    #[test]
    fn only_a_plain_web_address_is_a_web_link() {
        let of = |link: &str| {
            Report::new(Outcome::Planned, String::new(), String::new()).with_link(Some(link.to_owned()))
        };
        assert_eq!(
            of("https://ci.example/run?id=1&x=(2)").web_link(),
            Some("https://ci.example/run?id=1&x=(2)")
        );
        let long = format!("https://x/{}", "a".repeat(LONGEST_LINK));
        for link in
            ["javascript:alert(1)", "https://x/ y", "https://x/|<!channel>", "https://x/\"", "x", &long]
        {
            assert_eq!(of(link).web_link(), None, "{link}");
        }
    }
}
