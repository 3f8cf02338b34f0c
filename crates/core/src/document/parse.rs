//! Reading JSON text.
use super::{Node, SourceText};
use crate::error::Place;
/// The deepest nesting of lists and objects that is read.
pub const MAX_DEPTH: usize = 256;
/// A document and what was odd about it.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The tree.
    pub root: Node,
    /// Keys that stand twice in one object.
    pub duplicates: Vec<(String, Place)>,
}
/// Why a text is not JSON, and where.
#[derive(Debug, Clone)]
pub struct ParseError {
    /// What is wrong.
    pub message: String,
    /// Where.
    pub place: Place,
}
/// Reads.
pub fn parse(_source: &SourceText) -> Result<Parsed, ParseError> { todo!() }
