//! What the log of a pipeline understands: groups, annotations, and text that it must not take for commands.
//!
//! Both systems read commands from the lines of standard output and standard error. All text that is not a command of ours passes
//! [`harmless()`] wherever output is not a terminal, so that no text of a configuration or of a server can become one. A container
//! does not always tell the program which pipeline it runs in.

mod azure;
mod github;
mod harmless;

use deployer_core::error::Place;
use deployer_core::plugin::ProcessVariables;

pub(super) use self::harmless::in_json;
use self::harmless::in_text;

use crate::cli::LogFormat;

/// The text with a backslash in what any pipeline would take for a command.
pub(super) fn harmless(text: &str) -> String {
    in_text(text)
}

/// Whose commands are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// [Log commands](https://learn.microsoft.com/en-us/azure/devops/pipelines/scripts/logging-commands) of Azure Pipelines.
    Azure,
    /// [Workflow commands](https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands) of GitHub Actions.
    Github,
}

/// How much an annotation matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Severity {
    /// Something failed.
    Error,
    /// Probably not what was meant.
    Warning,
}

impl Severity {
    fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Dialect {
    /// The dialect of the pipeline that this process runs in.
    pub(super) fn detected(variables: &ProcessVariables) -> Option<Self> {
        [Self::Github, Self::Azure].into_iter().find(|dialect| {
            variables.get(dialect.variable()).is_some_and(|value| value.eq_ignore_ascii_case("true"))
        })
    }

    /// The variable that the pipeline sets for those who run in it.
    pub(super) fn variable(self) -> &'static str {
        match self {
            Self::Azure => "TF_BUILD",
            Self::Github => "GITHUB_ACTIONS",
        }
    }

    /// The dialect of a log format, if it has one.
    pub(super) fn of(format: LogFormat) -> Option<Self> {
        match format {
            LogFormat::Text | LogFormat::Json => None,
            LogFormat::Azure => Some(Self::Azure),
            LogFormat::Github => Some(Self::Github),
        }
    }

    /// The text with a backslash in whatever the pipeline would take for a command.
    pub(super) fn harmless(self, text: &str) -> String {
        in_text(text)
    }

    /// Text that the log shows folded, below a title of one line.
    pub(super) fn group(self, title: &str, text: &str) -> String {
        let title = in_text(title).replace(['\r', '\n'], " ");
        let text = in_text(text);
        let end = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
        match self {
            Self::Azure => format!("##[group]{title}\n{text}{end}##[endgroup]\n"),
            Self::Github => format!("::group::{}\n{text}{end}::endgroup::\n", github::data(&title)),
        }
    }

    /// A line that stands out.
    pub(super) fn heading(self, line: &str) -> String {
        let text = in_text(line);
        match self {
            Self::Azure => format!("##[section]{text}"),
            Self::Github => text,
        }
    }

    /// A failure or a warning that the pipeline shows at a place of a file. The log shows the whole text, all its lines.
    pub(super) fn annotation(
        self,
        severity: Severity,
        place: Option<&Place>,
        code: &str,
        text: &str,
    ) -> String {
        let text = in_text(text);
        match self {
            Self::Azure => azure::issue(severity.word(), place, code, &text),
            Self::Github => github::annotation(severity.word(), place, &text),
        }
    }

    /// What stands before a line of the log.
    pub(super) fn log_prefix(self, level: tracing::Level) -> &'static str {
        match (self, level) {
            // A prefix would make an annotation of every line there.
            (Self::Github, _) | (Self::Azure, tracing::Level::INFO) => "",
            (Self::Azure, tracing::Level::ERROR) => "##[error]",
            (Self::Azure, tracing::Level::WARN) => "##[warning]",
            (Self::Azure, _) => "##[debug]",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_tells_the_dialect() {
        type Variables<'a> = &'a [(&'a str, &'a str)];
        let cases: &[(Variables<'_>, Option<Dialect>)] = &[
            (&[], None),
            (&[("TF_BUILD", "True")], Some(Dialect::Azure)),
            (&[("GITHUB_ACTIONS", "true")], Some(Dialect::Github)),
            (&[("GITHUB_ACTIONS", "false"), ("TF_BUILD", "")], None),
        ];
        for (variables, expected) in cases {
            assert_eq!(Dialect::detected(&variables.iter().copied().collect()), *expected, "{variables:?}");
        }
    }

    #[test]
    fn a_group_has_a_title_of_one_line_and_holds_no_command() {
        let (title, text) = ("master: 5 %\n::error::x", "+ a\n::endgroup::\n ##[endgroup]");
        assert_eq!(
            Dialect::Github.group(title, text),
            "::group::master: 5 %25 \\::error::x\n+ a\n\\::endgroup::\n #\\#[endgroup]\n::endgroup::\n"
        );
        assert_eq!(
            Dialect::Azure.group(title, text),
            "##[group]master: 5 % \\::error::x\n+ a\n\\::endgroup::\n #\\#[endgroup]\n##[endgroup]\n"
        );
    }
}
