//! The settings of a run: one model, two ways in.
//!
//! The sections of the file declare each key once (`declare`). A settings file (`deployer.toml`) and the environment variables of the
//! original deployer both become tables, and one reader makes the same [`Settings`] of either. Whatever a variable can say, a file can
//! say.

mod build;
mod check;
pub(crate) mod declare;
mod draft;
mod dry_run;
mod effective;
mod file;
mod link;
mod merge;
mod model;
mod parts;
mod send;
pub(crate) mod toml_text;
mod variables;
mod way_in;

pub use build::Built;
pub use draft::{Draft, FILL_IN};
pub use effective::{Provenance, Setting};
pub(crate) use file::SettingsFile;
#[cfg(feature = "watch")]
pub(crate) use file::{DeploymentSection, HookSection};
pub use model::Settings;
pub use parts::{Asked, Origin, PluginUse, SettingsSource};
pub(crate) use send::NotifySection;
pub use send::SendWhen;
#[cfg(feature = "watch")]
pub(crate) use variables::{Writer, is_unencrypted};
pub(crate) use way_in::FILE_NAME;
pub use way_in::{Carried, WayIn};
