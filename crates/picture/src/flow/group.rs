//! A large flow with one box per prefix of IDs.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Flow, Link, Member, MemberKind};
use crate::words::count;

/// Up to this number of members a flow is readable as it is.
const READABLE: usize = 60;

impl Flow {
    /// The flow as it is if it is readable, and otherwise grouped.
    pub fn readable(&self) -> Self {
        if self.members.len() <= READABLE { self.clone() } else { self.grouped() }
    }

    /// One member per node, kind and prefix: the ID up to the first dash.
    pub fn grouped(&self) -> Self {
        let key = |member: &Member| {
            let prefix = member.id.split_once('-').map_or(member.id.as_str(), |(prefix, _)| prefix);
            (member.lane, member.kind, prefix.to_owned())
        };
        let mut groups: BTreeMap<(usize, MemberKind, String), Vec<usize>> = BTreeMap::new();
        for (at, member) in self.members.iter().enumerate() {
            groups.entry(key(member)).or_default().push(at);
        }
        let mut of = vec![0; self.members.len()];
        let mut members = Vec::new();
        for ((lane, kind, prefix), group) in &groups {
            group.iter().for_each(|at| of[*at] = members.len());
            members.push(match group.as_slice() {
                [alone] => self.members[*alone].clone(),
                group => {
                    let noun = if *kind == MemberKind::Pipe { "pipe" } else { "system" };
                    let is_focus = group.iter().any(|at| self.members[*at].is_focus);
                    Member {
                        lane: *lane,
                        id: format!("{prefix}-…"),
                        kind: *kind,
                        detail: count(group.len(), noun),
                        is_focus,
                        change: None,
                    }
                }
            });
        }
        let links: BTreeSet<Link> = self
            .links
            .iter()
            .map(|link| Link { from: of[link.from], to: of[link.to], label: None, ..link.clone() })
            .filter(|link| link.from != link.to)
            .collect();
        Self { members, links: links.into_iter().collect(), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use crate::sample::{any_flow, flow};

    #[test]
    fn members_with_one_prefix_become_one_and_links_between_them_stay() {
        let grouped = flow().grouped();
        let global = grouped.members.iter().find(|member| member.id == "global-…").expect("a group");
        assert_eq!(global.detail, "2 pipes");
        assert_eq!(grouped.links.len(), 4);
        assert_eq!(flow().readable(), flow());
    }

    #[test]
    fn no_link_is_lost_but_those_inside_of_a_group() {
        arbtest::arbtest(|u| {
            let flow = any_flow(u)?;
            let grouped = flow.grouped();
            assert!(grouped.members.len() <= flow.members.len() && grouped.links.len() <= flow.links.len());
            assert!(grouped.links.iter().all(|link| link.from.max(link.to) < grouped.members.len()));
            Ok(())
        });
    }
}
