//! An embedded Sesam node: the service API and the configuration model without a data engine. It stores configuration, variables and
//! secrets, checks everything that needs no DTL engine, and responds like a real node. A run of all pipes copies entities through pipes
//! without a transform. For other pipes it serves canned [`Answers`], and nothing else.
//!
//! [`Node::builder`] creates a node. [`Node::serve`] serves it over plain HTTP, and [`Node::router`] returns the routes for a server with its
//! own transport. [`Switches`] choose the behaviour where Sesam's documentation is not specific.

mod archive;
mod body;
mod config;
mod exact;
mod node;
mod problem;
mod query;
mod reformat;
mod request_log;
mod response;
mod routes;
mod runner;
mod running;
mod shared;
mod snapshot;
mod state;
mod storage;
mod switches;
mod upload;

pub use node::{Node, NodeBuilder};
pub use request_log::LoggedRequest;
pub use runner::Answers;
pub use running::RunningNode;
pub use snapshot::NodeState;
pub use switches::{MissingName, Switches};
