//! What the program computes, in the form that pictures take.

use deployer_core::model::{
    Crossing, DatasetReader, Desired, EntityKind, NodeName, Origin, ReadWay, Replica,
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
        way: match reader.way {
            ReadWay::Hop => picture::Way::Hop,
            ReadWay::Lookup => picture::Way::Lookup,
            ReadWay::Share => picture::Way::Share,
            _ => picture::Way::Source,
        },
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
