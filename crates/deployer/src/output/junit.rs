//! The results of a test as JUnit XML.

use deployer_core::Error;
use deployer_picture::escape;

use super::test::first_difference;
use super::{Style, unified};
use crate::tested::{Case, CaseResult, Tested};

/// The most bytes of a diff.
const MOST_DIFF: usize = 64 * 1024;

/// The document: a suite per phase. What was not reached is an error. `mask` masks secrets, before anything is escaped.
pub(crate) fn document(tested: &Tested, mask: &dyn Fn(&str) -> String) -> String {
    let writer = Writer { mask };
    let mut suites = Vec::new();
    let invalid = tested.invalid.iter().map(|(pipe, why)| {
        writer.case(pipe, "", &writer.part("failure", "invalid", "the node finds the pipe invalid", why))
    });
    suites.push(suite("configuration", invalid.collect(), tested.invalid.len(), 0, 0));
    if let Some(ran) = tested.ran {
        let broken = match (&tested.error, ran) {
            (Some(error), false) => {
                writer.part("error", "run", "the pipes did not run to their end", &whole(error))
            }
            _ => String::new(),
        };
        let errors = usize::from(!broken.is_empty());
        let mut cases = vec![writer.case("all pipes", "", &broken)];
        cases.extend(tested.failed_pipes.iter().map(|(pipe, message)| {
            writer.case(pipe, "", &format!("<system-out>{}</system-out>", writer.text(message)))
        }));
        suites.push(suite("run", cases, 0, errors, 0));
    }
    let outputs = tested.cases.iter().map(|case| writer.output(case, tested.error.as_ref())).collect();
    let failures = tested.differing() + tested.missing();
    let is_broken = |it: &CaseResult| matches!(it, CaseResult::NotReached | CaseResult::NotWritten);
    let errors = tested.failed() + tested.count(is_broken);
    let skipped = tested.count(|it| matches!(it, CaseResult::Skipped(_)));
    suites.push(suite("outputs", outputs, failures, errors, skipped));
    // What ended the test is an error too, whether or not it is the error of a case. That of a run is in its suite.
    if let Some(error) = tested.error.as_ref().filter(|_| tested.ran != Some(false)) {
        let part = writer.part("error", "test", "the test did not succeed", &whole(error));
        suites.push(suite("test", vec![writer.case("test", "", &part)], 0, 1, 0));
    }
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n{}</testsuites>\n", suites.concat())
}

fn suite(name: &str, cases: Vec<String>, failures: usize, errors: usize, skipped: usize) -> String {
    let tests = cases.len();
    format!(
        "<testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\">\n{}</testsuite>\n",
        cases.concat()
    )
}

/// An error with its details.
fn whole(error: &Error) -> String {
    error.all().map(|error| format!("{error}\n")).collect()
}

struct Writer<'a> {
    mask: &'a dyn Fn(&str) -> String,
}

impl Writer<'_> {
    /// A text with its lines.
    fn text(&self, text: &str) -> String {
        (self.mask)(text).lines().map(escape).collect::<Vec<_>>().join("\n")
    }

    fn case(&self, name: &str, file: &str, content: &str) -> String {
        let file = if file.is_empty() { String::new() } else { format!(" file=\"{}\"", self.text(file)) };
        format!("<testcase classname=\"expected\" name=\"{}\"{file}>{content}</testcase>\n", self.text(name))
    }

    fn part(&self, element: &str, kind: &str, message: &str, text: &str) -> String {
        let (message, mut text) = (self.text(message), self.text(text));
        text.truncate(text.floor_char_boundary(MOST_DIFF));
        format!("<{element} type=\"{kind}\" message=\"{message}\">{text}</{element}>")
    }

    fn output(&self, case: &Case, broken: Option<&Error>) -> String {
        let content = match &case.result {
            CaseResult::Passed | CaseResult::Updated => String::new(),
            CaseResult::Differs(kind, sum, compared) => {
                let names = (case.file.as_str(), "output of the node");
                let diff = unified::texts(names, &compared.expected, &compared.got, Style::default());
                let message = format!("{sum}, first at {}:{}", case.file, first_difference(compared));
                self.part("failure", kind, &message, &diff)
            }
            CaseResult::Missing => self.part("failure", "missing-test", "the pipe has no spec", ""),
            CaseResult::Failed(error) => {
                self.part("error", "output", "the output cannot be compared", &whole(error))
            }
            CaseResult::Skipped(why) => format!("<skipped message=\"{}\"/>", self.text(why)),
            CaseResult::NotWritten => {
                let why = broken.map(whole).unwrap_or_default();
                self.part("error", "not-written", "the expected file was not written", &why)
            }
            CaseResult::NotReached => {
                let why = broken.map(whole).unwrap_or_default();
                self.part("error", "not-reached", "the test broke off before this output was compared", &why)
            }
        };
        self.case(&case.name, &case.file, &content)
    }
}

#[cfg(test)]
mod tests {
    use deployer_core::Kind;

    use super::*;

    fn report(tested: &Tested) -> String {
        document(tested, &str::to_owned)
    }

    fn case(result: CaseResult) -> Case {
        Case { name: "a".to_owned(), pipe: "a".to_owned(), file: "expected/a.json".to_owned(), result }
    }

    #[test]
    fn an_expected_file_that_is_not_written_is_an_error_and_so_is_what_ended_the_test() {
        let error = Some(Error::new(Kind::Io, "write the files").with_cause("the disk is full"));
        let cases = vec![case(CaseResult::Passed), case(CaseResult::NotWritten)];
        let report = report(&Tested { cases, error, ran: Some(true), ..Tested::default() });
        for part in [
            "<testsuite name=\"run\" tests=\"1\" failures=\"0\" errors=\"0\"",
            "<testsuite name=\"outputs\" tests=\"2\" failures=\"0\" errors=\"1\"",
            "<error type=\"not-written\" message=\"the expected file was not written\">write the files: the disk is full</error>",
            "<testsuite name=\"test\" tests=\"1\" failures=\"0\" errors=\"1\"",
        ] {
            assert!(report.contains(part), "{part}: {report}");
        }
    }

    #[test]
    fn a_failure_is_in_the_report_whatever_the_outputs_are() {
        let error = Error::new(Kind::Rejected, "the run of the pipes failed");
        let passed = || vec![case(CaseResult::Passed)];
        let tests = [
            (Tested { cases: passed(), error: Some(error.clone()), ..Tested::default() }, "test"),
            (Tested { error: Some(error.clone()), ..Tested::default() }, "test"),
            (Tested { cases: passed(), error: Some(error), ran: Some(false), ..Tested::default() }, "run"),
        ];
        for (tested, kind) in tests {
            let report = report(&tested);
            assert_eq!(report.matches("<error ").count(), 1, "{report}");
            assert!(report.contains(&format!("<error type=\"{kind}\"")), "{report}");
        }
        assert!(!report(&Tested { cases: passed(), ..Tested::default() }).contains("<error"));
    }
}
