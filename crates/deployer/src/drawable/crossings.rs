//! Nodes and the data that crosses between them, in the form that pictures take.

use std::sync::Arc;

use deployer_core::model::{
    Crossing, DatasetReader, Desired, EntityKind, NodeName, NodePlan, Origin, Plan, ReadWay, Replica,
};
use deployer_picture as picture;

/// A node with the number of its entities.
pub(crate) fn node(name: &NodeName, desired: &Desired, proxy: bool) -> picture::Node {
    let of = |kind| desired.entities.iter().filter(move |entity| entity.kind() == kind);
    let entities = of(EntityKind::Pipe).chain(of(EntityKind::System));
    let generated = entities.filter(|entity| matches!(entity.origin(), Origin::Template { .. }));
    picture::Node {
        name: name.to_string(),
        proxy,
        pipes: of(EntityKind::Pipe).count(),
        systems: of(EntityKind::System).count(),
        generated: generated.count(),
    }
}

/// A crossing.
pub(crate) fn crossing(crossing: &Crossing) -> picture::Crossing {
    let reader = |reader: &DatasetReader| picture::Reader {
        pipe: reader.pipe.to_string(),
        dataset: reader.dataset.to_string(),
        way: way(reader.way),
    };
    let replica =
        |replica: &Replica| picture::Replica { node: replica.node.to_string(), id: replica.id.to_string() };
    picture::Crossing {
        from: crossing.from.to_string(),
        to: crossing.to.to_string(),
        pipe: crossing.pipe.to_string(),
        datasets: crossing.datasets.iter().map(ToString::to_string).collect(),
        readers: crossing.readers.iter().map(reader).collect(),
        replicas: crossing.replicas.iter().map(replica).collect(),
        opened_by: crossing.opened_by.as_ref().map(ToString::to_string),
    }
}

/// How a pipe reads a dataset.
pub(super) fn way(way: ReadWay) -> picture::Way {
    match way {
        ReadWay::Hop => picture::Way::Hop,
        ReadWay::Lookup => picture::Way::Lookup,
        ReadWay::Share => picture::Way::Share,
        _ => picture::Way::Source,
    }
}

/// The crossings of a plan: those that its replicas exist for.
pub(crate) fn crossings(plan: &Plan) -> Vec<Arc<Crossing>> {
    let mut crossings: Vec<Arc<Crossing>> = Vec::new();
    for entity in plan.nodes.iter().flat_map(|node| &node.desired.entities) {
        let Origin::Template { crossing: Some(crossing), .. } = entity.origin() else { continue };
        if !crossings.contains(crossing) {
            crossings.push(Arc::clone(crossing));
        }
    }
    crossings
        .sort_by(|one, other| (&one.from, &one.to, &one.pipe).cmp(&(&other.from, &other.to, &other.pipe)));
    crossings
}

/// The nodes of a plan and the data that crosses between them.
pub(crate) fn plan(plan: &Plan) -> picture::Picture {
    let crossings = crossings(plan);
    let is_proxy = |node: &NodePlan| {
        let mut with_it = crossings.iter().filter(|it| it.from == node.node || it.to == node.node);
        !node.node.is_master() && with_it.any(|crossing| crossing.proxy)
    };
    let nodes = plan.nodes.iter().map(|it| node(&it.node, &it.desired, is_proxy(it)));
    picture::Picture { nodes: nodes.collect(), crossings: crossings.iter().map(|it| crossing(it)).collect() }
}
