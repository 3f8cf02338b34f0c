//! The beginning of a conversation: capabilities and references.

use deployer_core::{Error, Kind, Result};
use gix::progress::Discard;
use gix_protocol::handshake::Ref;
use gix_protocol::ls_refs::RefPrefixes;
use gix_protocol::{Handshake, LsRefsCommand};

use crate::connect::Connection;
use crate::endpoint::Endpoint;
use crate::purpose::Purpose;

/// The name and version that git hosts see.
pub(crate) fn agent() -> (&'static str, Option<String>) {
    ("agent", Some(concat!("git/sesam-deployer-", env!("CARGO_PKG_VERSION")).to_owned()))
}

/// The prefixes of the references that give the branches and the default branch.
pub(crate) const BRANCHES: [&str; 2] = ["HEAD", "refs/heads/"];

/// Performs the handshake and requests the references with these prefixes. A server of an old protocol sends all references.
pub(crate) fn references(
    connection: &mut Connection,
    beginnings: &[&str],
) -> gix::Result<(Handshake, Vec<Ref>)> {
    let transport = &mut connection.transport;
    let service = Purpose::Read.service();
    let mut handshake =
        gix_protocol::handshake(&mut *transport, service, |_| Ok(None), Vec::new(), &mut Discard)?;
    let references = match handshake.refs.take() {
        Some(references) => references,
        None => {
            let mut prefixes = RefPrefixes::new();
            prefixes.extend(beginnings.iter().map(|beginning| (*beginning).into()));
            LsRefsCommand::new(Some(prefixes), &handshake.capabilities, agent()).invoke_blocking(
                &mut *transport,
                &mut Discard,
                false,
            )?
        }
    };
    Ok((handshake, references))
}

/// SHA-256 repositories exist (`git init --object-format=sha256`); no public host offers them.
pub(crate) fn check_hash(endpoint: &Endpoint, handshake: &Handshake) -> Result<()> {
    let format = handshake
        .capabilities
        .capability("object-format")
        .and_then(|format| format.value().map(ToString::to_string));
    match format.as_deref() {
        None | Some("sha1") => Ok(()),
        Some(other) => {
            Err(Error::new(Kind::Unexpected, format!("the repository {} uses {other} hashes", endpoint.url))
                .with_hint("only repositories with SHA-1 hashes can be used"))
        }
    }
}
