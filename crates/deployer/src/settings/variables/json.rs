//! Variables that hold a JSON object.

use deployer_core::Error;
use deployer_core::document::{Node, Object, SourceText, Span, Value};
use deployer_core::error::{Note, Place, nearest};

use super::expected;
use super::reader::{Reader, malformed, missing, truth};

/// The JSON object in a variable. Backticks are dropped before it is read, and places count them. Not for `Debug`: it holds tokens.
pub(super) struct JsonVariable {
    name: &'static str,
    original: String,
    source: SourceText,
    root: Node,
}

impl JsonVariable {
    /// Reads a variable that holds a JSON object; none when it holds anything else, which is noted as a problem.
    pub(super) fn read(reader: &mut Reader<'_>, name: &'static str, text: &str) -> Option<Self> {
        let source = SourceText::new(name, text.replace('`', ""));
        let parsed = match source.parse() {
            Ok(parsed) => parsed,
            Err(error) => {
                let problem = malformed(name, "is not valid JSON").with_cause(error.message);
                reader.problems.push(problem.at(original_place(text, &error.place)));
                return None;
            }
        };
        if parsed.root.value.as_object().is_none() {
            let what = format!("is {}", parsed.root.value.kind_name());
            reader.problems.push(malformed(name, &what));
            return None;
        }
        for duplicate in &parsed.duplicates {
            let message =
                format!("{name}: the key {:?} stands there twice; the last one counts", duplicate.key);
            let places = [&duplicate.first, &duplicate.place].map(|place| original_place(text, place));
            reader.notes.push(Note::warning(message).at_all(places));
        }
        Some(Self { name, original: text.to_owned(), source, root: parsed.root })
    }

    /// The object as a whole.
    pub(super) fn members(&self) -> Members<'_> {
        let object = self.root.value.as_object().unwrap_or(&EMPTY);
        Members { variable: self, label: self.name.to_owned(), object, span: self.root.span }
    }

    fn place(&self, span: Span) -> Place {
        original_place(&self.original, &self.source.place(span.start))
    }
}

static EMPTY: std::sync::LazyLock<Object> = std::sync::LazyLock::new(Object::default);

/// An object in a variable, read member by member.
pub(super) struct Members<'a> {
    variable: &'a JsonVariable,
    label: String,
    object: &'a Object,
    span: Span,
}

impl<'a> Members<'a> {
    /// How messages call a member: `MASTER_NODE.URL`.
    pub(super) fn label(&self, member: &str) -> String {
        format!("{}.{member}", self.label)
    }

    /// The members that are objects themselves, in the order they are written; others are noted as problems.
    pub(super) fn objects(&self, reader: &mut Reader<'_>) -> Vec<(&'a str, Members<'a>)> {
        let mut objects = Vec::new();
        for member in self.object.members() {
            let label = self.label(&member.key);
            match &member.node.value {
                Value::Object(object) => {
                    let members = Members { variable: self.variable, label, object, span: member.node.span };
                    objects.push((&*member.key, members));
                }
                value => {
                    let problem =
                        malformed(&label, &format!("must be an object, it is {}", value.kind_name()));
                    reader.problems.push(problem.at(self.variable.place(member.node.span)));
                }
            }
        }
        objects
    }

    /// A text that must be there and not be empty.
    pub(super) fn required_text(&self, reader: &mut Reader<'_>, member: &str) -> Option<&'a str> {
        match self.object.get(member) {
            None => {
                reader.problems.push(self.absent(member));
                None
            }
            Some(node) => match node.as_str() {
                Some("") => {
                    reader.problems.push(self.refused(member, "is empty"));
                    None
                }
                Some(text) => Some(text),
                None => self.of_other_kind(reader, member, node),
            },
        }
    }

    /// A text that may be absent, `null` or empty.
    pub(super) fn optional_text(&self, reader: &mut Reader<'_>, member: &str) -> Option<&'a str> {
        let node = self.object.get(member)?;
        match &node.value {
            Value::Null => None,
            Value::String(text) => Some(&**text).filter(|text| !text.is_empty()),
            _ => self.of_other_kind(reader, member, node),
        }
    }

    fn of_other_kind<T>(&self, reader: &mut Reader<'_>, member: &str, node: &Node) -> Option<T> {
        reader.problems.push(self.refused(member, &format!("is {}", node.value.kind_name())));
        None
    }

    /// A member that is true or false and must be there. Texts in any case count, and with a warning any other text is false.
    pub(super) fn required_boolean(&self, reader: &mut Reader<'_>, member: &str) -> bool {
        if self.object.get(member).is_none() {
            reader.problems.push(self.absent(member));
        }
        self.optional_boolean(reader, member).unwrap_or(false)
    }

    /// A member that is true or false, and may be absent.
    pub(super) fn optional_boolean(&self, reader: &mut Reader<'_>, member: &str) -> Option<bool> {
        let node = self.object.get(member)?;
        match &node.value {
            Value::Bool(value) => Some(*value),
            Value::String(text) => Some(truth(text).unwrap_or_else(|| {
                reader.warn_of_truth(&self.label(member), Some(self.variable.place(node.span)));
                false
            })),
            _ => self.of_other_kind(reader, member, node),
        }
    }

    /// Warns about members that nobody reads.
    pub(super) fn warn_of_unknown(&self, reader: &mut Reader<'_>) {
        let known = expected::members(&self.label);
        for member in self.object.members().iter().filter(|member| !known.contains(&&*member.key)) {
            let mut message = format!("{} is not known and not used", self.label(&member.key));
            if let Some(near) = nearest(&member.key.to_ascii_uppercase(), known.iter().copied()) {
                message.push_str(&format!("; did you mean {near}?"));
            }
            reader.notes.push(Note::warning(message).at_all([self.variable.place(member.key_span)]));
        }
    }

    /// The error for the object as a whole.
    pub(super) fn refused_as_a_whole(&self, what: &str) -> Error {
        malformed(&self.label, what).at(self.variable.place(self.span))
    }

    /// The error for a member with a value that cannot be used.
    pub(super) fn refused(&self, member: &str, what: &str) -> Error {
        let span = self.object.get(member).map_or(self.span, |node| node.span);
        malformed(&self.label(member), what).at(self.variable.place(span))
    }

    fn absent(&self, member: &str) -> Error {
        let error = missing(&self.label(member)).at(self.variable.place(self.span));
        let known = expected::members(&self.label);
        let unknown = self.object.members().iter().filter(|other| !known.contains(&&*other.key));
        let is_near = |key: &str| nearest(member, [&*key.to_ascii_uppercase()]).is_some();
        match unknown.map(|other| &*other.key).find(|key| is_near(key)) {
            Some(near) => error.with_hint(format!("is {near:?} meant to be it? Names are in upper case")),
            None => error,
        }
    }
}

/// Where a place of the text without backticks lies in the text with them.
fn original_place(original: &str, place: &Place) -> Place {
    let step =
        |(line, column): (u32, u32), c: char| if c == '\n' { (line + 1, 1) } else { (line, column + 1) };
    let (mut read, mut found) = ((1, 1), (1, 1));
    for c in original.chars() {
        if c != '`' {
            if read >= (place.line, place.column) {
                break;
            }
            read = step(read, c);
        }
        found = step(found, c);
    }
    Place::new(place.file.clone(), found.0, found.1)
}
