//! The name of a deployment before each line, where several write to one log.

use super::Output;
#[cfg(feature = "watch")]
use super::span::AFTER;

impl Output {
    /// The output of one deployment of a fleet, whose lines start with its name.
    #[cfg(feature = "watch")]
    pub(crate) fn labelled(&self, name: &str) -> Self {
        Self { label: Some(format!("{name}{AFTER}")), locator: std::sync::OnceLock::new(), ..self.clone() }
    }

    /// Whether lines start with the name of a deployment.
    pub(crate) fn is_labelled(&self) -> bool {
        self.label.is_some()
    }

    /// The text with the name of the deployment before each line that is not empty.
    pub(super) fn with_label(&self, text: String) -> String {
        let Some(label) = &self.label else { return text };
        let lines = text.split_inclusive('\n');
        let labelled =
            lines.map(|line| if line.trim().is_empty() { line.to_owned() } else { format!("{label}{line}") });
        labelled.collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use deployer_core::Redactor;
    use deployer_core::plugin::ProcessVariables;

    use super::super::pipeline::{Dialect, Severity};
    use super::*;
    use crate::cli::Cli;

    #[test]
    fn each_line_starts_with_the_name_of_the_deployment() {
        let cli = Cli::try_parse_from(["sesam-deployer"]).expect("a command line");
        let output = Output::new(&cli.global, Redactor::default(), &ProcessVariables::default());
        assert_eq!(output.with_label("a\n\nb".to_owned()), "a\n\nb");
        assert_eq!(output.labelled("x").with_label("a\n\nb".to_owned()), "x | a\n\nx | b");
    }

    #[test]
    fn results_and_annotations_of_a_pipeline_name_the_deployment_too() {
        let cli = Cli::try_parse_from(["sesam-deployer"]).expect("a command line");
        let variables = [("GITHUB_ACTIONS", "true")].into_iter().collect();
        let output = Output::new(&cli.global, Redactor::default(), &variables).labelled("x");
        let result = output.shown("a\nb\n", |text, dialect| dialect.harmless(text));
        assert_eq!(result, "x | a\nx | b\n");
        let annotation = output.annotation(Dialect::Github, Severity::Warning, None, "", "a\nb");
        assert!(annotation.contains("x | a") && annotation.contains("x | b"), "{annotation}");
    }
}
