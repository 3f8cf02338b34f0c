//! The crossings in order: pairs of nodes, then directions, then rows. Every format is written from these.

use crate::model::{Crossing, Node, Picture};

/// The most rows per direction in a picture. The rest is counted.
pub(crate) const MOST_ROWS: usize = 12;

/// Two nodes with the data that crosses between them. Usually the left one is the master.
#[derive(Debug)]
pub(crate) struct Pair<'a> {
    pub(crate) left: &'a Node,
    pub(crate) right: &'a Node,
    /// The crossings from right to left.
    pub(crate) to_left: Vec<&'a Crossing>,
    /// The crossings from left to right.
    pub(crate) to_right: Vec<&'a Crossing>,
}

/// One pair for the master and each other node, in the order of the nodes. Each crossing is in exactly one pair and direction.
pub(crate) fn pairs(picture: &Picture) -> Vec<Pair<'_>> {
    let Some((left, others)) = picture.nodes.split_first() else { return Vec::new() };
    let pair = |right| {
        let between = |from: &Node, to: &Node| {
            let crosses = |crossing: &&Crossing| crossing.from == from.name && crossing.to == to.name;
            picture.crossings.iter().filter(crosses).collect()
        };
        Pair { left, right, to_left: between(right, left), to_right: between(left, right) }
    };
    others.iter().map(pair).collect()
}

impl<'a> Pair<'a> {
    /// The directions that data takes: from, to, and the crossings.
    pub(crate) fn directions(&self) -> impl Iterator<Item = (&'a Node, &'a Node, &[&'a Crossing])> {
        let directions =
            [(self.right, self.left, &self.to_left[..]), (self.left, self.right, &self.to_right[..])];
        directions.into_iter().filter(|(_, _, crossings)| !crossings.is_empty())
    }

    /// All crossings of the pair.
    pub(crate) fn crossings(&self) -> impl Iterator<Item = &'a Crossing> {
        self.to_left.iter().chain(&self.to_right).copied()
    }
}

/// The crossings that are drawn, and the rest. A single crossing is not left to the rest: its row takes no more room than its count.
pub(crate) fn drawn<'r, 'a>(crossings: &'r [&'a Crossing]) -> (&'r [&'a Crossing], &'r [&'a Crossing]) {
    let most =
        if crossings.len() == MOST_ROWS + 1 { crossings.len() } else { MOST_ROWS.min(crossings.len()) };
    crossings.split_at(most)
}
