//! Connector folders of Sesam's command-line tool (`sesam`, version 2.11): templates and a manifest become pipes and systems.
//!
//! Everything here is data in, data out: the caller reads the files. [`Connector::read`] takes the manifest, [`Connector::missing`] names the
//! templates to read, and [`Connector::expand`] makes the entities. [`JinjaVars`] fills in `.jinja_vars`, which plain folders use.
#![doc = include_str!("../README.md")]

mod connector;
mod expand;
mod faults;
mod fixed;
#[cfg_attr(not(feature = "jinja"), path = "without_jinja.rs")]
mod jinja;
mod jinja_vars;
mod manifest;
mod marks;
mod paths;
mod python;

pub use connector::{Connector, MANIFEST};
pub use expand::{Expansion, Options};
pub use fixed::{node_metadata, variables_without_profile};
pub use jinja_vars::{JINJA_VARS, JinjaVars};

/// The system name that Sesam's tool uses if nobody gives another one.
pub const DEFAULT_SYSTEM: &str = "xxxxxx";

/// The file of variables that take precedence over those of the profile.
pub const ADDITIONAL_PARAMETERS: &str = ".additional_parameters.json";
