//! The calls to Slack's Web API and to an incoming webhook.

mod api;
mod hook;

pub(crate) use api::{Api, Posted};
pub(crate) use hook::Hook;
