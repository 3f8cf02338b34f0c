//! Connecting nodes: which data crosses between the master and an extra node, and the replicas that carry it.

mod connection;
mod endpoints;
mod flow;
mod links;
mod names;
mod references;
mod replication;
mod template;
mod templates;

pub use connection::{Connected, ExtraNode, connect};
pub use flow::{InputDataset, LinkRule, PipeFlow, pipe_flows};
pub use links::{PipeLink, pipe_links};
pub use template::{EntityTemplate, Parents, TemplateKind};
pub use templates::Templates;
