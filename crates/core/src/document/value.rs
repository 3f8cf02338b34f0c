//! The tree of a JSON document.

use super::number::Number;
use super::source::Span;

/// Up to this many members a search from the front is faster than an index.
pub(super) const FEW: usize = 16;

/// A value and where it stands. Equality leaves out the place.
#[derive(Debug, Clone)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it stands in the source text it was parsed from.
    pub span: Span,
}

/// A JSON value. Objects keep their key order, numbers their text. Equality is by value: key order, spans and the spelling of
/// numbers do not matter.
///
/// Reading, writing and dropping a value take stack for each level, so a value that is not parsed must stay about as flat as
/// [`MAX_DEPTH`](super::MAX_DEPTH) demands of one that is.
#[derive(Debug, Clone)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as written.
    Number(Number),
    /// A text, escapes resolved.
    String(Box<str>),
    /// A list.
    Array(Vec<Node>),
    /// An object.
    Object(Object),
}

/// The members of an object in the order they were written, each key once.
#[derive(Debug, Clone, Default)]
pub struct Object {
    /// No vector: a value and a node are a quarter smaller without its capacity.
    members: Box<[Member]>,
}

/// A key and its value.
#[derive(Debug, Clone)]
pub struct Member {
    /// The key, escapes resolved.
    pub key: Box<str>,
    /// Where the key stands, quotes included.
    pub key_span: Span,
    /// The value.
    pub node: Node,
}

impl Node {
    /// A value without a source.
    pub fn new(value: Value) -> Self {
        Self { value, span: Span::default() }
    }

    /// The member of an object, `None` for other values.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.value.as_object()?.get(key)
    }

    /// The value at a dotted path; list indexes are numbers: `source.datasets.0`.
    pub fn at_path(&self, path: &str) -> Option<&Node> {
        path.split('.').try_fold(self, |node, step| match &node.value {
            Value::Object(object) => object.get(step),
            Value::Array(items) => items.get(step.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// The text, `None` for other values.
    pub fn as_str(&self) -> Option<&str> {
        self.value.as_str()
    }
}

impl Member {
    /// A key and a value without a source.
    pub fn new(key: impl Into<Box<str>>, value: Value) -> Self {
        Self { key: key.into(), key_span: Span::default(), node: Node::new(value) }
    }
}

impl Value {
    /// A text.
    pub fn string(text: impl Into<Box<str>>) -> Self {
        Value::String(text.into())
    }

    /// An object of these members; of a key that comes twice the last value wins.
    pub fn object(members: impl IntoIterator<Item = Member>) -> Self {
        Value::Object(members.into_iter().collect())
    }

    /// A list of these values.
    pub fn array(items: impl IntoIterator<Item = Value>) -> Self {
        Value::Array(items.into_iter().map(Node::new).collect())
    }

    /// The text, `None` for other values.
    pub fn as_str(&self) -> Option<&str> {
        if let Value::String(text) = self { Some(text) } else { None }
    }

    /// The object, `None` for other values.
    pub fn as_object(&self) -> Option<&Object> {
        if let Value::Object(object) = self { Some(object) } else { None }
    }

    /// The items of a list, `None` for other values.
    pub fn as_array(&self) -> Option<&[Node]> {
        if let Value::Array(items) = self { Some(items) } else { None }
    }

    /// What it is, for messages: `a text`, `an object`.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        }
    }

    /// Calls `visit` for every text in the value, keys included, with where it stands; depth first, as written.
    pub fn for_each_text<'a>(&'a self, span: Span, visit: &mut dyn FnMut(&'a str, Span)) {
        match self {
            Value::String(text) => visit(text, span),
            Value::Array(items) => items.iter().for_each(|item| item.value.for_each_text(item.span, visit)),
            Value::Object(object) => {
                for member in &object.members {
                    visit(&member.key, member.key_span);
                    member.node.value.for_each_text(member.node.span, visit);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

impl Object {
    /// The members in the order they were written.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.members.iter().find(|member| &*member.key == key).map(|member| &member.node)
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Takes members whose keys are known to differ.
    pub(super) fn from_unique(members: Vec<Member>) -> Self {
        Self { members: members.into() }
    }
}

impl From<Value> for Node {
    fn from(value: Value) -> Self {
        Self::new(value)
    }
}
