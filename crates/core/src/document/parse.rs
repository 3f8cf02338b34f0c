//! Reading JSON text: RFC 8259 to the letter, in one pass over the bytes.

use super::complaint::ParseError;
use super::duplicates::{self, Repeated};
use super::fault::{Fault, MAX_DEPTH, Problem};
use super::{Member, Node, Number, Object, SourceText, Span, Value, strings};
use crate::error::{Place, Result as Fallible};

/// A document and what was odd about it.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The tree.
    pub root: Node,
    /// Keys that stand more than once in one object, in the order of their places.
    pub duplicates: Vec<Duplicate>,
    /// Whether the file begins with a byte order mark.
    pub byte_order_mark: bool,
}

/// A key that stands in its object a second time. Its value replaces the earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// The key.
    pub key: String,
    /// Where it stands again.
    pub place: Place,
    /// Where it stood first.
    pub first: Place,
}

impl Value {
    /// Reads one JSON value where nobody asks for places or repeated keys. `file` names the text in messages.
    ///
    /// # Errors
    ///
    /// As [`SourceText::parse`].
    pub fn parse_text(file: &str, text: &str) -> Fallible<Self> {
        Ok(SourceText::new(file, text).parse()?.root.value)
    }
}

impl SourceText {
    /// Reads the text as one JSON value.
    ///
    /// # Errors
    ///
    /// When the text is not JSON (RFC 8259), is nested deeper than [`MAX_DEPTH`], or holds a `\u` escape of half a surrogate
    /// pair, which no text can keep. Repeated keys are no error: the last value wins, and [`Parsed::duplicates`] tells.
    pub fn parse(&self) -> Result<Parsed, ParseError> {
        let mut parser = Parser::new(self.text());
        let root = parser.document().map_err(|fault| fault.explain(self))?;
        let mut repeated = parser.repeated;
        repeated.sort_by_key(|key| key.again);
        let duplicates = repeated
            .into_iter()
            .map(|Repeated { key, again, first }| Duplicate {
                key: key.into(),
                place: self.place(again),
                first: self.place(first),
            })
            .collect();
        Ok(Parsed { root, duplicates, byte_order_mark: self.byte_order_mark() })
    }
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth: usize,
    /// Items and members of the lists and objects that are still open; each takes its own off the end when it closes, so that
    /// every list and object is allocated once, in its final size.
    open_items: Vec<Node>,
    open_members: Vec<Member>,
    repeated: Vec<Repeated>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            depth: 0,
            // Enough for most files of a configuration, so that the lists do not grow in steps.
            open_items: Vec::with_capacity(64),
            open_members: Vec::with_capacity(32),
            repeated: Vec::new(),
        }
    }

    fn document(&mut self) -> Result<Node, Fault> {
        if u32::try_from(self.text.len()).is_err() {
            return Err(Fault { at: 0, problem: Problem::TooLong });
        }
        self.skip_blanks();
        let root = self.value()?;
        self.skip_blanks();
        if self.peek().is_some() { Err(self.fault(Problem::ExpectedEnd)) } else { Ok(root) }
    }

    /// Reads the value that begins here. Calls itself for lists and objects, at most [`MAX_DEPTH`] times.
    fn value(&mut self) -> Result<Node, Fault> {
        let start = self.at;
        let value = match self.peek() {
            Some(b'"') => Value::String(self.string()?),
            Some(b'{') => Value::Object(self.object()?),
            Some(b'[') => Value::Array(self.array()?),
            Some(b'-' | b'0'..=b'9') => Value::Number(self.number()?),
            Some(b't') => self.word("true", Value::Bool(true))?,
            Some(b'f') => self.word("false", Value::Bool(false))?,
            Some(b'n') => self.word("null", Value::Null)?,
            _ => return Err(self.fault(Problem::ExpectedValue)),
        };
        Ok(Node { value, span: self.span_from(start) })
    }

    fn object(&mut self) -> Result<Object, Fault> {
        let opened = self.open()?;
        if self.close_if(b'}') {
            return Ok(Object::default());
        }
        let first = self.open_members.len();
        loop {
            let member = self.member()?;
            self.open_members.push(member);
            if !self.comma_or(b'}', opened)? {
                break;
            }
        }
        let members = self.open_members.drain(first..).collect();
        Ok(Object::from_unique(duplicates::last_wins(members, &mut self.repeated)))
    }

    fn member(&mut self) -> Result<Member, Fault> {
        let start = self.at;
        if self.peek() != Some(b'"') {
            return Err(self.fault(Problem::ExpectedKey));
        }
        let key = self.string()?;
        let key_span = self.span_from(start);
        self.skip_blanks();
        if self.peek() != Some(b':') {
            return Err(self.fault(Problem::ExpectedColon));
        }
        self.at += 1;
        self.skip_blanks();
        Ok(Member { key, key_span, node: self.value()? })
    }

    fn array(&mut self) -> Result<Vec<Node>, Fault> {
        let opened = self.open()?;
        if self.close_if(b']') {
            return Ok(Vec::new());
        }
        let first = self.open_items.len();
        loop {
            let item = self.value()?;
            self.open_items.push(item);
            if !self.comma_or(b']', opened)? {
                break;
            }
        }
        Ok(self.open_items.drain(first..).collect())
    }

    /// Passes an opening bracket and the blanks after it; tells where the bracket was.
    fn open(&mut self) -> Result<usize, Fault> {
        if self.depth == MAX_DEPTH {
            return Err(self.fault(Problem::TooDeep));
        }
        self.depth += 1;
        let opened = self.at;
        self.at += 1;
        self.skip_blanks();
        Ok(opened)
    }

    fn close_if(&mut self, closing: u8) -> bool {
        let closes = self.peek() == Some(closing);
        if closes {
            self.at += 1;
            self.depth -= 1;
        }
        closes
    }

    /// Passes a comma (true) or the closing bracket (false) after an item.
    fn comma_or(&mut self, closing: u8, opened: usize) -> Result<bool, Fault> {
        self.skip_blanks();
        if self.close_if(closing) {
            return Ok(false);
        }
        if self.peek() != Some(b',') {
            return Err(self.fault(Problem::Unclosed { opened }));
        }
        self.at += 1;
        self.skip_blanks();
        if matches!(self.peek(), Some(b'}' | b']')) {
            return Err(self.fault(Problem::TrailingComma));
        }
        Ok(true)
    }

    fn string(&mut self) -> Result<Box<str>, Fault> {
        let (text, end) = strings::read(self.text, self.at)?;
        self.at = end;
        Ok(text)
    }

    fn number(&mut self) -> Result<Number, Fault> {
        let start = self.at;
        self.pass(b"-");
        let zero = self.peek() == Some(b'0');
        if self.digits()? > 1 && zero {
            return Err(Fault { at: start, problem: Problem::LeadingZero });
        }
        if self.pass(b".") {
            self.digits()?;
        }
        if self.pass(b"eE") {
            self.pass(b"+-");
            self.digits()?;
        }
        Ok(Number::from_checked(&self.text[start..self.at]))
    }

    /// Passes one byte when it is one of these.
    fn pass(&mut self, any_of: &[u8]) -> bool {
        let passes = self.peek().is_some_and(|byte| any_of.contains(&byte));
        self.at += usize::from(passes);
        passes
    }

    /// Passes digits, at least one; tells how many.
    fn digits(&mut self) -> Result<usize, Fault> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(self.fault(Problem::ExpectedDigit)) } else { Ok(self.at - start) }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, Fault> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.fault(Problem::ExpectedValue));
        }
        self.at += word.len();
        Ok(value)
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn fault(&self, problem: Problem) -> Fault {
        Fault { at: self.at, problem }
    }

    fn span_from(&self, start: usize) -> Span {
        // Nothing is cut off: `document` refuses texts whose length does not fit.
        Span { start: start as u32, end: self.at as u32 }
    }
}
