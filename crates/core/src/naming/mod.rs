//! How stores come from the name of a secret to its place.

mod template;
mod way;

pub use template::Template;
pub use way::{NamingWay, Parts};
