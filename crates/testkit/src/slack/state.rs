//! What the fake remembers.

use std::collections::BTreeMap;

use serde_json::Value;

/// The name under which failures of this step are programmed; the API has no such method.
pub(super) const UPLOAD: &str = "(upload)";

/// A message of `chat.postMessage`.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The id of the channel.
    pub channel: String,
    /// The text; what notifications show when there are blocks.
    pub text: String,
    /// The blocks; `null` without any.
    pub blocks: Value,
    /// The message that it answers to.
    pub thread: Option<String>,
    /// The time stamp, which is the message's id.
    pub stamp: String,
    /// All parameters as sent.
    pub parameters: Value,
}

/// A file whose upload was completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The file's id.
    pub id: String,
    /// The id of the channel; `None` leaves the file private.
    pub channel: Option<String>,
    /// The file's name.
    pub name: String,
    /// The title, where one was given.
    pub title: Option<String>,
    /// The comment it was shared with.
    pub comment: Option<String>,
    /// The message that it answers to.
    pub thread: Option<String>,
    /// The content.
    pub content: Vec<u8>,
    /// Whether the bytes came with an `Authorization` header, which the upload does not need.
    pub sent_token: bool,
}

/// Something that reached the workspace.
#[derive(Debug, Clone, PartialEq)]
pub enum Delivery {
    /// A message.
    Message(Message),
    /// A file.
    File(File),
}

/// An upload between its first and its last step.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    pub(super) name: String,
    pub(super) length: usize,
    pub(super) content: Option<Vec<u8>>,
    pub(super) sent_token: bool,
}

/// How a call fails.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    Refused(String),
    Limited(u32),
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) tokens: Vec<String>,
    /// Id and name of each channel.
    pub(super) channels: Vec<(String, String)>,
    /// Failures to come, by method, in order.
    pub(super) failures: Vec<(String, Failure)>,
    pub(super) deliveries: Vec<Delivery>,
    /// The body of every call and upload, in order of arrival.
    pub(super) received: Vec<Vec<u8>>,
    /// Unfinished uploads by file id.
    pub(super) uploads: BTreeMap<String, Upload>,
    pub(super) uploads_ever: usize,
}

impl State {
    /// The id of a channel given by id, name, or name with `#`.
    pub(super) fn channel(&self, given: &str) -> Option<String> {
        let name = given.trim_start_matches('#');
        self.channels.iter().find(|(id, known)| id == given || known == name).map(|(id, _)| id.clone())
    }

    /// The next failure programmed for a method, which is used up by it.
    pub(super) fn failure(&mut self, method: &str) -> Option<Failure> {
        let at = self.failures.iter().position(|(of, _)| of == method)?;
        Some(self.failures.remove(at).1)
    }
}
