//! A secret that sings wherever it leaks: planted in a world, then looked for in all that comes out.
//!
//! Text is searched as it is and after undoing escapes of JSON and Rust's `Debug`, percent-escapes, and both, so
//! that it does not matter which characters an encoder chose to escape. Each of these forms is searched for the
//! plain value, for base64 at its three alignments in both alphabets, for hexadecimal, and for lists of bytes.

mod decode;
mod encode;
mod folder;
mod planted;
mod search;

pub use folder::FileFinding;
pub use planted::{Canary, Finding};
pub use search::Searcher;

#[cfg(test)]
mod tests;
