//! The checks of a Sesam node that need no data engine, as pure functions.
//!
//! [`inspect`] reads one entity, [`Surroundings`] checks the names that it uses. Every [`Finding`] has the span of the faulty value in
//! the entity as written, also after substitution and selection.
#![doc = include_str!("../README.md")]

mod conditional;
mod dtl;
mod elements;
mod fault;
mod inspect;
mod names;
mod resolve;
mod substitution;
mod surroundings;
mod tree;
mod types;

pub use elements::elements;
pub use fault::{Fault, Finding, Severity};
pub use inspect::{Inspection, inspect};
pub use names::{NamedAt, Names};
pub use surroundings::Surroundings;
pub use types::{ComponentType, INTERNAL_SYSTEM, Part, Property, Shape};
