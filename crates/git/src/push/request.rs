//! What is sent: one command, and the pack.

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
use crate::fetch::agent;
use crate::remote::Inner;

/// Without a report nobody would know whether the push was taken, and without the side band not why it was not.
const NEEDED: [&str; 2] = ["report-status", "side-band-64k"];

/// Refuses a server that could not tell what became of the push. Every git server since 2006 can.
pub(super) fn check_capabilities(offered: &Capabilities, remote: &Inner) -> Result<()> {
    match NEEDED.iter().find(|needed| !offered.contains(needed)) {
        None => Ok(()),
        Some(missing) => Err(Error::new(
            Kind::Unexpected,
            format!("{} does not offer {missing}, without which a push cannot be confirmed", remote.url),
        )),
    }
}

/// The command and the pack. Only what the server offered is asked for. No `atomic`: with one branch it says nothing more, and
/// hides the reason of a refusal.
pub(super) fn encode(
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
    let mut request = Vec::with_capacity(commit.pack.len() + 256);
    let command = format!("{tip} {} {}\0 {asked}", commit.id, branch.reference());
    encode::data_to_write(command.as_bytes(), &mut request)?;
    encode::flush_to_write(&mut request)?;
    request.extend_from_slice(&commit.pack);
    Ok(request)
}

/// The server's answer: the report, and its words to people.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) report: Vec<u8>,
    pub(super) words: Vec<u8>,
}

/// Sends a request and reads the whole answer.
pub(super) fn send(connection: &mut Connection, request: &[u8]) -> io::Result<Answer> {
    let mode = WriteMode::OneLfTerminatedLinePerWriteCall;
    let mut answer = Answer::default();
    let opened = connection.transport.request(mode, MessageKind::Flush, false).map_err(io::Error::other)?;
    let (mut writer, mut reader) = opened.into_parts();
    writer.write_all(request)?;
    writer.flush()?;
    // The transport sends what was written when nobody can write any more.
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
