//! JSON schemas of the settings: of a plugin's section, and of the whole file.
//!
//! They are of draft 7, which the editors' extensions for TOML understand.

mod file;
mod plugin;
mod rows;
mod shape;

pub use file::{file, rows_of_file};
pub use plugin::plugin;
pub use rows::{Row, rows};
