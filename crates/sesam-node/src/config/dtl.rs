//! What can be told about DTL without an engine: the rule sets, the datasets hops and lookups reach, and rules that
//! `apply` must not call.

use std::collections::{BTreeMap, BTreeSet};

use super::issue::Issue;
use super::resolved::Resolved;

/// The findings of a pipe's DTL transforms.
#[derive(Debug, Default)]
pub(crate) struct Analysis {
    /// Datasets reached by hops and lookups.
    pub(crate) datasets: BTreeSet<String>,
    pub(crate) issues: Vec<Issue>,
}

/// One call that matters here.
enum Call<'a> {
    /// `hops` or `apply-hops`, at a path.
    Hops(&'a str),
    /// `apply` of a rule, at a path.
    Apply(&'a str, &'a str),
    /// A read of a dataset.
    Dataset(&'a str),
}

/// Looks at the DTL transforms of a chain, in order.
pub(crate) fn analyse<'a>(transforms: impl Iterator<Item = &'a Resolved>) -> Analysis {
    let mut analysis = Analysis::default();
    for (position, transform) in transforms.enumerate() {
        let Some(rules) = transform.get("rules").and_then(|rules| Some((rules, rules.members()?))) else {
            continue;
        };
        if !rules.1.contains_key("default") {
            analysis.issues.push(Issue::error(rules.0.path.as_str(), "The DTL rule 'default' is missing."));
        }
        analyse_rules(rules.1, position > 0, &mut analysis);
    }
    analysis
}

fn analyse_rules(rules: &BTreeMap<String, Resolved>, is_chained: bool, analysis: &mut Analysis) {
    let mut hopping = BTreeMap::new();
    let mut applied = Vec::new();
    for (name, rule) in rules {
        if rule.elements().is_none() {
            let message = format!("The DTL rule '{name}' is not a list of expressions.");
            analysis.issues.push(Issue::error(rule.path.as_str(), message));
        }
        for_each_call(rule, &mut |call| match call {
            Call::Hops(path) => {
                hopping.entry(name.as_str()).or_insert(path);
            }
            Call::Apply(rule, path) => applied.push((rule, path)),
            Call::Dataset(dataset) => {
                analysis.datasets.insert(dataset.to_owned());
            }
        });
    }
    for (rule, path) in applied {
        if hopping.contains_key(rule) {
            let message = format!("The DTL rule '{rule}' contains hops: call it with 'apply-hops'.");
            analysis.issues.push(Issue::error(path, message));
        }
    }
    if is_chained && let Some(path) = hopping.values().next() {
        let message = "Hops in a DTL transform that is not the first of its chain: changes in the datasets hopped to \
                       are not tracked.";
        analysis.issues.push(Issue::warning(*path, message));
    }
}

fn for_each_call<'a>(node: &'a Resolved, visit: &mut dyn FnMut(Call<'a>)) {
    if let Some(members) = node.members() {
        members.values().for_each(|member| for_each_call(member, visit));
        return;
    }
    let Some(elements) = node.elements() else { return };
    let argument = |index: usize| elements.get(index).and_then(Resolved::as_str);
    match argument(0) {
        // Neither is evaluated.
        Some("literal" | "comment") => return,
        Some("hops") if is_specification(elements.get(1)) => {
            visit(Call::Hops(&node.path));
            specifications(&elements[1..], visit);
        }
        Some("apply-hops") if is_specification(elements.get(2)) => {
            visit(Call::Hops(&node.path));
            specifications(&elements[2..], visit);
        }
        Some("apply") => {
            if let Some(rule) = argument(1) {
                visit(Call::Apply(rule, &node.path));
            }
        }
        Some("lookup-entity") => {
            if let Some(dataset) = argument(1) {
                visit(Call::Dataset(dataset));
            }
        }
        _ => {}
    }
    elements.iter().for_each(|element| for_each_call(element, visit));
}

fn is_specification(argument: Option<&Resolved>) -> bool {
    argument.is_some_and(|argument| argument.members().is_some())
}

fn specifications<'a>(specifications: &'a [Resolved], visit: &mut dyn FnMut(Call<'a>)) {
    for datasets in specifications.iter().filter_map(|specification| specification.get("datasets")) {
        for (dataset, _) in datasets.texts() {
            if let Some(id) = dataset.split_whitespace().next() {
                visit(Call::Dataset(id));
            }
        }
    }
}
