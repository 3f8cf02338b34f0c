//! An effective value.

use deployer_core::error::Place;
use serde_json::Value;

/// An effective value, and where it is set.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// The table that it is in: `["nodes", "master", "target"]`; empty at the top. The notifiers are counted from 0.
    pub section: Vec<String>,
    /// Its key, of more than one step if it is in tables below the section.
    pub key: Vec<String>,
    /// The value, as the settings file would contain it.
    pub value: Value,
    /// Where it is set.
    pub from: Provenance,
}

/// Where a value is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provenance {
    /// An option of the command line: `--environment`.
    Flag(&'static str),
    /// An environment variable, or a member of the JSON object in one: `MASTER_NODE.URL`.
    Variable(String),
    /// A settings file.
    File(Place),
    /// It has its default.
    Default,
}
