//! The ring for git: one commit or branch of a repository, read and written through its network protocol.
#![doc = include_str!("../README.md")]

mod access;
mod branch;
mod commit;
mod committish;
mod connect;
mod endpoint;
mod entry;
mod errors;
mod fetch;
mod handshake;
mod identity;
mod listed;
mod pack;
mod purpose;
mod push;
mod read;
mod remote;
mod repository;
mod session;
mod settings;
mod url;

pub use access::Access;
pub use branch::BranchName;
pub use commit::{Content, NewCommit};
pub use committish::{Committish, TagName};
pub use entry::{File, TreeEntry, TreeEntryKind};
pub use fetch::{Fetched, WantedBranch};
pub use gix::ObjectId;
pub use identity::Identity;
pub use push::{Advertisement, Pushed};
pub use read::FetchedCommit;
pub use remote::Remote;
pub use repository::Repository;
pub use settings::RemoteSettings;
pub use url::{RepositoryUrl, SshUrl};
