//! Pictures of Sesam nodes: pure functions from data to SVG, HTML, Mermaid, DOT and text. The same input gives the same bytes.

mod dot;
mod flow;
mod html;
mod layout;
mod markup;
mod mermaid;
mod model;
mod rows;
#[cfg(test)]
mod sample;
mod svg;
mod text;
mod words;

pub use dot::dot;
pub use flow::{Change, Flow, Link, Member, MemberKind, flow_dot, flow_mermaid, flow_text};
pub use html::{Inline, document, figure, flow_figure, flow_html, html, page, policy};
pub use markup::escape;
pub use mermaid::mermaid;
pub use model::{Crossing, Node, Picture, Reader, Replica, Way};
pub use svg::{flow_svg, svg};
pub use text::text;
