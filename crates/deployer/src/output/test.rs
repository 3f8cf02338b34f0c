//! The results of a test, for people and for machines.

use deployer_core::error::Place;
use deployer_core::{Error, Kind};
use deployer_expectations::Compared;
use serde_json::{Value, json};

use super::escape::line;
use super::{Style, count, json, unified};
use crate::tested::{Case, CaseResult, Tested};

/// The most values that are shown of a spec that differs, and the most lines of its diff.
const MOST_VALUES: usize = 20;
const MOST_LINES: usize = 100;

/// Failed pipes, then each spec that differs: by entity and path, then as a diff.
pub(crate) fn text(tested: &Tested, style: Style) -> String {
    let mut text = String::new();
    for (pipe, message) in &tested.failed_pipes {
        text.push_str(&format!("{} {}: {}\n", style.yellow("failed pipe"), line(pipe), line(message)));
    }
    for path in &tested.written {
        text.push_str(&format!("wrote {}\n", line(path)));
    }
    for path in &tested.removed {
        text.push_str(&format!("removed {}\n", line(path)));
    }
    for case in &tested.cases {
        if let CaseResult::Differs(_, sum, compared) = &case.result {
            let heading = format!("{}: {}", line(&case.name), line(sum));
            text.push_str(&format!("\n{}\n{}", style.bold(&heading), values(compared)));
            text.push_str(&diff(case, compared, style));
        }
    }
    text
}

/// The values that differ, one line each.
fn values(compared: &Compared) -> String {
    let shown = compared.differences.iter().take(MOST_VALUES).map(|it| {
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
    if let Some(more) = compared.differences.len().checked_sub(MOST_VALUES).filter(|more| *more > 0) {
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

fn diff(case: &Case, compared: &Compared, style: Style) -> String {
    let names = (case.file.as_str(), "output of the node");
    let diff = unified::texts(names, &compared.expected, &compared.got, style);
    let lines = diff.lines().count();
    let mut text: String = diff.lines().take(MOST_LINES).map(|line| format!("{line}\n")).collect();
    if lines > MOST_LINES {
        text.push_str(&format!("… {} of the diff\n", count(lines - MOST_LINES, "more line")));
    }
    text
}

/// A failure for everything that is wrong, at its file and line.
pub(crate) fn failures(tested: &Tested) -> Vec<Error> {
    let of_case = |case: &Case| match &case.result {
        CaseResult::Differs(_, sum, compared) => {
            let message = format!("the output of the pipe {} is not as expected: {sum}", case.pipe);
            let first = first_difference(compared);
            let place = Place { line: first, column: 1, ..Place::file(case.file.as_str()) };
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

/// The first line of the expected text that differs.
pub(super) fn first_difference(compared: &Compared) -> u32 {
    let same = compared.expected.lines().zip(compared.got.lines()).take_while(|(one, other)| one == other);
    u32::try_from(same.count() + 1).unwrap_or(u32::MAX)
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
            CaseResult::Differs(kind, ..) => ("differs", Some((*kind).to_owned())),
            CaseResult::Failed(error) => ("failed", Some(error.to_string())),
            CaseResult::Missing => ("missing", None),
            CaseResult::Skipped(why) => ("skipped", Some((*why).to_owned())),
            CaseResult::Updated => ("updated", None),
            CaseResult::NotWritten => ("not-written", None),
            CaseResult::NotReached => ("not-reached", None),
        };
        let differences = match &case.result {
            CaseResult::Differs(_, _, compared) => compared.differences.as_slice(),
            _ => &[],
        };
        let difference = |it: &deployer_expectations::Difference| json!({ "entity": it.entity, "path": it.path, "expected": it.expected, "got": it.got });
        json!({
            "name": case.name,
            "pipe": case.pipe,
            "file": case.file,
            "result": result,
            "reason": reason,
            "differences": differences.iter().map(difference).collect::<Vec<_>>(),
        })
    };
    let pair = |(pipe, message): &(String, String)| json!({ "pipe": pipe, "message": message });
    json!({
        "format": json::FORMAT,
        "environment": environment,
        "invalid_pipes": tested.invalid.iter().map(pair).collect::<Vec<_>>(),
        "ran": tested.ran,
        "failed_pipes": tested.failed_pipes.iter().map(pair).collect::<Vec<_>>(),
        "outputs": tested.cases.iter().map(case).collect::<Vec<_>>(),
        "written": tested.written,
        "removed": tested.removed,
        "error": tested.error.as_ref().map(json::error),
    })
}
