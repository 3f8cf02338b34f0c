//! A whole world on one address of loopback, in which a program runs and may not leak.
//!
//! One server holds the Sesam node (`/api`), Vault (`/v1`), the git host (`/git`) and Slack (`/slack/api`). A
//! program runs as a process of its own with an empty environment, its home and temporary folders inside the
//! world's folder. When it ends, all that came out is searched for the planted secrets.

mod builder;
mod fakes;
mod leaks;
mod program;
mod spawned;

pub use builder::WorldBuilder;
pub use fakes::World;
pub use program::{Outcome, Program, Running};
pub use rustix::process::Signal;
