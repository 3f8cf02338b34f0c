//! The calls: those of Slack's Web API, and the one to an incoming webhook.

mod api;
mod hook;

pub(crate) use api::{Api, Posted};
pub(crate) use hook::Hook;
