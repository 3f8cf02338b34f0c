//! From the name of a secret to its place in a store.

mod place;
mod way;

pub use place::PlaceTemplate;
pub use way::{NamingWay, Parts};
