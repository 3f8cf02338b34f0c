//! How data flows from pipe to pipe: what a flow picture shows, and its parts.

mod dot;
mod group;
mod mermaid;
mod model;
mod part;
mod text;

pub use self::dot::dot as flow_dot;
pub use self::mermaid::mermaid as flow_mermaid;
pub use self::model::{Change, Flow, Link, Member, MemberKind};
pub use self::text::text as flow_text;
