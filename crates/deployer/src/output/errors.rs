//! Failures for people.

use deployer_core::error::Place;
use deployer_core::{Error, Kind};

use super::Style;

/// A failure with its places, details and hints, and the related failures below it.
pub(super) fn text(error: &Error, style: Style) -> String {
    let mut text = String::new();
    write(&mut text, error, None, style, "");
    text
}

/// A part of a failure, for a pipeline that shows each problem at its place.
pub(super) enum Part<'a> {
    /// What the problems that follow have in common.
    Heading(String),
    /// One problem, with its first place.
    Problem { place: Option<&'a Place>, code: &'static str, text: String },
}

/// A failure as its headings and problems, in order.
pub(super) fn parts(error: &Error, style: Style) -> Vec<Part<'_>> {
    let mut own = String::new();
    if error.related().is_empty() {
        own.push_str(&format!("{error}\n"));
        write_rest(&mut own, error, style, "  ");
        return vec![Part::Problem { place: error.places().first(), code: error.kind().code(), text: own }];
    }
    own.push_str(&format!("{}: {error}\n", label(error, style)));
    write_rest(&mut own, error, style, "  ");
    let related = error.related().iter().flat_map(|related| parts(related, style));
    std::iter::once(Part::Heading(own)).chain(related).collect()
}

fn label(error: &Error, style: Style) -> String {
    style.red(&format!("error[{}]", error.kind().code()))
}

/// Writes a failure, with its kind unless the failure that it stands below has the same.
fn write(text: &mut String, error: &Error, above: Option<Kind>, style: Style, indent: &str) {
    let label = match above {
        Some(kind) if kind == error.kind() => String::new(),
        _ => label(error, style) + ": ",
    };
    text.push_str(&format!("{indent}{label}{error}\n"));
    let inner = format!("{indent}  ");
    write_rest(text, error, style, &inner);
    for related in error.related() {
        write(text, related, Some(error.kind()), style, &inner);
    }
}

/// Writes places, details and hints.
fn write_rest(text: &mut String, error: &Error, style: Style, inner: &str) {
    places(text, error.places(), inner);
    if !error.places().is_empty() {
        text.push('\n');
    }
    for detail in error.details() {
        for line in detail.lines() {
            text.push_str(&format!("{inner}{line}\n"));
        }
    }
    for hint in error.hints() {
        text.push_str(&format!("{inner}{}: {hint}\n", style.cyan("hint")));
    }
}

/// How many places of one thing are listed before the rest is counted.
const LISTED: usize = 20;

/// Adds places, one a line.
pub(super) fn places(text: &mut String, places: &[Place], indent: &str) {
    let lines = places.iter().take(LISTED).map(|place| format!("{indent}at {place}"));
    let mut lines: Vec<String> = lines.collect();
    if places.len() > LISTED {
        lines.push(format!("{indent}and {} more places", places.len() - LISTED));
    }
    if !lines.is_empty() {
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&lines.join("\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_shows_where_why_and_what_next() {
        let one = Error::new(Kind::Verification, "the variable \"x\" does not exist")
            .at(Place::new("pipes/a.conf.json", 14, 23))
            .with_detail("asked: variables-test.json")
            .with_hint("did you mean \"y\"?");
        let all = Error::many(
            Kind::Verification,
            "2 problems were found",
            vec![one.clone(), Error::new(Kind::Io, "b")],
        );
        let expected = "error[verification]: 2 problems were found\n  \
            the variable \"x\" does not exist\n    \
            at pipes/a.conf.json:14:23\n    \
            asked: variables-test.json\n    \
            hint: did you mean \"y\"?\n  \
            error[io]: b\n";
        assert_eq!(text(&all, Style::default()), expected);
    }
}
