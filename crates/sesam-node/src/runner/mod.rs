//! The runner of all pipes: it copies entities where a pipe has no transform, and serves canned answers for the rest.
//!
//! The node has no data engine, and invents no result: a pipe that transforms, merges or reads another system outputs nothing unless an
//! answer is recorded for exactly this pipe, everything upstream of it, and their data.

mod answers;
mod copy;
mod csv;
mod dataset;
mod file;
mod pass;
mod publish;
mod runs;
mod script;
mod values;
mod xml;

pub use answers::Answers;
pub(crate) use answers::Published;
pub(crate) use runs::{RunOptions, Runs};
pub(crate) use script::Failure;
