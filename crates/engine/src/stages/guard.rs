//! Plans that a person must approve.

use std::collections::BTreeSet;

use deployer_core::error::{Error, Kind};
use deployer_core::model::{Action, EntityKind, LostSecrets, NodePlan, Plan};

/// The safety rules of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// How many entities a plan may remove from a node.
    pub removals: Removals,
    /// Whether a plan may remove a system together with its own secrets.
    pub lost_secrets: bool,
}

/// How many entities a plan may remove from a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removals {
    /// Any number.
    Any,
    /// Up to ten entities, or up to 10 % of a node: the limit of Sesam's own circuit breaker.
    Share,
    /// At most this number, whatever their share.
    AtMost(usize),
}

impl Removals {
    /// The number of removals that [`Removals::Share`] allows, whatever their share.
    pub const PASSING: usize = 10;

    fn allows(self, removed: usize, of: usize) -> bool {
        match self {
            Self::Any => true,
            Self::Share => removed <= Self::PASSING || removed * 10 <= of,
            Self::AtMost(most) => removed <= most,
        }
    }
}

impl Guard {
    /// Every rule, with Sesam's own limit of removals.
    pub const FULL: Self = Self { removals: Removals::Share, lost_secrets: false };
    /// Only the rule that cannot be switched off.
    pub const OFF: Self = Self { removals: Removals::Any, lost_secrets: true };
}

/// What speaks against a plan: errors of kind `Refused` for every node that loses too much.
///
/// That a node or group would be left without a pipe where it had one is refused under every rule.
pub fn objections(plan: &Plan, guard: Guard) -> Vec<Error> {
    plan.nodes.iter().flat_map(|node| of_node(node, guard)).collect()
}

/// What speaks against a plan that was made anew for a node because somebody else changed it, where it goes beyond the plan that was
/// agreed to.
pub fn beyond_consent(agreed: &NodePlan, anew: &NodePlan, guard: Guard) -> Option<Error> {
    let more = removed(anew).any(|id| !removed(agreed).any(|other| other == id));
    let lost = |plan: &NodePlan| -> BTreeSet<String> {
        plan.lost_secrets
            .iter()
            .flat_map(|lost| lost.secrets.iter().map(|name| format!("{} {name}", lost.system)))
            .collect()
    };
    let more = more || !lost(anew).is_subset(&lost(agreed));
    let objections = if more { of_node(anew, guard) } else { Vec::new() };
    if objections.is_empty() {
        return None;
    }
    let message = "somebody else changed the node meanwhile, and to write the configuration now removes more than was agreed to";
    Some(
        Error::many(Kind::Refused, message, objections)
            .with_hint("plan again, look at what is removed, and consent to that"),
    )
}

fn of_node(node: &NodePlan, guard: Guard) -> Vec<Error> {
    let lost = (!guard.lost_secrets).then_some(&node.lost_secrets);
    too_many(node, guard.removals)
        .into_iter()
        .chain(lost.into_iter().flatten().map(|lost| lost_with(node, lost)))
        .collect()
}

fn removed(node: &NodePlan) -> impl Iterator<Item = &str> {
    node.entities.iter().filter(|change| change.action == Action::Remove).map(|change| change.id.as_str())
}

fn too_many(node: &NodePlan, removals: Removals) -> Option<Error> {
    let removed = removed(node).count();
    let has_pipes = node.desired.entities.iter().any(|entity| entity.kind() == EntityKind::Pipe);
    let message = if node.observed_pipes > 0 && !has_pipes {
        format!(
            "node {}: the plan leaves no pipe on the node, which has {} now",
            node.node, node.observed_pipes
        )
    } else if removals.allows(removed, node.observed_entities) {
        return None;
    } else {
        let most = match removals {
            Removals::AtMost(most) => format!("; at most {most} may be removed without consent"),
            Removals::Any | Removals::Share => String::new(),
        };
        format!("node {}: the plan removes {removed} of {} entities{most}", node.node, node.observed_entities)
    };
    Some(Error::new(Kind::Refused, message).with_hint(
        "check the whitelist and the owners in metadata.node. To remove them anyway, run again with `--yes`.",
    ))
}

fn lost_with(node: &NodePlan, lost: &LostSecrets) -> Error {
    let names: Vec<&str> = lost.secrets.iter().map(|name| name.as_str()).collect();
    let message = format!(
        "node {}: the plan removes the system {}, and with it the secrets that were set on it: {}",
        node.node,
        lost.system,
        names.join(", ")
    );
    Error::new(Kind::Refused, message)
        .with_hint("These secrets can't be recovered. To remove them anyway, run again with `--yes`.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::{Strictness, diff, read_entities};
    use deployer_core::document::SourceText;
    use deployer_core::model::{Desired, Entity, Fingerprint, NodeName, Observed};

    fn pipes(ids: impl IntoIterator<Item = usize>) -> Vec<Entity> {
        let list: Vec<String> =
            ids.into_iter().map(|n| format!(r#"{{"_id": "p{n}", "type": "pipe"}}"#)).collect();
        let text = format!("[{}]", list.join(","));
        read_entities(&[SourceText::new("c.json", text)], Strictness::Strict).entities
    }

    fn node(desired: usize, observed: impl IntoIterator<Item = usize>) -> NodePlan {
        let observed = Observed::new(Fingerprint::new("x"), pipes(observed));
        let desired = Desired::default().with_entities(pipes(0..desired));
        diff(&NodeName::master(), "test", None, "here", desired, &observed)
    }

    fn refused(desired: usize, observed: usize, removals: Removals) -> bool {
        let nodes = vec![node(desired, 0..observed)];
        let plan = Plan { environment: "test".to_owned(), revision: None, nodes, notes: Vec::new() };
        !objections(&plan, Guard { removals, ..Guard::FULL }).is_empty()
    }

    fn losing(plan: NodePlan, secrets: &[&str]) -> NodePlan {
        let secrets = secrets.iter().map(|name| (*name).into()).collect();
        plan.with_lost_secrets(vec![LostSecrets::new("crm".to_owned(), secrets)])
    }

    #[test]
    fn many_removals_need_consent_where_the_guard_is_on() {
        assert!(refused(89, 100, Removals::Share));
        assert!(!refused(89, 100, Removals::Any));
        assert!(!refused(90, 100, Removals::Share), "ten removals pass");
        assert!(!refused(189, 200, Removals::Share), "eleven of two hundred is not more than 10 %");
    }

    #[test]
    fn a_number_replaces_the_share() {
        assert!(!refused(89, 100, Removals::AtMost(11)));
        assert!(refused(88, 100, Removals::AtMost(11)));
        assert!(refused(999, 1000, Removals::AtMost(0)), "however small the share");
    }

    #[test]
    fn an_emptied_node_needs_consent_always() {
        for removals in [Removals::Any, Removals::Share, Removals::AtMost(5)] {
            assert!(refused(0, 1, removals));
            assert!(!refused(0, 0, removals));
        }
    }

    #[test]
    fn secrets_that_are_lost_with_a_system_are_named() {
        let objections = of_node(&losing(node(5, 0..5), &["b", "a"]), Guard::FULL);
        let message =
            "node master: the plan removes the system crm, and with it the secrets that were set on it: a, b";
        assert_eq!(objections[0].message(), message);
        assert!(of_node(&losing(node(5, 0..5), &["a"]), Guard::OFF).is_empty());
    }

    #[test]
    fn a_plan_made_anew_may_not_remove_more_than_was_agreed_to() {
        let beyond = |agreed: &NodePlan, anew: &NodePlan| beyond_consent(agreed, anew, Guard::FULL).is_some();
        let agreed = node(5, 0..50);
        assert!(!beyond(&agreed, &agreed), "what was agreed to");
        assert!(!beyond(&agreed, &node(5, 0..40)), "less than that");
        assert!(beyond(&agreed, &node(5, 0..51)), "one more");
        assert!(beyond(&agreed, &node(5, (0..40).chain(60..65))), "as many, but others");
        assert!(beyond(&node(0, 0..0), &node(0, 0..1)), "it had no pipe");
        assert!(!beyond(&node(5, 0..5), &node(5, 0..9)), "what needs no consent");
        assert!(beyond(&losing(agreed.clone(), &["a"]), &losing(agreed, &["a", "b"])), "another secret");
    }
}
