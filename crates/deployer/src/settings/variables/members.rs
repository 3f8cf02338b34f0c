//! The environment variables, and the members of the JSON objects in them, read by name. What is wrong is collected, so that all of it
//! is reported at once. Values are never shown: any of them can be a token.

use std::cell::RefCell;

use deployer_core::document::{Member, Node, Object, ParseError, Piece, SourceText, Span, Value};
use deployer_core::error::{Note, Place, nearest};
use deployer_core::plugin::ProcessVariables;
use deployer_core::{Error, Kind};

use super::address::{AddressReader, Scheme};
use super::expected::{expected, members_of};

/// The problems with the variables, and notes about them.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) problems: RefCell<Vec<Error>>,
    pub(super) notes: RefCell<Vec<Note>>,
}

/// The environment variables, or the members of a JSON object in one. Not for `Debug`: values can be tokens.
#[derive(Clone)]
pub(super) struct Members<'f> {
    /// How messages name the object: `MASTER_NODE`. Empty for the environment variables.
    label: String,
    object: Object,
    span: Span,
    /// The JSON text.
    source: Option<SourceText>,
    findings: &'f Findings,
}

impl<'f> Members<'f> {
    /// The environment variables.
    pub(super) fn of(variables: &ProcessVariables, findings: &'f Findings) -> Self {
        let member = |name| Member::new(name, Value::string(variables.get(name).unwrap_or_default()));
        let object = variables.names().map(member).collect();
        Self { label: String::new(), object, span: Span::default(), source: None, findings }
    }

    /// The same members, with other findings.
    pub(super) fn reporting_to<'o>(&self, findings: &'o Findings) -> Members<'o> {
        Members { findings, ..self.clone() }
    }

    /// The JSON object in a variable, if it is set.
    pub(super) fn json(&self, name: &str) -> Option<Self> {
        let source = without_backticks(name, self.text(name)?);
        let invalid = |error: ParseError| {
            self.add(described(name, "is not valid JSON").with_cause(error.message).at(error.place));
        };
        let parsed = source.parse().map_err(invalid).ok()?;
        for duplicate in parsed.duplicates {
            let message = format!("{name}: the key {:?} appears twice; the last one counts", duplicate.key);
            self.note(Note::warning(message).at_all([duplicate.first, duplicate.place]));
        }
        Self { source: Some(source), ..self.clone() }.object(name.to_owned(), parsed.root)
    }

    fn object(&self, label: String, node: Node) -> Option<Self> {
        let (span, source, findings) = (node.span, self.source.clone(), self.findings);
        if let Value::Object(object) = node.value {
            return Some(Self { label, object, span, source, findings });
        }
        let what = format!("is {}, not an object", node.value.kind_name());
        self.add(described(&label, &what).at_all(self.place(span)));
        None
    }

    /// The members, each of which must be an object, in the order they are written.
    pub(super) fn objects(&self) -> Vec<(&str, Self)> {
        let members = self.object.members().iter();
        let object = |member: &Member| self.object(self.label(&member.key), member.node.clone());
        members.filter_map(|member| Some((&*member.key, object(member)?))).collect()
    }

    /// How messages name a member: `MASTER_NODE.URL`.
    pub(super) fn label(&self, name: &str) -> String {
        if self.label.is_empty() { name.to_owned() } else { format!("{}.{name}", self.label) }
    }

    /// A text. One that is empty counts as absent, and so does `null`.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match &self.object.get(name)?.value {
            Value::String(text) => Some(&**text).filter(|text| !text.is_empty()),
            Value::Null => None,
            other => self.refuse(name, &format!("is {}", other.kind_name())),
        }
    }

    /// A text that must be set.
    pub(super) fn required(&self, name: &str) -> Option<&str> {
        match self.object.get(name).map(|node| &node.value) {
            None => self.missing(name),
            Some(Value::String(text)) if text.is_empty() => self.refuse(name, "is empty"),
            Some(Value::Null) => self.refuse(name, "is null"),
            Some(_) => self.text(name),
        }
    }

    /// Whether a member is true; `None` if it is absent. A text counts in any case. Any other text is false, with a warning, as it was
    /// for the original.
    pub(super) fn boolean(&self, name: &str) -> Option<bool> {
        let node = self.object.get(name)?;
        match &node.value {
            Value::Bool(value) => Some(*value),
            Value::String(text) => Some(truth(text).unwrap_or_else(|| {
                let label = self.label(name);
                let message = format!(
                    "{label} is neither `true` nor `false`; it counts as false, as it did for the original"
                );
                self.note(Note::warning(message).at_all(self.place(node.span)));
                false
            })),
            other => self.refuse(name, &format!("is {}", other.kind_name())),
        }
    }

    /// The same for a member that must be set.
    pub(super) fn required_boolean(&self, name: &str) -> bool {
        let found = if self.object.get(name).is_some() { self.boolean(name) } else { self.missing(name) };
        found.unwrap_or_default()
    }

    /// Whether a variable is true that the original did not have: it is true or false and nothing else.
    pub(super) fn strict_boolean(&self, name: &str) -> Option<bool> {
        let text = self.text(name)?;
        truth(text).or_else(|| self.refuse(name, "is neither `true` nor `false`"))
    }

    /// The address that must be set, and how it is reached; HTTPS if it cannot be used, so that the rest is checked as usual.
    pub(super) fn address(&self, name: &str, read: AddressReader, allow_http: bool) -> (&str, Scheme) {
        let Some(address) = self.required(name).map(str::trim) else { return ("", Scheme::Https) };
        let scheme = read(address).unwrap_or_else(|what| self.refuse(name, what).unwrap_or(Scheme::Https));
        if scheme == Scheme::Http && !allow_http {
            let what = "would send everything in the clear over http://";
            self.add(self.refused(name, what).with_hint("use https://, or set ALLOW_HTTP=true"));
        }
        (address, scheme)
    }

    /// Warns about members that are ignored.
    pub(super) fn warn_of_unknown(&self) {
        let known = members_of(&self.label);
        for member in self.object.members().iter().filter(|member| !known.contains(&&*member.key)) {
            let mut message = format!("{} is not known and not used", self.label(&member.key));
            if let Some(near) = nearest(&member.key.to_ascii_uppercase(), known.iter().copied()) {
                message.push_str(&format!("; did you mean {near}?"));
            }
            self.note(Note::warning(message).at_all(self.place(member.key_span)));
        }
    }

    /// Adds the problem that a member is missing, with the nearest name that is set and ignored.
    pub(super) fn missing<T>(&self, name: &str) -> Option<T> {
        let known = members_of(&self.label);
        let names = self.object.members().iter().map(|member| &*member.key);
        let near = names
            .filter(|set| !known.contains(set))
            .find(|set| nearest(name, [set.to_ascii_uppercase().as_str()]).is_some());
        let problem = described(&self.label(name), "is missing").at_all(self.place(self.span));
        let hint = near.map(|near| format!("{near} is set: is it meant to be {name}?"));
        self.add(hint.into_iter().fold(problem, Error::with_hint));
        None
    }

    /// Adds the problem that the value of a member cannot be used.
    pub(super) fn refuse<T>(&self, name: &str, what: &str) -> Option<T> {
        self.add(self.refused(name, what));
        None
    }

    /// The problem that the value of a member cannot be used. `what` never contains the value.
    pub(super) fn refused(&self, name: &str, what: &str) -> Error {
        let span = self.object.get(name).map_or(self.span, |node| node.span);
        described(&self.label(name), what).at_all(self.place(span))
    }

    /// Adds a problem.
    pub(super) fn add(&self, problem: Error) {
        self.findings.problems.borrow_mut().push(problem);
    }

    /// Adds a note.
    pub(super) fn note(&self, note: Note) {
        self.findings.notes.borrow_mut().push(note);
    }

    fn place(&self, span: Span) -> Option<Place> {
        self.source.as_ref().map(|source| source.place(span.start))
    }
}

/// Whether a text is `true` or `false`, in any case.
fn truth(text: &str) -> Option<bool> {
    text.to_ascii_lowercase().parse().ok()
}

/// The text of a variable without its backticks, which the original dropped. Places count them.
fn without_backticks(name: &str, text: &str) -> SourceText {
    let original = SourceText::new(name, text);
    let offset = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let (mut rest, mut pieces, mut at) = (String::new(), Vec::new(), 0);
    for part in original.text().split_inclusive(['`', '\n']) {
        pieces.push(Piece { start: offset(rest.len()), place: original.place(offset(at)), copied: true });
        rest.push_str(part.trim_end_matches('`'));
        at += part.len();
    }
    SourceText::generated(name, rest, pieces)
}

/// A problem with a variable or a member: `what` is wrong with it, and an example.
fn described(name: &str, what: &str) -> Error {
    match expected(name) {
        Some((_, expected, example)) => {
            Error::new(Kind::Settings, format!("{name} {what}: expected {expected}"))
                .with_hint(format!("for example: {example}"))
        }
        None => Error::new(Kind::Settings, format!("{name} {what}")),
    }
}
