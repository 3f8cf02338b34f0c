//! JSON documents kept as written: key order, number text and non-ASCII survive, every value knows its span, and duplicate keys
//! are diagnostics with their place.

mod compare;
mod complaint;
mod duplicates;
mod fault;
mod lines;
mod number;
mod parse;
mod source;
mod strings;
mod value;

pub use complaint::ParseError;
pub use fault::MAX_DEPTH;
pub use number::Number;
pub use parse::{Duplicate, Parsed};
pub use source::{Piece, SourceText, Span};
pub(crate) use strings::next_special;
pub use value::{Member, Node, Object, Value};
