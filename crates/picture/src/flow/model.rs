//! What a flow picture shows.

use crate::markup::short;
use crate::model::Way;

/// The pipes and systems of nodes, and the data that flows between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flow {
    /// The heading of the picture.
    pub title: String,
    /// What the picture shows, in one sentence.
    pub subtitle: String,
    /// The nodes, one lane each.
    pub lanes: Vec<String>,
    /// The pipes and systems.
    pub members: Vec<Member>,
    /// What flows.
    pub links: Vec<Link>,
}

/// A pipe or a system of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The position of its node among the lanes.
    pub lane: usize,
    /// Its ID.
    pub id: String,
    /// Whether it is a pipe, or a system.
    pub kind: MemberKind,
    /// More about it, such as `merges 2 datasets`.
    pub detail: String,
    /// Whether the picture is about it.
    pub is_focus: bool,
    /// What a plan does to it.
    pub change: Option<Change>,
}

/// Whether something is a pipe or a system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MemberKind {
    /// A pipe.
    Pipe,
    /// A system that pipes read.
    Source,
    /// A system that pipes write to.
    Sink,
}

/// What a plan does to a pipe or a system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is added.
    Add,
    /// It is changed.
    Change,
    /// It is removed.
    Remove,
}

impl Change {
    /// `add`, `change` or `remove`.
    pub fn word(self) -> &'static str {
        match self {
            Change::Add => "add",
            Change::Change => "change",
            Change::Remove => "remove",
        }
    }

    /// `+`, `~` or `-`.
    pub(crate) fn sign(self) -> char {
        match self {
            Change::Add => '+',
            Change::Change => '~',
            Change::Remove => '-',
        }
    }
}

/// Data that flows from one member to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// The position of the member that the data comes from.
    pub from: usize,
    /// The position of the member that reads it.
    pub to: usize,
    /// How it is read.
    pub way: Way,
    /// Whether it crosses to another node.
    pub crosses: bool,
    /// A label, such as `through nett-måler-to-master`.
    pub label: Option<String>,
}

impl Member {
    /// The ID as a picture shows it, with the sign of its change.
    pub(crate) fn heading(&self) -> String {
        let id = short(&self.id);
        self.change.map_or(id.clone(), |change| format!("{id} {}", change.sign()))
    }
}
