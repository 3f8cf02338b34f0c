//! The template language of connectors.

mod render;
mod values;

pub(crate) use render::{Context, Templates};
pub(crate) use values::{printed, template_text, template_value};
