//! The pure stages: data in, data out, no waiting, no clock.
//!
//! `whitelist` → `read_entities` → `split` → `connect` → `uses` and `missing_variables` → `diff` → `objections`.

mod connect;
mod diff;
mod flow;
mod guard;
mod layout;
mod routes;
mod select;
mod split;
mod template;
mod unique;
mod uses;
mod verify;
mod walk;

pub use connect::{Connected, ExtraNode, Templates, connect};
pub use diff::{diff, normalised, same_entity};
pub use flow::LinkRule;
pub use guard::{Guard, objections};
pub use layout::{FileText, Layout, node_files, variables_path};
pub use routes::{Alias, Route, Routes, Rule};
pub use select::{Listed, Read, Strictness, read_entities, whitelist};
pub use split::{Split, split};
pub use template::{Parents, Template, TemplateKind};
pub use unique::unique;
pub use uses::{Use, Uses, uses};
pub use verify::{missing_secrets, missing_variables, unused_variables};
