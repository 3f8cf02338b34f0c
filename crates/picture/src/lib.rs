//! Pictures of Sesam nodes: pure functions from data to SVG, HTML, Mermaid, DOT and text. The same input gives the same bytes.

mod dot;
mod html;
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
pub use html::{figure, html, page};
pub use markup::escape;
pub use mermaid::mermaid;
pub use model::{Crossing, Node, Picture, Reader, Replica, Way};
pub use svg::svg;
pub use text::text;
