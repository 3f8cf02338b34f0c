//! The names that an entity uses.

use deployer_core::document::Span;

/// A name that an entity uses, and the span of the string that contains it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedAt {
    /// The name.
    pub name: String,
    /// The string.
    pub span: Span,
}

/// The names that an entity uses and that must exist on its node.
#[derive(Debug, Default)]
pub struct Names {
    /// The systems that it uses.
    pub systems: Vec<NamedAt>,
    /// The datasets that its source reads.
    pub inputs: Vec<NamedAt>,
}
