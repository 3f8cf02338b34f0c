//! Plans that a person has to agree to.

use crate::error::{Error, Kind};
use crate::model::{Action, EntityKind, NodePlan, Plan};

/// Which safety rules hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// Refuse plans that remove more than [`Guard::REMOVALS`] entities and more than 10 % of a node, as Sesam's own circuit breaker.
    pub removals: bool,
}

impl Guard {
    /// This many removals pass, whatever their share.
    pub const REMOVALS: usize = 10;
}

/// What speaks against a plan: an error of kind `Refused` for every node that loses too much.
///
/// That a node or group would be left without a pipe where it had one is refused under every rule.
pub fn objections(plan: &Plan, guard: Guard) -> Vec<Error> {
    plan.nodes.iter().filter_map(|node| objection(node, guard)).collect()
}

fn objection(node: &NodePlan, guard: Guard) -> Option<Error> {
    let removed = node.entities.iter().filter(|change| change.action == Action::Remove).count();
    let has_pipes = node.desired.entities.iter().any(|entity| entity.kind() == EntityKind::Pipe);
    let message = if node.observed_pipes > 0 && !has_pipes {
        format!(
            "node {}: the plan leaves no pipe on the node, which has {} now",
            node.node, node.observed_pipes
        )
    } else if guard.removals && removed > Guard::REMOVALS && removed * 10 > node.observed_entities {
        format!("node {}: the plan removes {removed} of {} entities", node.node, node.observed_entities)
    } else {
        return None;
    };
    Some(Error::new(Kind::Refused, message).with_hint(
        "check the whitelist and the owners in metadata.node; run again with --yes if this is meant",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::SourceText;
    use crate::model::{Desired, Fingerprint, NodeName, Observed};
    use crate::stages::{Strictness, diff, read_entities};

    fn refused(desired: usize, observed: usize, removals: bool) -> bool {
        let pipes = |count: usize| {
            let list: Vec<String> =
                (0..count).map(|n| format!(r#"{{"_id": "p{n}", "type": "pipe"}}"#)).collect();
            let text = format!("[{}]", list.join(","));
            read_entities(&[SourceText::new("c.json", text)], Strictness::Strict).entities
        };
        let observed = Observed {
            base: Fingerprint::new("x"),
            entities: pipes(observed),
            variables: None,
            secrets: None,
            elsewhere: Default::default(),
            stray: Vec::new(),
            notes: Vec::new(),
        };
        let desired = Desired { entities: pipes(desired), ..Desired::default() };
        let node = diff(&NodeName::master(), "test", None, "here", desired, &observed);
        let plan =
            Plan { environment: "test".to_owned(), revision: None, nodes: vec![node], notes: Vec::new() };
        !objections(&plan, Guard { removals }).is_empty()
    }

    #[test]
    fn many_removals_need_consent_where_the_guard_is_on() {
        assert!(refused(89, 100, true));
        assert!(!refused(89, 100, false));
        assert!(!refused(90, 100, true), "ten removals pass");
        assert!(!refused(189, 200, true), "eleven of two hundred is not more than 10 %");
    }

    #[test]
    fn an_emptied_node_needs_consent_always() {
        assert!(refused(0, 1, false));
        assert!(!refused(0, 0, true));
    }
}
