//! The results of a test as JUnit XML.

use std::time::Duration;

use deployer_core::Error;
use deployer_picture::escape;

use crate::tested::{Case, CaseResult, Tested};

/// The most bytes of a text.
const MOST: usize = 64 * 1024;

/// The document: a suite per phase. What was not reached is an error. `mask` masks secrets, before anything is escaped.
pub(crate) fn document(tested: &Tested, mask: &dyn Fn(&str) -> String) -> String {
    let writer = Writer { mask };
    let error = tested.error.as_ref();
    let mut suites = Vec::new();
    let mut configuration = Suite::new("configuration");
    for (pipe, why) in &tested.invalid {
        let part = writer.part("failure", "invalid", "the node finds the pipe invalid", why);
        configuration.add(writer.case(("configuration", pipe), None, Duration::ZERO, part));
    }
    suites.push(configuration);
    if let Some(ran) = tested.ran {
        let mut run = Suite::new("run");
        let broken = error
            .filter(|_| !ran)
            .map(|error| writer.part("error", "run", "the pipes did not run to their end", &whole(error)));
        run.add(writer.case(("run", "all pipes"), None, tested.run_time, broken.unwrap_or_default()));
        for it in &tested.troubled {
            let part = if it.has_failed && !ran {
                writer.part("failure", "pipe", "the pipe failed", &it.words())
            } else {
                Part::of("system-out", format!("<system-out>{}</system-out>", writer.text(&it.words())))
            };
            run.add(writer.case(("run", &it.pipe), None, Duration::ZERO, part));
        }
        suites.push(run);
    }
    let mut outputs = Suite::new("outputs");
    tested.cases.iter().for_each(|case| outputs.add(writer.output(case, error)));
    suites.push(outputs);
    // What ended the test is an error too, whether or not it is the error of a case. That of a run is in its suite.
    if let Some(error) = error.filter(|_| tested.ran != Some(false)) {
        let mut test = Suite::new("test");
        let part = writer.part("error", "test", "the test did not succeed", &whole(error));
        test.add(writer.case(("test", "test"), None, Duration::ZERO, part));
        suites.push(test);
    }
    let suites: String = suites.iter().map(Suite::text).collect();
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n{suites}</testsuites>\n")
}

/// A suite and its cases.
struct Suite {
    name: &'static str,
    cases: Vec<TestCase>,
}

/// A case: its text, the element in it, and its time.
struct TestCase {
    text: String,
    element: &'static str,
    time: Duration,
}

/// What a case contains.
#[derive(Default)]
struct Part {
    /// The name of its element; empty if there is none.
    element: &'static str,
    text: String,
}

impl Part {
    fn of(element: &'static str, text: String) -> Self {
        Self { element, text }
    }
}

impl Suite {
    fn new(name: &'static str) -> Self {
        Self { name, cases: Vec::new() }
    }

    fn add(&mut self, case: TestCase) {
        self.cases.push(case);
    }

    fn text(&self) -> String {
        let count = |element: &str| self.cases.iter().filter(|case| case.element == element).count();
        let time: Duration = self.cases.iter().map(|case| case.time).sum();
        let cases: String = self.cases.iter().map(|case| case.text.as_str()).collect();
        format!(
            "<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3}\">\n{cases}</testsuite>\n",
            self.name,
            self.cases.len(),
            count("failure"),
            count("error"),
            count("skipped"),
            time.as_secs_f64(),
        )
    }
}

/// An error with its details.
fn whole(error: &Error) -> String {
    error.all().map(|error| format!("{error}\n")).collect()
}

struct Writer<'a> {
    mask: &'a dyn Fn(&str) -> String,
}

impl Writer<'_> {
    /// A text with its lines, masked and cut before characters are escaped: neither half a secret nor half an escape is left.
    fn text(&self, text: &str) -> String {
        let masked = (self.mask)(text);
        let shown = &masked[..masked.floor_char_boundary(MOST)];
        shown.lines().map(escape).collect::<Vec<_>>().join("\n")
    }

    fn case(
        &self,
        (class, name): (&str, &str),
        file: Option<&str>,
        time: Duration,
        Part { element, text }: Part,
    ) -> TestCase {
        let file = file.map(|file| format!(" file=\"{}\"", self.text(file))).unwrap_or_default();
        let name = self.text(name);
        let seconds = time.as_secs_f64();
        let text = format!(
            "<testcase classname=\"{class}\" name=\"{name}\"{file} time=\"{seconds:.3}\">{text}</testcase>\n"
        );
        TestCase { text, element, time }
    }

    fn part(&self, element: &'static str, kind: &str, message: &str, text: &str) -> Part {
        let (message, text) = (self.text(message), self.text(text));
        Part::of(element, format!("<{element} type=\"{kind}\" message=\"{message}\">{text}</{element}>"))
    }

    fn output(&self, case: &Case, broken: Option<&Error>) -> TestCase {
        let why = || broken.map(whole).unwrap_or_default();
        let part = match &case.result {
            CaseResult::Passed | CaseResult::Updated => Part::default(),
            CaseResult::Differs(differing) => {
                let message = format!("{}, first at {}:{}", differing.sum, case.file, differing.line);
                self.part("failure", differing.kind, &message, &differing.diff)
            }
            CaseResult::Missing => self.part("failure", "missing-test", "the pipe has no spec", ""),
            CaseResult::Failed(error) => {
                self.part("error", "output", "the output cannot be compared", &whole(error))
            }
            CaseResult::Skipped(why) => {
                Part::of("skipped", format!("<skipped message=\"{}\"/>", self.text(why)))
            }
            CaseResult::NotWritten => {
                self.part("error", "not-written", "the expected file was not written", &why())
            }
            CaseResult::NotReached => {
                let message = "the test broke off before this output was compared";
                self.part("error", "not-reached", message, &why())
            }
        };
        self.case(("expected", &case.name), Some(&case.file), case.time, part)
    }
}

#[cfg(test)]
mod tests {
    use deployer_core::Kind;

    use super::*;
    use crate::tested::Troubled;

    fn report(tested: &Tested) -> String {
        document(tested, &str::to_owned)
    }

    fn case(result: CaseResult) -> Case {
        Case::new("a".to_owned(), "a".to_owned(), "expected/a.json".to_owned(), result)
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

    #[test]
    fn cases_have_the_class_of_their_suite_and_times_add_up() {
        let troubled = |has_failed| Troubled {
            pipe: "p".to_owned(),
            has_failed,
            message: "no route".to_owned(),
            failure: Some("refused".to_owned()),
            queue: 0,
            dead_letters: 2,
        };
        let mut cases = vec![case(CaseResult::Passed), case(CaseResult::Passed)];
        cases.iter_mut().for_each(|case| case.time = Duration::from_millis(1250));
        let ran = Tested {
            invalid: vec![("i".to_owned(), "why".to_owned())],
            ran: Some(true),
            run_time: Duration::from_secs(7),
            troubled: vec![troubled(true)],
            cases,
            ..Tested::default()
        };
        let document = report(&ran);
        for part in [
            "<testcase classname=\"configuration\" name=\"i\" time=\"0.000\"><failure type=\"invalid\"",
            "<testsuite name=\"run\" tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"0\" time=\"7.000\">",
            "<testcase classname=\"run\" name=\"all pipes\" time=\"7.000\"></testcase>",
            "<system-out>no route; pump-failed: refused; dead letters: 2</system-out>",
            "<testsuite name=\"outputs\" tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"0\" time=\"2.500\">",
            "<testcase classname=\"expected\" name=\"a\" file=\"expected/a.json\" time=\"1.250\"></testcase>",
        ] {
            assert!(document.contains(part), "{part}: {document}");
        }
        let error = Some(Error::new(Kind::Rejected, "the run of the pipes failed"));
        let failed =
            report(&Tested { ran: Some(false), error, troubled: vec![troubled(true)], ..Tested::default() });
        assert!(failed.contains("<failure type=\"pipe\" message=\"the pipe failed\">no route; "), "{failed}");
    }

    #[test]
    fn a_text_that_is_cut_is_still_xml() {
        let error = Error::new(Kind::Io, "\"<&>".repeat(MOST));
        let document = report(&Tested { error: Some(error), ..Tested::default() });
        let text = document.split("not succeed\">").nth(1).and_then(|rest| rest.split("</error>").next());
        let left = ["&quot;", "&lt;", "&amp;", "&gt;"]
            .iter()
            .fold(text.expect("a text").to_owned(), |text, it| text.replace(it, ""));
        assert_eq!(left, "");
    }
}
