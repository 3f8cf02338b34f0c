//! What the nodes have against what a deploy would write, one row per entity, variable or secret name.

use std::collections::BTreeMap;

use crate::saved::SavedNode;
use deployer_core::error::Place;
use deployer_core::model::{
    Action, Desired, Entity, EntityKind, NodeName, NodePlan, Observed, Origin, SecretState, same_entity,
};

/// A node whose state is known.
#[derive(Debug, Clone, Copy)]
pub struct DriftedNode<'a> {
    /// What a deploy would change.
    pub plan: &'a NodePlan,
    /// What the node has.
    pub observed: &'a Observed,
    /// What the last deploy wrote, if that was saved.
    pub deployed: Option<&'a SavedNode>,
}

/// A thing that at least one node does not have as a deploy would write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// What it is.
    pub kind: DriftKind,
    /// Its `_id` or name.
    pub name: String,
    /// The file that it comes from, if the configuration has it.
    pub place: Option<Place>,
    /// How it is on each node that has it or should have it.
    pub cells: BTreeMap<NodeName, Cell>,
}

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DriftKind {
    /// An entity.
    Entity(EntityKind),
    /// A variable.
    Variable,
    /// The name of a secret.
    Secret,
    /// A file that a target would remove.
    File,
}

impl DriftKind {
    /// The word people use.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Entity(kind) => kind.noun(),
            Self::Variable => "variable",
            Self::Secret => "secret",
            Self::File => "file",
        }
    }
}

/// A thing on one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// How it is there.
    pub standing: Standing,
    /// Which side changed since the last deploy, if that is known.
    pub moved: Option<Moved>,
}

/// How a thing is on a node, against what a deploy would write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// As a deploy would write it.
    Same,
    /// Another form than a deploy would write.
    Differs,
    /// A replica that has another form than its template gives it.
    ReplicaDiffers,
    /// The node does not have it.
    Missing,
    /// The configuration does not have it.
    Extra,
    /// The configuration gives it to another node.
    WrongNode(NodeName),
}

/// Which side changed since the last deploy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Moved {
    /// The configuration.
    Configuration,
    /// The node.
    Node,
    /// Both, each in its way.
    Both,
}

impl Moved {
    /// Compares both sides with what the last deploy wrote.
    fn of(node_is_deployed: bool, configuration_is_deployed: bool) -> Option<Self> {
        match (node_is_deployed, configuration_is_deployed) {
            (true, false) => Some(Self::Configuration),
            (false, true) => Some(Self::Node),
            (false, false) => Some(Self::Both),
            (true, true) => None,
        }
    }
}

/// The rows of everything that differs, by kind and name. `wanted` is what the configuration gives to each node, read or not.
pub fn drift(nodes: &[DriftedNode<'_>], wanted: &[(NodeName, Desired)]) -> Vec<Drift> {
    let mut rows: BTreeMap<(DriftKind, String), Drift> = BTreeMap::new();
    let owners = owners(wanted);
    for node in nodes {
        for (kind, name, place, cell) in differences(node, &owners) {
            let row = rows.entry((kind, name.clone())).or_insert_with(|| Drift {
                kind,
                name,
                place: None,
                cells: BTreeMap::new(),
            });
            row.place = row.place.take().or(place);
            row.cells.insert(node.plan.node.clone(), cell);
        }
    }
    for row in rows.values_mut() {
        let having: Vec<_> = nodes.iter().filter(|node| has(node, row)).collect();
        for node in having {
            let same = Cell { standing: Standing::Same, moved: None };
            row.cells.entry(node.plan.node.clone()).or_insert(same);
        }
    }
    rows.into_values().collect()
}

/// The node that the configuration gives each entity to. Replicas belong to their templates.
fn owners(wanted: &[(NodeName, Desired)]) -> BTreeMap<&str, &NodeName> {
    let own = |entity: &&Entity| {
        entity.kind() != EntityKind::Metadata && !matches!(entity.origin(), Origin::Template { .. })
    };
    let of_node = wanted.iter().flat_map(|(node, desired)| {
        desired.entities.iter().filter(own).map(move |entity| (&**entity.id(), node))
    });
    of_node.collect()
}

type Difference = (DriftKind, String, Option<Place>, Cell);

fn differences(node: &DriftedNode<'_>, owners: &BTreeMap<&str, &NodeName>) -> Vec<Difference> {
    let plan = node.plan;
    let entities = plan.entities.iter().map(|change| {
        let is_replica = || find(&plan.desired.entities, &change.id).is_some_and(is_generated);
        let standing = match (change.action, owners.get(change.id.as_str())) {
            (Action::Add, _) => Standing::Missing,
            (Action::Change, _) if is_replica() => Standing::ReplicaDiffers,
            (Action::Change, _) => Standing::Differs,
            (Action::Remove, Some(owner)) if **owner != plan.node => Standing::WrongNode((*owner).clone()),
            (Action::Remove, _) => Standing::Extra,
        };
        let cell = Cell { standing, moved: moved_entity(node, &change.id) };
        (DriftKind::Entity(change.kind), change.id.clone(), change.origin.clone(), cell)
    });
    let variables = plan.variables.iter().map(|change| {
        let variables = plan.desired.variables.as_ref();
        let place = variables.and_then(|it| it.entries.get(&change.name)?.place.clone());
        let cell = Cell { standing: standing(change.action), moved: moved_variable(node, &change.name) };
        (DriftKind::Variable, change.name.clone(), place, cell)
    });
    let of_systems = plan
        .system_secrets
        .iter()
        .map(|secret| (format!("{} of system {}", secret.name, secret.system), secret.state));
    let secrets = plan.secrets.iter().map(|secret| (secret.name.to_string(), secret.state));
    let secrets = secrets.chain(of_systems).filter_map(|(name, state)| {
        let standing = match state {
            SecretState::New => Standing::Missing,
            SecretState::Changed => Standing::Differs,
            SecretState::SentAgain | SecretState::Unchanged | SecretState::LeftOnNode => return None,
        };
        Some((DriftKind::Secret, name, None, Cell { standing, moved: None }))
    });
    let files = plan
        .stray
        .iter()
        .map(|file| (DriftKind::File, file.clone(), None, Cell { standing: Standing::Extra, moved: None }));
    entities.chain(variables).chain(secrets).chain(files).collect()
}

fn standing(action: Action) -> Standing {
    match action {
        Action::Add => Standing::Missing,
        Action::Change => Standing::Differs,
        Action::Remove => Standing::Extra,
    }
}

fn find<'a>(entities: &'a [Entity], id: &str) -> Option<&'a Entity> {
    entities.iter().find(|entity| **entity.id() == *id)
}

fn is_generated(entity: &Entity) -> bool {
    matches!(entity.origin(), Origin::Template { .. })
}

fn moved_entity(node: &DriftedNode<'_>, id: &str) -> Option<Moved> {
    let deployed = node.deployed.filter(|saved| !saved.masked.entities.contains(id))?;
    let deployed = find(&deployed.desired.entities, id);
    let is_deployed = |side: Option<&Entity>| match (side, deployed) {
        (Some(side), Some(deployed)) => same_entity(side, deployed),
        (side, deployed) => side.is_none() && deployed.is_none(),
    };
    Moved::of(
        is_deployed(find(&node.observed.entities, id)),
        is_deployed(find(&node.plan.desired.entities, id)),
    )
}

fn moved_variable(node: &DriftedNode<'_>, name: &str) -> Option<Moved> {
    let deployed = node.deployed.filter(|saved| !saved.masked.variables.contains(name))?;
    let deployed = deployed.desired.variables.as_ref()?;
    let value = |variables: Option<&deployer_core::model::Variables>| {
        variables.and_then(|variables| variables.entries.get(name)).map(|variable| variable.value.clone())
    };
    let deployed = value(Some(deployed));
    Moved::of(
        value(node.observed.variables.as_ref()) == deployed,
        value(node.plan.desired.variables.as_ref()) == deployed,
    )
}

/// Whether a node has a thing and should have it.
fn has(node: &DriftedNode<'_>, row: &Drift) -> bool {
    let desired = &node.plan.desired;
    match row.kind {
        DriftKind::Entity(_) => find(&desired.entities, &row.name).is_some(),
        DriftKind::Variable => {
            desired.variables.as_ref().is_some_and(|it| it.entries.contains_key(&row.name))
        }
        DriftKind::Secret => desired.secrets.as_ref().is_some_and(|names| names.contains(row.name.as_str())),
        DriftKind::File => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::stages::{Strictness, diff, read_entities};
    use deployer_core::document::SourceText;
    use deployer_core::model::{Crossing, Fingerprint, Variables};

    fn entities(text: &str) -> Vec<Entity> {
        read_entities(&[SourceText::new("c.json", text)], Strictness::Strict).entities
    }

    fn variables(text: &str) -> Variables {
        let source = SourceText::new("v.json", text);
        let root = source.parse().expect("the test writes valid JSON").root;
        Variables::from_document(&root, &source).expect("an object")
    }

    fn desired(entity_list: &str, variable_list: &str) -> Desired {
        let mut desired = Desired::default().with_entities(entities(entity_list));
        desired.variables = Some(variables(variable_list));
        desired
    }

    fn observed(desired: &Desired) -> Observed {
        let mut observed = Observed::new(Fingerprint::new("x"), desired.entities.clone());
        observed.variables.clone_from(&desired.variables);
        observed
    }

    /// The rows of the master with this configuration, this state and this last deploy.
    fn rows(wanted: &Desired, on_node: &Desired, deployed: Option<&Desired>) -> Vec<Drift> {
        let observed = observed(on_node);
        let plan = diff(&NodeName::master(), "test", None, "here", wanted.clone(), &observed);
        let deployed = deployed.map(|desired| {
            let mut saved =
                SavedNode::new(NodeName::master(), "here".to_owned(), "x".into(), desired.clone());
            saved.masked.entities.insert("masked".to_owned());
            saved
        });
        let node = DriftedNode { plan: &plan, observed: &observed, deployed: deployed.as_ref() };
        drift(&[node], &[(NodeName::master(), wanted.clone())])
    }

    #[test]
    fn the_last_deploy_tells_which_side_moved() {
        let entity = |version: Option<u32>| {
            version.map_or("[]".to_owned(), |version| format!(r#"[{{"_id": "a", "v": {version}}}]"#))
        };
        let state = |version: Option<u32>| {
            let value = version.map_or("{}".to_owned(), |version| format!(r#"{{"a": {version}}}"#));
            desired(&entity(version), &value)
        };
        let [none, one, two, three] = [None, Some(1), Some(2), Some(3)].map(state);
        for (wanted, on_node, deployed, expected) in [
            (&two, &one, Some(&one), Some(Moved::Configuration)),
            (&one, &two, Some(&one), Some(Moved::Node)),
            (&two, &three, Some(&one), Some(Moved::Both)),
            (&none, &one, Some(&one), Some(Moved::Configuration)),
            (&one, &none, Some(&one), Some(Moved::Node)),
            (&one, &none, Some(&none), Some(Moved::Configuration)),
            (&none, &one, Some(&none), Some(Moved::Node)),
            (&two, &one, None, None),
        ] {
            let found: Vec<_> = rows(wanted, on_node, deployed)
                .into_iter()
                .map(|row| (row.kind.noun(), row.cells[&NodeName::master()].moved))
                .collect();
            assert_eq!(found, [("entity", expected), ("variable", expected)], "{wanted:?} {on_node:?}");
        }
        let masked = |version: u32| desired(&format!(r#"[{{"_id": "masked", "v": {version}}}]"#), "{}");
        let row = rows(&masked(2), &masked(1), Some(&masked(1))).remove(0);
        assert_eq!(row.cells[&NodeName::master()].moved, None, "the saved form lacks the secret value");
    }

    #[test]
    fn a_row_has_a_cell_for_each_node_that_has_the_thing_or_should() {
        let [master, extra] = ["master", "extra"].map(NodeName::from);
        let replica = |text: &str| {
            let crossing = Crossing::new(master.clone(), extra.clone(), "p".into());
            let template = SourceText::new("template.json", text);
            let origin = Origin::Template { template, crossing: Some(Arc::new(crossing)) };
            entities(text).remove(0).with_origin(origin)
        };
        let mut of_extra = desired(r#"[{"_id": "own"}, {"_id": "both", "v": 1}]"#, "{}");
        of_extra.entities.push(replica(r#"[{"_id": "replica", "v": 1}]"#));
        let of_master = desired(r#"[{"_id": "both", "v": 1}]"#, "{}");
        let extra_has = desired(r#"[{"_id": "replica", "v": 2}, {"_id": "both", "v": 1}]"#, "{}");
        let master_has = desired(r#"[{"_id": "own"}, {"_id": "both", "v": 2}, {"_id": "stray"}]"#, "{}");
        let wanted = [(master.clone(), of_master), (extra.clone(), of_extra)];
        let states = [observed(&master_has), observed(&extra_has)];
        let plans: Vec<NodePlan> = wanted
            .iter()
            .zip(&states)
            .map(|((node, desired), observed)| diff(node, "test", None, "here", desired.clone(), observed))
            .collect();
        let nodes: Vec<DriftedNode<'_>> = plans
            .iter()
            .zip(&states)
            .map(|(plan, observed)| DriftedNode { plan, observed, deployed: None })
            .collect();
        let found: Vec<_> = drift(&nodes, &wanted)
            .into_iter()
            .map(|row| {
                let cell = |node| row.cells.get(node).map(|cell| cell.standing.clone());
                (row.name.clone(), cell(&master), cell(&extra))
            })
            .collect();
        let row = |name: &str, on_master, on_extra| (name.to_owned(), on_master, on_extra);
        assert_eq!(
            found,
            [
                row("both", Some(Standing::Differs), Some(Standing::Same)),
                row("own", Some(Standing::WrongNode(extra.clone())), Some(Standing::Missing)),
                row("replica", None, Some(Standing::ReplicaDiffers)),
                row("stray", Some(Standing::Extra), None),
            ]
        );
    }
}
