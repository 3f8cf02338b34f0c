//! A plan for people.

use std::collections::BTreeMap;

use deployer_core::model::{Action, Counts, EntityChange, NodePlan, Plan, SecretState};

use super::crossing::short_reason;
use super::escape::line;
use super::layout::{COLUMNS, WIDEST, wrapped};
use super::plan::Detail;
use super::{Style, count, first_of, remarks, unified};

/// Whether a plan was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tense {
    /// `2 to add`.
    Ahead,
    /// `2 added`.
    Done,
}

/// The changes of each node.
pub fn overview(plan: &Plan, detail: Detail, style: Style) -> String {
    let revision =
        plan.revision.as_ref().map(|revision| format!(" at {}", line(revision.short()))).unwrap_or_default();
    let mut text = style.bold(&format!("Plan for {}{revision}", plan.environment)) + "\n";
    for node in &plan.nodes {
        text.push('\n');
        text.push_str(&node_overview(node, detail, style));
    }
    text
}

/// One line: what changes where, such as `master: 1 to add, 3 variables; extra: 2 to change`.
pub fn changes(plan: &Plan, tense: Tense) -> String {
    if plan.is_empty() {
        return "nothing to change".to_owned() + &re_sent(plan, tense);
    }
    let changing = plan.nodes.iter().filter(|node| !node.is_empty());
    let nodes: Vec<String> =
        changing.map(|node| format!("{}: {}", node.node, node_changes(node, tense))).collect();
    nodes.join("; ")
}

/// The same without the names of nodes: `3 to add, 1 to remove on 2 nodes`.
pub fn totals(plan: &Plan, tense: Tense) -> String {
    if plan.is_empty() {
        return "nothing to change".to_owned() + &re_sent(plan, tense);
    }
    let changing: Vec<&NodePlan> = plan.nodes.iter().filter(|node| !node.is_empty()).collect();
    let actions = || changing.iter().flat_map(|node| node.entities.iter().map(|change| change.action));
    let variables = changing.iter().map(|node| node.variables.len()).sum();
    let secrets = |state| changing.iter().map(|node| node.count_secrets(state)).sum();
    let secrets = [secrets(SecretState::New), secrets(SecretState::Changed)];
    let stray = changing.iter().map(|node| node.stray.len()).sum();
    format!(
        "{} on {}",
        parts(Counts::of(actions()), variables, secrets, stray, tense),
        count(changing.len(), "node")
    )
}

/// What changes on one node: `1 to add, 3 variables, 1 new secret`.
pub fn node_changes(node: &NodePlan, tense: Tense) -> String {
    if node.is_empty() {
        return "nothing to change".to_owned();
    }
    let secrets = [SecretState::New, SecretState::Changed].map(|state| node.count_secrets(state));
    parts(node.entity_counts(), node.variables.len(), secrets, node.stray.len(), tense)
}

/// `secrets` are the new ones and those that changed.
fn parts(entities: Counts, variables: usize, secrets: [usize; 2], stray: usize, tense: Tense) -> String {
    let [add, change, remove, tidy] = match tense {
        Tense::Ahead => ["to add", "to change", "to remove", "to clean up"],
        Tense::Done => ["added", "changed", "removed", "cleaned up"],
    };
    let numbers = [(entities.added, add), (entities.changed, change), (entities.removed, remove)];
    let mut parts: Vec<String> = numbers
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, verb)| format!("{number} {verb}"))
        .collect();
    let [new, changed] = secrets;
    let counted = [
        (variables, "variable", ""),
        (new, "new secret", ""),
        (changed, "changed secret", ""),
        (stray, "file", tidy),
    ];
    for (number, noun, verb) in counted.into_iter().filter(|(number, ..)| *number > 0) {
        parts.push(format!("{} {verb}", count(number, noun)).trim_end().to_owned());
    }
    parts.join(", ")
}

/// Secrets are re-sent even when nothing changes: a node never returns a value.
fn re_sent(plan: &Plan, tense: Tense) -> String {
    let secrets = plan.nodes.iter().map(|node| node.count_secrets(SecretState::SentAgain)).sum();
    match (secrets, tense) {
        (0, _) => String::new(),
        (secrets, Tense::Ahead) => format!("; {} to re-send", count(secrets, "secret")),
        (secrets, Tense::Done) => format!("; {} re-sent", count(secrets, "secret")),
    }
}

/// Replicas of one template are listed in one line if there are more.
const REPLICAS: usize = 3;

fn node_overview(node: &NodePlan, detail: Detail, style: Style) -> String {
    let mut text = format!(
        "{} {}\n  {}\n",
        style.bold(node.node.as_str()),
        style.dim(&line(&node.target)),
        node_changes(node, Tense::Ahead)
    );
    let is_listed = |action: Action| detail != Detail::Summary || action == Action::Remove;
    text.push_str(&entities(node.entities.iter().filter(|change| is_listed(change.action)).collect(), style));
    for action in
        [Action::Remove, Action::Change, Action::Add].into_iter().filter(|action| is_listed(*action))
    {
        let changed = node.variables.iter().filter(|change| change.action == action);
        let names: Vec<_> = changed.map(|change| line(&change.name)).collect();
        if !names.is_empty() {
            let noun = if names.len() == 1 { "variable" } else { "variables" };
            let names = format!("  {} {noun} {}\n", unified::sign(action, style), names.join(", "));
            text.push_str(&wrapped(&names, COLUMNS));
        }
    }
    for file in &node.stray {
        text.push_str(&format!("  {} file {}\n", style.red("-"), line(file)));
    }
    text.push_str(&wrapped(&remarks::lines(node, style), COLUMNS));
    text
}

/// One line per entity, and one for many replicas of a template.
fn entities(changes: Vec<&EntityChange>, style: Style) -> String {
    let mut replicas: BTreeMap<(Action, &str), Vec<&str>> = BTreeMap::new();
    for change in &changes {
        if let Some(template) = template(change) {
            replicas.entry(template).or_default().push(&change.id);
        }
    }
    let mut rows: Vec<(Action, String, String)> = Vec::new();
    for change in changes {
        let group = template(change).and_then(|key| Some((key, replicas.get_mut(&key)?)));
        match group {
            Some((_, ids)) if ids.is_empty() => {}
            Some(((action, file), ids)) if ids.len() > REPLICAS => {
                let ids: Vec<_> = std::mem::take(ids).into_iter().map(line).collect();
                let shown = first_of(&ids.iter().map(|id| &**id).collect::<Vec<_>>(), REPLICAS);
                rows.push((
                    action,
                    format!("{}: {shown}", count(ids.len(), "replica")),
                    line(file).into_owned(),
                ));
            }
            _ => rows.push((
                change.action,
                format!("{} {}", change.kind.noun(), line(&change.id)),
                origin(change),
            )),
        }
    }
    let widths = rows.iter().map(|(_, name, _)| name.chars().count()).filter(|width| *width <= WIDEST);
    let width = widths.max().unwrap_or(0);
    let lines = rows.iter().map(|(action, name, origin)| {
        let sign = unified::sign(*action, style);
        match origin.as_str() {
            "" => format!("  {sign} {name}\n"),
            origin if 6 + width.max(name.chars().count()) + origin.chars().count() > COLUMNS => {
                format!("  {sign} {name}\n      {}\n", style.dim(origin))
            }
            origin => format!("  {sign} {name:<width$}  {}\n", style.dim(origin)),
        }
    });
    lines.collect()
}

/// The template that a replica comes from, with the action.
fn template(change: &EntityChange) -> Option<(Action, &str)> {
    change.crossing.as_ref()?;
    Some((change.action, &change.origin.as_ref()?.file))
}

/// Where an entity comes from.
fn origin(change: &EntityChange) -> String {
    let from = match (&change.origin, &change.crossing, &change.datatype) {
        (_, Some(crossing), _) => format!("generated for {}: {}", crossing.pipe, short_reason(crossing)),
        (Some(place), None, Some(datatype)) => format!("{} for datatype {datatype}", place.file),
        (Some(place), None, None) => place.file.to_string(),
        (None, ..) => String::new(),
    };
    line(&from).into_owned()
}

#[cfg(test)]
mod tests {
    use deployer_core::model::{Crossing, MASTER};

    use super::*;

    fn change(action: Action, id: &str, template: Option<&str>) -> EntityChange {
        EntityChange::new(id.to_owned(), deployer_core::model::EntityKind::Pipe, action)
            .with_origin(template.map(deployer_core::error::Place::file))
            .with_crossing(template.map(|_| Crossing::new("x".into(), MASTER.into(), "parent".into()).into()))
    }

    #[test]
    fn many_replicas_of_a_template_are_one_line_and_a_name_forges_none() {
        let mut changes = vec![change(Action::Remove, "gone", None)];
        changes.extend(["a", "b", "c", "d", "e"].map(|id| change(Action::Add, id, Some("t.json"))));
        changes.extend(["x", "y"].map(|id| change(Action::Add, id, Some("u.json"))));
        changes.push(change(Action::Add, "n\n  - pipe forged", None));
        assert_eq!(
            entities(changes.iter().collect(), Style::default()),
            "  - pipe gone\n  + 5 replicas: a, b, c and 2 more  t.json\n\
             \x20 + pipe x                          generated for parent: x is a proxy node\n\
             \x20 + pipe y                          generated for parent: x is a proxy node\n  + pipe n\\n  - pipe forged\n"
        );
    }

    #[test]
    fn lines_fit_the_columns_and_an_origin_that_does_not_has_its_own_line() {
        let long = "p".repeat(70);
        let mut changes = vec![change(Action::Add, &long, Some("t.json"))];
        changes.push(change(Action::Add, "q", Some("t.json")));
        let shown = entities(changes.iter().collect(), Style::default());
        let own = "      generated for parent: x is a proxy node\n";
        assert!(shown.starts_with(&format!("  + pipe {long}\n{own}")), "{shown}");
        assert!(shown.lines().all(|line| line.chars().count() <= COLUMNS), "{shown}");
    }

    #[test]
    fn only_what_changes_is_counted() {
        let entities = Counts { added: 1, changed: 0, removed: 12 };
        assert_eq!(
            parts(entities, 1, [0, 0], 2, Tense::Ahead),
            "1 to add, 12 to remove, 1 variable, 2 files to clean up"
        );
        assert_eq!(
            parts(entities, 0, [3, 1], 1, Tense::Done),
            "1 added, 12 removed, 3 new secrets, 1 changed secret, 1 file cleaned up"
        );
        assert_eq!(parts(Counts::default(), 2, [0, 0], 0, Tense::Done), "2 variables");
    }
}
