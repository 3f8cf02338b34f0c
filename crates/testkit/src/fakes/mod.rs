//! The traits of plugins in memory: what core's own tests are made of, and the first to pass the contract suites.
//!
//! Fakes that share a [`Script`] share one journal, so that a test sees the order of all calls, and one list of
//! programmed mishaps.

mod node;
mod notifier;
mod script;
mod source;
mod state;
mod steps;
mod store;
mod target;

pub use node::Held;
pub use notifier::Collector;
pub use script::{Mishap, Script};
pub use source::MemorySource;
pub use state::MemoryPlace;
pub use store::MemoryStore;
pub use target::MemoryTarget;
