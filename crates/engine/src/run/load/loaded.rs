//! What was read from the source.

use std::collections::BTreeMap;

use crate::connect::Templates;
use deployer_core::error::{Error, Note};
use deployer_core::model::{Entity, NodeName, Revision, Variables};

/// What was read.
#[derive(Debug, Default)]
pub(in crate::run) struct Loaded {
    pub(in crate::run) revision: Option<Revision>,
    pub(in crate::run) entities: Vec<Entity>,
    pub(in crate::run) templates: BTreeMap<NodeName, Templates>,
    /// The variables to verify against, merged.
    pub(in crate::run) variables: Variables,
    /// The files they came from, for messages.
    pub(in crate::run) variables_files: Vec<String>,
    /// Whether a file of variables could not be read, so that missing variables are unknown.
    pub(in crate::run) variables_unknown: bool,
    /// The variables that are uploaded.
    pub(in crate::run) upload_variables: Variables,
    pub(in crate::run) problems: Vec<Error>,
    pub(in crate::run) notes: Vec<Note>,
}
