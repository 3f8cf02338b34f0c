//! Keys that stand more than once in one object.

use std::collections::HashMap;
use std::mem;

use super::value::{FEW, Member, Object};

/// A key that stands again at byte `again` and stood first at byte `first`.
pub(super) struct Repeated {
    pub(super) key: Box<str>,
    pub(super) again: u32,
    pub(super) first: u32,
}

/// The members with each key once, in the order of their first places, each with its last value.
pub(super) fn last_wins(members: Vec<Member>, repeated: &mut Vec<Repeated>) -> Vec<Member> {
    if all_differ(&members) { members } else { collapse(members, repeated) }
}

impl FromIterator<Member> for Object {
    /// Collects members; of a key that comes twice the last value wins and keeps the first place.
    fn from_iter<I: IntoIterator<Item = Member>>(members: I) -> Self {
        Self::from_unique(last_wins(members.into_iter().collect(), &mut Vec::new()))
    }
}

fn all_differ(members: &[Member]) -> bool {
    if members.len() <= FEW {
        let mut rest = members;
        while let Some((member, later)) = rest.split_first() {
            if later.iter().any(|other| other.key == member.key) {
                return false;
            }
            rest = later;
        }
        return true;
    }
    let mut seen = std::collections::HashSet::with_capacity(members.len());
    members.iter().all(|member| seen.insert(&*member.key))
}

#[cold]
fn collapse(members: Vec<Member>, repeated: &mut Vec<Repeated>) -> Vec<Member> {
    let mut first: HashMap<Box<str>, (usize, u32)> = HashMap::with_capacity(members.len());
    let mut kept: Vec<Member> = Vec::with_capacity(members.len());
    for member in members {
        if let Some(&(position, place)) = first.get(&member.key) {
            let key = member.key.clone();
            repeated.push(Repeated { key, again: member.key_span.start, first: place });
            drop(mem::replace(&mut kept[position], member));
        } else {
            first.insert(member.key.clone(), (kept.len(), member.key_span.start));
            kept.push(member);
        }
    }
    kept
}
