//! Entities and the reports about them: kinds, issues, schemas, defaults.

pub(crate) mod defaults;
pub(crate) mod issue;
pub(crate) mod kinds;
mod schema;
pub(crate) mod words;

/// The member of `metadata` that names the config group of an entity.
pub(crate) const GROUP_TAG: &str = "$config-group";
