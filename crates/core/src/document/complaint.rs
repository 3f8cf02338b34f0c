//! What is wrong with a text that is not JSON, in words that say what was expected and what was found.

use super::fault::{Fault, MAX_DEPTH, Problem};
use super::source::SourceText;
use crate::error::{Error, Kind, Place};

/// Why a text is not JSON, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// What was expected and what was found; at most one character of the text itself.
    pub message: String,
    /// Where.
    pub place: Place,
    /// What to do next.
    pub hint: &'static str,
}

impl std::fmt::Display for ParseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl std::error::Error for ParseError {}

impl From<ParseError> for Error {
    fn from(error: ParseError) -> Self {
        Error::new(Kind::Verification, format!("{} is not valid JSON", error.place.file))
            .with_cause(error.message)
            .at(error.place)
            .with_hint(error.hint)
    }
}

impl Fault {
    /// The fault in words.
    pub(super) fn explain(self, source: &SourceText) -> ParseError {
        let rest = source.text().get(self.at..).unwrap_or_default();
        let (message, hint) = match known_mistake(self.problem, rest) {
            Some((message, hint)) => (message.to_owned(), hint),
            None => (self.problem.message(source, rest), self.problem.hint()),
        };
        let offset = u32::try_from(self.at).unwrap_or(u32::MAX);
        ParseError { message, place: source.place(offset), hint }
    }
}

impl Problem {
    fn message(self, source: &SourceText, rest: &str) -> String {
        let found = found(rest);
        match self {
            Problem::TooLong => "the text has more than 4 GiB".to_owned(),
            Problem::TooDeep => format!("lists and objects are nested deeper than {MAX_DEPTH} levels"),
            Problem::ExpectedValue => format!("expected a value, found {found}"),
            Problem::ExpectedKey => format!("expected a key in double quotes, found {found}"),
            Problem::ExpectedColon => format!("expected `:` after the key, found {found}"),
            Problem::ExpectedEnd => format!("expected the end of the file after the value, found {found}"),
            Problem::Unclosed { opened } => {
                let list = source.text().as_bytes().get(opened) == Some(&b'[');
                let (closing, kind) = if list { (']', "list") } else { ('}', "object") };
                let place = source.place(u32::try_from(opened).unwrap_or(u32::MAX));
                let (line, column) = (place.line, place.column);
                format!(
                    "expected `,` or `{closing}` in the {kind} that begins at {line}:{column}, found {found}"
                )
            }
            Problem::TrailingComma => format!("expected another item after `,`, found {found}"),
            Problem::UnclosedString => "the text that begins here has no closing quote".to_owned(),
            Problem::ControlCharacter => format!("{found} is not allowed in a text"),
            Problem::UnknownEscape => "a backslash begins no known escape here".to_owned(),
            Problem::BadUnicodeEscape => "`\\u` needs four hexadecimal digits".to_owned(),
            Problem::LoneSurrogate => {
                "this `\\u` escape is half of a surrogate pair, and no character".to_owned()
            }
            Problem::LeadingZero => "a number does not begin with `0` and another digit".to_owned(),
            Problem::ExpectedDigit => format!("expected a digit, found {found}"),
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Problem::TooLong => "split the file",
            Problem::TooDeep => "make the value flatter",
            Problem::TrailingComma => "take out the comma",
            Problem::UnclosedString => "close the text with `\"`, on the same line",
            Problem::ControlCharacter => {
                "close the text with `\"` before the line ends, or write a line break as `\\n` and a tab as `\\t`"
            }
            Problem::UnknownEscape => "write a backslash as `\\\\`",
            Problem::BadUnicodeEscape | Problem::LoneSurrogate => "write the character itself, as UTF-8",
            Problem::LeadingZero => "take out the leading zeros, or put the number in double quotes",
            Problem::ExpectedValue
            | Problem::ExpectedKey
            | Problem::ExpectedColon
            | Problem::ExpectedEnd
            | Problem::Unclosed { .. }
            | Problem::ExpectedDigit => "correct the file at this place, or a little before it",
        }
    }
}

/// Mistakes that people and other tools make often: the message and the hint.
fn known_mistake(problem: Problem, rest: &str) -> Option<(&'static str, &'static str)> {
    let begins = |starts: &[&str]| starts.iter().any(|start| rest.starts_with(start));
    if !problem.expects_a_token() {
        return None;
    }
    if begins(&["<<<<<<<", "=======", ">>>>>>>"]) {
        return Some(("found a conflict marker of git", "resolve the merge conflict"));
    }
    if begins(&["//", "/*", "#"]) {
        return Some(("found a comment, which JSON does not have", "take out the comment"));
    }
    if begins(&["'"]) {
        return Some(("found a single quote", "put texts in double quotes"));
    }
    if begins(&["True", "False", "None"]) {
        return Some(("found a word of Python", "write `true`, `false` or `null`"));
    }
    if begins(&["NaN", "Infinity", "undefined"]) {
        return Some(("found a value that JSON does not have", "write a number, a text or `null`"));
    }
    None
}

impl Problem {
    /// Whether something else was expected where the fault is, rather than a text or a number being faulty itself.
    fn expects_a_token(self) -> bool {
        matches!(
            self,
            Problem::ExpectedValue
                | Problem::ExpectedKey
                | Problem::ExpectedColon
                | Problem::ExpectedEnd
                | Problem::Unclosed { .. }
                | Problem::ExpectedDigit
        )
    }
}

/// The next character in words. Never more than one: the text may hold what no log should.
fn found(rest: &str) -> String {
    match rest.chars().next() {
        None => "the end of the file".to_owned(),
        Some('\n' | '\r') => "a line break".to_owned(),
        Some('\t') => "a tab".to_owned(),
        Some(' ') => "a blank".to_owned(),
        Some(unseen) if !unseen.is_ascii_graphic() && !unseen.is_alphanumeric() => {
            format!("the character U+{:04X}", u32::from(unseen))
        }
        Some(character) => format!("`{character}`"),
    }
}
