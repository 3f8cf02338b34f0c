//! Failures for people.

use deployer_core::error::Place;
use deployer_core::{Error, Kind};

use super::{Style, escape};

/// A part of a failure, for a pipeline that shows each problem at its place.
pub(super) enum Part<'a> {
    /// The heading of the problems that follow.
    Heading(String),
    /// One problem, with its first place.
    Problem { place: Option<&'a Place>, code: &'static str, text: String },
}

/// Writes failures.
pub(super) struct Writer<'a> {
    pub(super) style: Style,
    /// A place in words.
    pub(super) place: &'a dyn Fn(&Place) -> String,
}

impl Writer<'_> {
    /// A failure with its places, details and hints, and the related failures below it.
    pub(super) fn text(&self, error: &Error) -> String {
        let mut text = String::new();
        self.write(&mut text, error, None, "");
        text
    }

    /// A failure as its headings and problems, in order.
    pub(super) fn parts<'e>(&self, error: &'e Error) -> Vec<Part<'e>> {
        let mut own = String::new();
        if error.related().is_empty() {
            own.push_str(&format!("{}\n", message(error)));
            self.write_rest(&mut own, error, "  ");
            return vec![Part::Problem {
                place: error.places().first(),
                code: error.kind().code(),
                text: own,
            }];
        }
        own.push_str(&format!("{}: {}\n", self.label(error), message(error)));
        self.write_rest(&mut own, error, "  ");
        let related = error.related().iter().flat_map(|related| self.parts(related));
        std::iter::once(Part::Heading(own)).chain(related).collect()
    }

    fn label(&self, error: &Error) -> String {
        self.style.red(&format!("error[{}]", error.kind().code()))
    }

    /// Writes a failure, with its kind unless the failure above it has the same.
    fn write(&self, text: &mut String, error: &Error, above: Option<Kind>, indent: &str) {
        let label = match above {
            Some(kind) if kind == error.kind() => String::new(),
            _ => self.label(error) + ": ",
        };
        text.push_str(&format!("{indent}{label}{}\n", message(error)));
        let inner = format!("{indent}  ");
        self.write_rest(text, error, &inner);
        for related in error.related() {
            self.write(text, related, Some(error.kind()), &inner);
        }
    }

    /// Writes places, details and hints.
    fn write_rest(&self, text: &mut String, error: &Error, inner: &str) {
        places(text, error.places(), inner, self.place);
        if !error.places().is_empty() {
            text.push('\n');
        }
        for detail in error.details() {
            for line in detail.lines() {
                text.push_str(&format!("{inner}{}\n", escape::line(line)));
            }
        }
        for hint in error.hints() {
            text.push_str(&format!("{inner}{}: {}\n", self.style.cyan("hint"), escape::line(hint)));
        }
    }
}

fn message(error: &Error) -> String {
    escape::line(&error.to_string()).into_owned()
}

/// How many places of one thing are listed before the rest is counted.
const LISTED: usize = 20;

/// Adds places, one per line.
pub(super) fn places(text: &mut String, places: &[Place], indent: &str, shown: &dyn Fn(&Place) -> String) {
    let lines = places.iter().take(LISTED).map(|place| format!("{indent}at {}", shown(place)));
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
        let writer = Writer { style: Style::default(), place: &|place| place.to_string() };
        assert_eq!(writer.text(&all), expected);
    }

    #[test]
    fn text_of_others_forges_no_line() {
        let error = Error::new(Kind::Io, "read \"a\nerror: b\"")
            .with_cause("\u{1b}[2J")
            .with_detail("one\r\ntwo\u{7}")
            .with_hint("c\nd");
        let writer = Writer { style: Style::default(), place: &|place| place.to_string() };
        let expected = "error[io]: read \"a\\nerror: b\": \\u001b[2J\n  one\n  two\\u0007\n  hint: c\\nd\n";
        assert_eq!(writer.text(&error), expected);
    }
}
