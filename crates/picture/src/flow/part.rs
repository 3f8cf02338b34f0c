//! The part of a flow around some members.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::model::{Flow, Link, MemberKind};
use crate::words::count;

/// The most members of a picture. More are hard to read.
const MOST: usize = 60;

impl Flow {
    /// The members within `up` steps before and `down` steps behind the given ones, at most 60. What is cut off is counted in the detail of
    /// the member that it belongs to.
    pub fn around(&self, seeds: &BTreeSet<usize>, up: usize, down: usize) -> Self {
        let mut kept: BTreeSet<usize> = seeds.iter().copied().take(MOST).collect();
        self.walk(&mut kept, seeds, up, |link| (link.to, link.from));
        self.walk(&mut kept, seeds, down, |link| (link.from, link.to));
        let mut part = self.only(&kept);
        for (new, old) in kept.iter().enumerate() {
            let hidden = |near: &dyn Fn(&Link) -> Option<usize>| {
                self.links
                    .iter()
                    .filter_map(near)
                    .filter(|other| !kept.contains(other))
                    .collect::<BTreeSet<_>>()
                    .len()
            };
            let readers = hidden(&|link| (link.from == *old).then_some(link.to));
            let sources = hidden(&|link| (link.to == *old).then_some(link.from));
            let detail = &mut part.members[new].detail;
            for (number, noun) in [(readers, "more reader"), (sources, "more source")] {
                if number > 0 {
                    detail.push_str(&format!(" · {}", count(number, noun)));
                }
            }
        }
        part
    }

    /// Adds the members within some steps, the nearest first.
    fn walk(
        &self,
        kept: &mut BTreeSet<usize>,
        seeds: &BTreeSet<usize>,
        steps: usize,
        ends: fn(&Link) -> (usize, usize),
    ) {
        let mut near: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (here, there) in self.links.iter().map(ends) {
            near.entry(here).or_default().insert(there);
        }
        let mut seen = seeds.clone();
        let mut next: VecDeque<(usize, usize)> = seeds.iter().map(|seed| (*seed, 0)).collect();
        while let Some((member, distance)) = next.pop_front() {
            if distance == steps {
                continue;
            }
            for there in near.get(&member).into_iter().flatten() {
                if kept.len() < MOST {
                    kept.insert(*there);
                }
                if kept.contains(there) && seen.insert(*there) {
                    next.push_back((*there, distance + 1));
                }
            }
        }
    }

    /// The flow with some of its members, and the lanes that they are in.
    fn only(&self, kept: &BTreeSet<usize>) -> Self {
        let lanes: BTreeSet<usize> = kept.iter().map(|member| self.members[*member].lane).collect();
        let lanes: Vec<usize> = lanes.into_iter().collect();
        let at: BTreeMap<usize, usize> = kept.iter().enumerate().map(|(new, old)| (*old, new)).collect();
        let mut members: Vec<_> = kept.iter().map(|member| self.members[*member].clone()).collect();
        for member in &mut members {
            member.lane = lanes.binary_search(&member.lane).unwrap_or_default();
        }
        let link =
            |link: &Link| Some(Link { from: *at.get(&link.from)?, to: *at.get(&link.to)?, ..link.clone() });
        Self {
            lanes: lanes.into_iter().map(|lane| self.lanes[lane].clone()).collect(),
            members,
            links: self.links.iter().filter_map(link).collect(),
            ..self.clone()
        }
    }

    /// The positions of the pipes and systems with an ID.
    pub fn named(&self, id: &str) -> BTreeSet<usize> {
        self.members.iter().enumerate().filter(|(_, member)| member.id == id).map(|(at, _)| at).collect()
    }

    /// The part that is on one node.
    pub fn of_lane(&self, lane: &str) -> Self {
        let members = self.members.iter().enumerate();
        self.only(&members.filter(|(_, member)| self.lanes[member.lane] == lane).map(|(at, _)| at).collect())
    }

    /// `4 pipes, 2 systems`.
    pub fn contents(&self) -> String {
        let pipes = self.members.iter().filter(|member| member.kind == MemberKind::Pipe).count();
        let systems: BTreeSet<(usize, &str)> = self
            .members
            .iter()
            .filter(|member| member.kind != MemberKind::Pipe)
            .map(|member| (member.lane, member.id.as_str()))
            .collect();
        format!("{}, {}", count(pipes, "pipe"), count(systems.len(), "system"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{any_flow, flow};

    #[test]
    fn a_part_has_what_is_near_and_counts_what_is_cut_off() {
        let part = flow().around(&flow().named("global-måler"), 1, 1);
        let ids: Vec<&str> = part.members.iter().map(|member| member.id.as_str()).collect();
        assert_eq!(ids, ["nett-måler", "global-kunde", "global-måler", "faktura-arkiv"]);
        assert_eq!(part.members[1].detail, "merges 2 datasets · 1 more source");
        assert_eq!(part.links.len(), 3);
        assert_eq!(flow().around(&flow().named("global-måler"), 9, 9).members.len(), flow().members.len());
    }

    #[test]
    fn a_part_is_never_larger_than_readable_and_each_link_has_its_members() {
        arbtest::arbtest(|u| {
            let flow = any_flow(u)?;
            let seeds = (0..flow.members.len()).take(u.int_in_range(1..=3)?).collect();
            let part = flow.around(&seeds, u.int_in_range(0..=4)?, u.int_in_range(0..=4)?);
            assert!(part.members.len() <= MOST);
            assert!(part.links.iter().all(|link| link.from.max(link.to) < part.members.len()));
            assert!(part.members.iter().all(|member| member.lane < part.lanes.len()));
            Ok(())
        });
    }
}
