//! The runner over fakes in memory: what is verified, in which order it writes, and what a receipt says.
//!
//! The clock stands still unless all wait: a test that needs minutes takes none.

mod close;
mod conflicts;
mod early;
mod interruption;
mod layouts;
mod order;
mod progress;
mod protected;
mod races;
mod repetition;
mod saved;
mod scene;
mod secrets;
mod selection;
mod settling;
mod systems;
mod undoing;
mod verification;
mod writes;
