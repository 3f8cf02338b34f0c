//! An embedded Sesam node: the part of the service API and of the configuration model that a deployment tool
//! meets, without a data engine. It stores configuration, variables and secrets, validates what needs no DTL
//! engine, and answers in the shapes of a real node. It runs no pipe and holds no data.
//!
//! [`Node::builder`] makes a node, [`Node::serve`] answers over plain HTTP, and [`Node::router`] hands out the bare
//! routes for a server that brings its own transport. Where Sesam's documentation leaves the behaviour of a real
//! node open, [`Switches`] chooses.

mod answer;
mod archive;
mod auth;
mod body;
mod config;
mod exact;
mod node;
mod problem;
mod query;
mod reformat;
mod request_log;
mod routes;
mod running;
mod snapshot;
mod state;
mod storage;
mod switches;

pub use node::{Node, NodeBuilder};
pub use request_log::LoggedRequest;
pub use running::RunningNode;
pub use snapshot::NodeState;
pub use switches::{MissingName, Switches};
