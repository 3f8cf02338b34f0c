//! The settings of a run: one model, two doors.
//!
//! A settings file (`deployer.toml`) and the environment variables of the original deployer lead to the same [`Settings`]. The
//! door of environment variables checks them, writes the text of the settings file that says the same, and hands it to the reader
//! that settings files go through. Whatever a variable can say, a file can say.

mod build;
mod check;
mod draft;
mod dry_run;
mod effective;
mod file;
mod link;
mod merge;
mod model;
mod send;
pub(crate) mod toml_text;
mod variables;
mod way_in;

pub use build::Built;
pub use check::Absent;
pub use draft::{Draft, FILL_IN};
pub use effective::{Provenance, Setting};
pub(crate) use file::SettingsFile;
pub use model::{Door, NodeSettings, PluginUse, Settings};
pub use send::{Recipient, SendWhen};
pub use variables::{VARIABLES, Variable};
pub(crate) use way_in::FILE_NAME;
pub use way_in::{Carried, WayIn};
