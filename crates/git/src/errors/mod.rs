//! The errors of git work: kind, cause and next step.

mod complaint;
mod reference;
mod status;
mod words;

pub(crate) use complaint::complaint;
pub(crate) use reference::{
    empty, missing_branch, missing_commit, missing_tag, no_commit, no_default_branch,
};
pub(crate) use status::{RequestInfo, sent_elsewhere};
pub(crate) use words::{with_remote_words, words};
