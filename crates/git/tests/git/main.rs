//! The ring against git hosts: over HTTPS, SSH, and in folders.

mod processes;
mod push;
mod refusals;
mod support;
