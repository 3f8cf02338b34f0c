//! The pure stages: data in, data out, no waiting, no clock.
//!
//! `whitelist` → `read_entities` → `split` → `connect` → `uses`, `share_secrets` and `missing_variables` → `protect` → `diff` → `objections`.

mod connect;
mod diff;
mod flow;
mod guard;
mod layout;
mod protect;
mod routes;
mod select;
mod split;
mod system_secrets;
mod template;
mod unique;
mod uses;
mod verify;
mod walk;
mod whitelist;

pub use connect::{Connected, ExtraNode, Templates, connect};
pub use diff::{concerned_systems, diff, normalised, same_entity};
pub use flow::LinkRule;
pub use guard::{Guard, Removals, beyond_consent, objections};
pub use layout::{FileText, Layout, node_files, variables_path};
pub use protect::{Protection, protect};
pub use routes::{Alias, Route, Routes, Rule};
pub use select::{Read, Strictness, read_entities};
pub use split::{Split, split};
pub use system_secrets::{SharedSecrets, SystemList, SystemSecrets, share_secrets};
pub use template::{Parents, Template, TemplateKind};
pub use unique::unique;
pub use uses::{Use, Uses, uses};
pub use verify::{missing_secrets, missing_variables, unused_variables};
pub use whitelist::{Glob, Listed, Whitelist, is_configuration, whitelist};
