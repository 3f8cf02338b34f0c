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
    let mut handshake = begin(connection)?;
    let references = list(connection, &mut handshake, beginnings)?;
    Ok((handshake, references))
}

/// Performs the handshake of a conversation that reads.
pub(crate) fn begin(connection: &mut Connection) -> gix::Result<Handshake> {
    let (transport, service) = (&mut connection.transport, Purpose::Read.service());
    gix_protocol::handshake(transport, service, |_| Ok(None), Vec::new(), &mut Discard)
}

/// The references with these prefixes: those of the handshake, or requested now.
pub(crate) fn list(
    connection: &mut Connection,
    handshake: &mut Handshake,
    beginnings: &[&str],
) -> gix::Result<Vec<Ref>> {
    if let Some(references) = handshake.refs.take() {
        return Ok(references);
    }
    let mut prefixes = RefPrefixes::new();
    prefixes.extend(beginnings.iter().map(|beginning| (*beginning).into()));
    let request = LsRefsCommand::new(Some(prefixes), &handshake.capabilities, agent());
    request.invoke_blocking(&mut connection.transport, &mut Discard, false)
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
