//! The results of a test, for people and for machines.

use deployer_core::error::Place;
use deployer_core::{Error, Kind};
use serde_json::{Value, json};

use super::escape::line;
use super::{Style, count, json, unified};
use crate::tested::{Case, CaseResult, Differing, Tested, Troubled};

/// The most values that are shown of a spec that differs, and the most lines of its diff.
const MOST_VALUES: usize = 20;
const MOST_LINES: usize = 100;

/// Failed pipes, then each spec that differs: by entity and path, then as a diff.
pub(crate) fn text(tested: &Tested, style: Style) -> String {
    let mut text = String::new();
    for it in &tested.troubled {
        let noun = style.yellow(if it.has_failed { "failed pipe" } else { "pipe" });
        text.push_str(&format!("{noun} {}: {}\n", line(&it.pipe), line(&it.words())));
    }
    for path in &tested.written {
        text.push_str(&format!("wrote {}\n", line(path)));
    }
    for path in &tested.removed {
        text.push_str(&format!("removed {}\n", line(path)));
    }
    for case in &tested.cases {
        if let CaseResult::Differs(differing) = &case.result {
            let heading = format!("{}: {}", line(&case.name), line(&differing.sum));
            text.push_str(&format!("\n{}\n{}", style.bold(&heading), values(differing)));
            text.push_str(&diff(differing, style));
        }
    }
    text
}

/// The values that differ, one line each.
fn values(differing: &Differing) -> String {
    let shown = differing.values.iter().take(MOST_VALUES).map(|it| {
        let path = if it.path.is_empty() { String::new() } else { format!(" {}", line(&it.path)) };
        match (&it.expected, &it.got) {
            (Some(_), None) if it.path.is_empty() => {
                format!("  {}: expected, and not there\n", line(&it.entity))
            }
            (None, Some(_)) if it.path.is_empty() => {
                format!("  {}: there, and not expected\n", line(&it.entity))
            }
            (expected, got) => format!(
                "  {}{path}: {} is expected, {} is there\n",
                line(&it.entity),
                value(expected.as_deref()),
                value(got.as_deref())
            ),
        }
    });
    let mut text: String = shown.collect();
    let more = differing.values.len().saturating_sub(MOST_VALUES) + differing.more_values;
    if more > 0 {
        text.push_str(&format!("  and {}\n", count(more, "more value")));
    }
    text
}

fn value(value: Option<&str>) -> String {
    let Some(value) = value else { return "nothing".to_owned() };
    let mut short: String = line(value).chars().take(60).collect();
    if short.len() < line(value).len() {
        short.push('…');
    }
    short
}

fn diff(differing: &Differing, style: Style) -> String {
    let lines = || differing.diff.lines();
    let mut text = unified::painted(lines().take(MOST_LINES), style);
    let more = lines().count().saturating_sub(MOST_LINES) + differing.more_lines;
    if more > 0 {
        text.push_str(&format!("… {} of the diff\n", count(more, "more line")));
    }
    text
}

/// A failure for everything that is wrong, at its file and line.
pub(crate) fn failures(tested: &Tested) -> Vec<Error> {
    let of_case = |case: &Case| match &case.result {
        CaseResult::Differs(differing) => {
            let message =
                format!("the output of the pipe {} is not as expected: {}", case.pipe, differing.sum);
            let place = Place { line: differing.line, column: 1, ..Place::file(case.file.as_str()) };
            Some(Error::new(Kind::Verification, message).at(place))
        }
        CaseResult::Failed(error) => Some(error.clone().context(format_args!("{}", case.name))),
        CaseResult::Missing => {
            let message = format!("the pipe {} has no spec", case.pipe);
            let error = Error::new(Kind::Verification, message);
            Some(error.with_hint("`sesam-deployer update` makes a spec from its output"))
        }
        _ => None,
    };
    tested.cases.iter().filter_map(of_case).chain(tested.error.clone()).collect()
}

/// The last line.
pub(crate) fn summary(tested: &Tested) -> String {
    let mut parts = Vec::new();
    let mut add = |number: usize, word: &str| {
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    };
    add(tested.count(|it| matches!(it, CaseResult::Passed)), "passed");
    add(tested.count(|it| matches!(it, CaseResult::Updated)), "updated");
    add(tested.count(|it| matches!(it, CaseResult::NotWritten)), "not written");
    add(tested.differing(), "not as expected");
    add(tested.failed(), "failed");
    add(tested.missing(), "without spec");
    add(tested.count(|it| matches!(it, CaseResult::Skipped(_))), "left out");
    add(tested.count(|it| matches!(it, CaseResult::NotReached)), "not reached");
    let outputs = if parts.is_empty() { String::new() } else { format!("Outputs: {}", parts.join(", ")) };
    let ran = match tested.ran {
        Some(true) if outputs.is_empty() => "The pipes ran to their end.",
        _ if tested.error.is_some() && outputs.is_empty() => "Nothing was tested.",
        None if outputs.is_empty() => "No output was compared.",
        _ => "",
    };
    format!("{outputs}{ran}")
}

/// The same as a document.
pub(crate) fn document(environment: &str, tested: &Tested) -> Value {
    let case = |case: &Case| {
        let (result, reason) = match &case.result {
            CaseResult::Passed => ("passed", None),
            CaseResult::Differs(differing) => ("differs", Some(differing.kind.to_owned())),
            CaseResult::Failed(error) => ("failed", Some(error.to_string())),
            CaseResult::Missing => ("missing", None),
            CaseResult::Skipped(why) => ("skipped", Some((*why).to_owned())),
            CaseResult::Updated => ("updated", None),
            CaseResult::NotWritten => ("not-written", None),
            CaseResult::NotReached => ("not-reached", None),
        };
        let (differences, more) = match &case.result {
            CaseResult::Differs(differing) => (differing.values.as_slice(), differing.more_values),
            _ => (&[][..], 0),
        };
        let difference = |it: &deployer_expectations::Difference| json!({ "entity": it.entity, "path": it.path, "expected": it.expected, "got": it.got });
        json!({
            "name": case.name,
            "pipe": case.pipe,
            "file": case.file,
            "result": result,
            "reason": reason,
            "differences": differences.iter().map(difference).collect::<Vec<_>>(),
            "more_differences": more,
        })
    };
    let troubled = |it: &Troubled| {
        json!({
            "pipe": it.pipe,
            "failed": it.has_failed,
            "message": it.message,
            "pump_failed": it.failure,
            "queue": it.queue,
            "dead_letters": it.dead_letters,
        })
    };
    let pair = |(pipe, message): &(String, String)| json!({ "pipe": pipe, "message": message });
    json!({
        "format": json::FORMAT,
        "environment": environment,
        "invalid_pipes": tested.invalid.iter().map(pair).collect::<Vec<_>>(),
        "ran": tested.ran,
        "troubled_pipes": tested.troubled.iter().map(troubled).collect::<Vec<_>>(),
        "outputs": tested.cases.iter().map(case).collect::<Vec<_>>(),
        "written": tested.written,
        "removed": tested.removed,
        "error": tested.error.as_ref().map(json::error),
    })
}
