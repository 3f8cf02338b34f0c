//! Data that crosses from one node to another.

use std::sync::Arc;

use super::NodeName;

/// A pipe whose data crosses to another node, and the replicas that carry the data.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Crossing {
    /// The node that owns the pipe.
    pub from: NodeName,
    /// The node that receives the data.
    pub to: NodeName,
    /// The pipe: the inbound parent of its replicas.
    pub pipe: Arc<str>,
    /// The datasets that the pipe writes.
    pub datasets: Vec<Arc<str>>,
    /// The pipes of the other node that read one of these datasets. Empty if the data crosses only because a proxy node replicates
    /// its pipes.
    pub readers: Vec<DatasetReader>,
    /// Whether the extra node is a proxy node.
    pub proxy: bool,
    /// The generated entities that carry the data, the master's first.
    pub replicas: Vec<Replica>,
    /// The node that opens the connection: its replica speaks to the other node, whose replica is an endpoint. `None` if no
    /// replica or a replica on each side does.
    pub opened_by: Option<NodeName>,
}

/// A pipe that reads a dataset of another node.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct DatasetReader {
    /// The `_id` of the pipe.
    pub pipe: Arc<str>,
    /// The dataset that it reads.
    pub dataset: Arc<str>,
    /// How it reads the dataset.
    pub way: ReadWay,
}

/// How a pipe reads a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ReadWay {
    /// The pipe's source is the dataset.
    Source,
    /// A hop joins the dataset.
    Hop,
    /// A lookup reads single entities of the dataset.
    Lookup,
    /// The dataset is the share dataset of a transform from a template.
    Share,
}

/// A generated entity.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Replica {
    /// The node that runs it.
    pub node: NodeName,
    /// Its `_id`.
    pub id: Arc<str>,
}

impl Crossing {
    /// A crossing without readers and replicas.
    pub fn new(from: NodeName, to: NodeName, pipe: Arc<str>) -> Self {
        Self {
            from,
            to,
            pipe,
            datasets: Vec::new(),
            readers: Vec::new(),
            proxy: false,
            replicas: Vec::new(),
            opened_by: None,
        }
    }
}

impl DatasetReader {
    /// A pipe that reads a dataset in one way.
    pub fn new(pipe: Arc<str>, dataset: impl Into<Arc<str>>, way: ReadWay) -> Self {
        Self { pipe, dataset: dataset.into(), way }
    }
}

impl Replica {
    /// An entity that a node runs.
    pub fn new(node: NodeName, id: Arc<str>) -> Self {
        Self { node, id }
    }
}
