//! The flow of data between pipes and systems, in the form that pictures take.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use deployer_core::document::{Node, Value};
use deployer_core::model::{
    Action, Crossing, Desired, Entity, EntityKind, NodeName, Origin, Plan, Variables,
};
use deployer_engine::connect::pipe_links;
use deployer_picture::{Change, Flow, Link, Member, MemberKind, Way};

use super::crossings::{crossings, way};

/// A node and what it should run.
pub(crate) type NodeParts<'a> = (&'a NodeName, &'a Desired);

/// Where a member is in a flow, by node, ID and kind.
type Positions = BTreeMap<(usize, String, MemberKind), usize>;

/// The flow of all nodes. Replicas are part of the links between nodes that they carry.
pub(crate) fn flow(nodes: &[NodeParts<'_>], crossings: &[Arc<Crossing>]) -> Flow {
    let mut flow =
        Flow { lanes: nodes.iter().map(|(name, _)| name.to_string()).collect(), ..Flow::default() };
    let mut at = Positions::new();
    for (lane, (_, desired)) in nodes.iter().enumerate() {
        let own: Vec<&Entity> = desired.entities.iter().filter(|entity| !is_replica(entity)).collect();
        let systems = own.iter().filter(|entity| entity.kind() == EntityKind::System);
        let systems: BTreeMap<&str, &str> =
            systems.map(|it| (&**it.id(), text(it, "type").unwrap_or("system"))).collect();
        for pipe in own.iter().filter(|entity| entity.kind() == EntityKind::Pipe) {
            let here = member(&mut flow, &mut at, (lane, pipe.id(), MemberKind::Pipe), &detail(pipe));
            for (path, kind) in [("source.system", MemberKind::Source), ("sink.system", MemberKind::Sink)] {
                let Some((id, kind_of)) = text(pipe, path).and_then(|id| systems.get_key_value(id)) else {
                    continue;
                };
                let system = member(&mut flow, &mut at, (lane, id, kind), kind_of);
                let (from, to) = if kind == MemberKind::Source { (system, here) } else { (here, system) };
                flow.links.push(Link { from, to, way: Way::Source, crosses: false, label: None });
            }
        }
        for (id, kind_of) in systems {
            let is_used = [MemberKind::Source, MemberKind::Sink]
                .iter()
                .any(|kind| at.contains_key(&(lane, id.to_owned(), *kind)));
            if !is_used {
                member(&mut flow, &mut at, (lane, id, MemberKind::Source), kind_of);
            }
        }
        let none = Variables::default();
        for link in pipe_links(&desired.entities, desired.variables.as_ref().unwrap_or(&none)) {
            let pipe = |id: &str| at.get(&(lane, id.to_owned(), MemberKind::Pipe)).copied();
            if let (Some(from), Some(to)) = (pipe(&link.from), pipe(&link.to)) {
                flow.links.push(Link { from, to, way: way(link.way), crosses: false, label: None });
            }
        }
    }
    crossings.iter().for_each(|crossing| cross(&mut flow, &at, crossing));
    flow
}

/// Adds the links of a crossing: one per reader, through the first replica with an ID of its own.
fn cross(flow: &mut Flow, at: &Positions, crossing: &Crossing) {
    let lane = |name: &NodeName| flow.lanes.iter().position(|lane| lane == name.as_str());
    let (Some(from), Some(to)) = (lane(&crossing.from), lane(&crossing.to)) else { return };
    let pipe = |lane: usize, id: &str| at.get(&(lane, id.to_owned(), MemberKind::Pipe)).copied();
    let Some(writer) = pipe(from, &crossing.pipe) else { return };
    let replica = crossing.replicas.iter().find(|replica| replica.id != crossing.pipe);
    for reader in &crossing.readers {
        let Some(to) = pipe(to, &reader.pipe) else { continue };
        let label = replica.map(|replica| format!("through {}", replica.id));
        flow.links.push(Link { from: writer, to, way: way(reader.way), crosses: true, label });
    }
}

/// The position of a member, which is added if it is new.
fn member(
    flow: &mut Flow,
    at: &mut Positions,
    (lane, id, kind): (usize, &str, MemberKind),
    detail: &str,
) -> usize {
    *at.entry((lane, id.to_owned(), kind)).or_insert_with(|| {
        let member = Member {
            lane,
            id: id.to_owned(),
            kind,
            detail: detail.to_owned(),
            is_focus: false,
            change: None,
        };
        flow.members.push(member);
        flow.members.len() - 1
    })
}

fn is_replica(entity: &Entity) -> bool {
    matches!(entity.origin(), Origin::Template { .. })
}

fn text<'a>(entity: &'a Entity, path: &str) -> Option<&'a str> {
    entity.at_path(path).and_then(Node::as_str)
}

/// What a pipe reads and sends, such as `merges 2 datasets, sends sql`.
fn detail(pipe: &Entity) -> String {
    let source = match text(pipe, "source.type") {
        Some("dataset") => "reads a dataset".to_owned(),
        Some("merge") => match pipe.at_path("source.datasets").map(|node| &node.value) {
            Some(Value::Array(datasets)) if datasets.len() != 1 => {
                format!("merges {} datasets", datasets.len())
            }
            _ => "merges 1 dataset".to_owned(),
        },
        Some("embedded") => "embedded entities".to_owned(),
        Some(kind) => format!("reads {kind}"),
        None => "reads by conditions".to_owned(),
    };
    match text(pipe, "sink.type") {
        None | Some("dataset") => source,
        Some(kind) => format!("{source}, sends {kind}"),
    }
}

/// What the changes of a plan touch: the changed pipes and systems of the configuration, and what reads from them within some steps.
/// `None` if no pipe or system changes.
pub(crate) fn touched(plan: &Plan, up: usize, down: usize) -> Option<Flow> {
    let nodes: Vec<NodeParts<'_>> = plan.nodes.iter().map(|node| (&node.node, &node.desired)).collect();
    let mut flow = flow(&nodes, &crossings(plan));
    let mut changed = BTreeSet::new();
    for (lane, node) in plan.nodes.iter().enumerate() {
        for change in node.entities.iter().filter(|change| change.crossing.is_none()) {
            let kind = match change.kind {
                EntityKind::Pipe => MemberKind::Pipe,
                EntityKind::System => MemberKind::Source,
                _ => continue,
            };
            let action = match change.action {
                Action::Add => Change::Add,
                Action::Change => Change::Change,
                Action::Remove => Change::Remove,
            };
            let is_it = |member: &Member| {
                member.lane == lane
                    && member.id == change.id
                    && (member.kind == MemberKind::Pipe) == (kind == MemberKind::Pipe)
            };
            let mut found: Vec<usize> =
                (0..flow.members.len()).filter(|at| is_it(&flow.members[*at])).collect();
            if found.is_empty() && change.action == Action::Remove {
                found.push(flow.members.len());
                let detail = "no longer in the configuration".to_owned();
                let (id, change) = (change.id.clone(), None);
                flow.members.push(Member { lane, id, kind, detail, is_focus: false, change });
            }
            for at in found {
                flow.members[at].change = Some(action);
                changed.insert(at);
            }
        }
    }
    if changed.is_empty() {
        return None;
    }
    let mut part = flow.around(&changed, up, down);
    part.title = "What the changes touch".to_owned();
    part.subtitle = "the changed pipes and systems, and what reads from them".to_owned();
    Some(part)
}
