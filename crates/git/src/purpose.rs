//! Reading from a repository, or writing to it.

use gix_protocol::transport::{Protocol, Service};

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// `git-upload-pack`, protocol version 2.
    Read,
    /// `git-receive-pack`, protocol version 1: there is no later one.
    Write,
}

impl Purpose {
    /// The service in git's protocol.
    pub(crate) fn service(self) -> Service {
        match self {
            Self::Read => Service::UploadPack,
            Self::Write => Service::ReceivePack,
        }
    }

    /// The version of the protocol.
    pub(crate) fn protocol(self) -> Protocol {
        match self {
            Self::Read => Protocol::V2,
            Self::Write => Protocol::V1,
        }
    }
}
