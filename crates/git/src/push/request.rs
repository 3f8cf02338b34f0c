//! The request of a push: one command, and the pack.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::ops::ControlFlow;
use std::rc::Rc;

use deployer_core::{Error, Kind, Result};
use gix::ObjectId;
use gix_protocol::transport::client::blocking_io::Transport;
use gix_protocol::transport::client::{Capabilities, MessageKind, WriteMode};
use gix_protocol::transport::packetline::blocking_io::encode;

use crate::branch::BranchName;
use crate::commit::NewCommit;
use crate::connect::Connection;
use crate::endpoint::Endpoint;
use crate::handshake::agent;

/// Without `report-status` the result of a push is unknown, and without `side-band-64k` the reason of a refusal.
const NEEDED: [&str; 2] = ["report-status", "side-band-64k"];

/// Refuses a server that cannot report the result of a push. Every git server since 2006 can.
pub(super) fn check_capabilities(offered: &Capabilities, endpoint: &Endpoint) -> Result<()> {
    match NEEDED.iter().find(|needed| !offered.contains(needed)) {
        None => Ok(()),
        Some(missing) => Err(Error::new(
            Kind::Unexpected,
            format!("{} does not offer {missing}, without which a push cannot be confirmed", endpoint.url),
        )),
    }
}

/// The command that comes before the pack, with capabilities that the server offers. `atomic` is not among them: with one branch it has
/// no effect, and it hides the reason of a refusal.
pub(super) fn command(
    branch: &BranchName,
    tip: Option<ObjectId>,
    commit: &NewCommit,
    offered: &Capabilities,
) -> io::Result<Vec<u8>> {
    let tip = tip.unwrap_or_else(|| gix::hash::Kind::Sha1.null());
    let mut asked = NEEDED.join(" ");
    if offered.contains("object-format") {
        asked.push_str(" object-format=sha1");
    }
    if let (true, (name, Some(value))) = (offered.contains("agent"), agent()) {
        asked.push_str(&format!(" {name}={value}"));
    }
    let mut request = Vec::new();
    let command = format!("{tip} {} {}\0 {asked}", commit.id, branch.reference());
    encode::data_to_write(command.as_bytes(), &mut request)?;
    encode::flush_to_write(&mut request)?;
    Ok(request)
}

/// The server's answer before it is parsed: the report, and the words to people.
#[derive(Debug, Default)]
pub(super) struct RawReport {
    pub(super) report: Vec<u8>,
    pub(super) words: Vec<u8>,
}

/// Sends a request and reads the whole answer.
pub(super) fn send(connection: &mut Connection, parts: &[&[u8]]) -> io::Result<RawReport> {
    let mode = WriteMode::OneLfTerminatedLinePerWriteCall;
    let mut answer = RawReport::default();
    let opened = connection.transport.request(mode, MessageKind::Flush, false).map_err(io::Error::other)?;
    let (mut writer, mut reader) = opened.into_parts();
    for part in parts {
        writer.write_all(part)?;
    }
    writer.flush()?;
    // The transport sends the request when the writer is dropped.
    drop(writer);
    let words = Rc::new(RefCell::new(Vec::new()));
    let heard = Rc::clone(&words);
    reader.set_progress_handler(Some(Box::new(move |_, text| {
        heard.borrow_mut().extend_from_slice(text);
        ControlFlow::Continue(())
    })));
    reader.read_to_end(&mut answer.report)?;
    answer.words = words.take();
    Ok(answer)
}
