//! Git repositories, and a host that serves them by git's own `http-backend`.

mod cgi;
mod command;
mod host;
mod objects;
mod repository;
mod sshd;

pub use host::GitHost;
pub(crate) use objects::all_objects;
pub use repository::{Commit, Repository};
pub use sshd::Sshd;
