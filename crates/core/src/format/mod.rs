//! Writing JSON: as the Sesam portal formats it, compact for the wire, and indented.
//!
//! A string escapes only `"`, `\` and control characters below U+0020; everything else stands as it is, in UTF-8.

mod pieces;
mod plain;
mod portal;

pub use pieces::quoted;
pub use plain::{Composed, compact, indented};
pub use portal::portal;
