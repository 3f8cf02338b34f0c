//! The configuration model: what an entity means after substitution and selection, and what is wrong with it.

pub(crate) mod defaults;
pub(crate) mod derived;
mod dtl;
pub(crate) mod effective;
pub(crate) mod issue;
pub(crate) mod kinds;
pub(crate) mod replace;
mod resolved;
mod schema;
mod substitution;
mod validation;

/// The system every dataset-like source and sink belongs to.
pub(crate) const INTERNAL_SYSTEM: &str = "system:sesam-node";
/// The member that names an entity's config group, inside `metadata`.
pub(crate) const GROUP_TAG: &str = "$config-group";
