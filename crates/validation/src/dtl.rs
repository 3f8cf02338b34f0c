//! What can be known of DTL without a data engine: the rules, the datasets of hops and lookups, and calls of `apply`.

use std::collections::{BTreeMap, BTreeSet};

use deployer_core::document::{Node, Span, Value};

use crate::fault::{Fault, Finding};
use crate::tree::{elements, is_open, members};

/// The findings of the DTL transforms of one pipe.
#[derive(Debug, Default)]
pub(crate) struct Analysis {
    /// Datasets of hops and lookups.
    pub(crate) datasets: BTreeSet<String>,
    pub(crate) findings: Vec<Finding>,
}

/// A call of a DTL function.
enum Call<'n> {
    /// `hops` or `apply-hops`
    Hops(Span),
    /// `apply` of a rule
    Apply(&'n str, Span),
    /// A call that reads a dataset
    Dataset(&'n str),
}

/// Reads the DTL transforms of a chain in order.
pub(crate) fn analyse<'n>(transforms: impl Iterator<Item = &'n Node>) -> Analysis {
    let mut analysis = Analysis::default();
    let rules = transforms.filter_map(|transform| transform.get("rules"));
    for (position, rules) in rules.enumerate().filter(|(_, rules)| rules.value.as_object().is_some()) {
        if rules.get("default").is_none() && !is_open(rules) {
            analysis.findings.push(Finding { fault: Fault::NoDefaultRule, span: rules.span });
        }
        analyse_rules(rules, position > 0, &mut analysis);
    }
    analysis
}

fn analyse_rules(rules: &Node, is_later: bool, analysis: &mut Analysis) {
    let mut find = |fault, span| analysis.findings.push(Finding { fault, span });
    let mut hopping: BTreeMap<&str, Span> = BTreeMap::new();
    let mut applied = Vec::new();
    for rule in members(rules) {
        if rule.node.value.as_array().is_none() && !is_open(&rule.node) {
            find(Fault::RuleNotAList(rule.key.to_string()), rule.node.span);
        }
        for_each_call(&rule.node, &mut |call| match call {
            Call::Hops(span) => {
                hopping.entry(&rule.key).or_insert(span);
            }
            Call::Apply(rule, span) => applied.push((rule, span)),
            Call::Dataset(dataset) => {
                analysis.datasets.insert(dataset.to_owned());
            }
        });
    }
    for (rule, span) in applied {
        if hopping.contains_key(rule) {
            find(Fault::ApplyOfHops(rule.to_owned()), span);
        }
    }
    if is_later && let Some(span) = hopping.values().next() {
        find(Fault::HopsInLaterTransform, *span);
    }
}

fn for_each_call<'n>(node: &'n Node, visit: &mut dyn FnMut(Call<'n>)) {
    let items = match &node.value {
        Value::Object(object) => {
            return object.members().iter().for_each(|member| for_each_call(&member.node, visit));
        }
        Value::Array(items) => items,
        _ => return,
    };
    let argument = |index: usize| items.get(index).and_then(Node::as_str);
    match argument(0) {
        // The arguments are not evaluated.
        Some("literal" | "comment") => return,
        Some("hops") if is_specification(items.get(1)) => {
            visit(Call::Hops(node.span));
            specifications(&items[1..], visit);
        }
        Some("apply-hops") if is_specification(items.get(2)) => {
            visit(Call::Hops(node.span));
            specifications(&items[2..], visit);
        }
        Some("apply") => {
            if let Some(rule) = argument(1) {
                visit(Call::Apply(rule, node.span));
            }
        }
        Some("lookup-entity") => {
            if let Some(dataset) = argument(1) {
                visit(Call::Dataset(dataset));
            }
        }
        _ => {}
    }
    items.iter().for_each(|item| for_each_call(item, visit));
}

fn is_specification(argument: Option<&Node>) -> bool {
    argument.is_some_and(|argument| argument.value.as_object().is_some())
}

fn specifications<'n>(specifications: &'n [Node], visit: &mut dyn FnMut(Call<'n>)) {
    for datasets in specifications.iter().filter_map(|specification| specification.get("datasets")) {
        for dataset in elements(datasets).iter().filter_map(Node::as_str) {
            if let Some(id) = dataset.split_whitespace().next() {
                visit(Call::Dataset(id));
            }
        }
    }
}
