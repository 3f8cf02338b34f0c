//! What the program computes, in the form that pictures take.

mod crossings;
mod flow;

pub(crate) use self::crossings::{crossing, crossings, node, plan};
pub(crate) use self::flow::{NodeParts, flow, touched};
