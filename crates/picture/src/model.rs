//! What a picture shows.

/// The nodes, and the data that crosses between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture {
    /// The nodes; the master is the first one.
    pub nodes: Vec<Node>,
    /// The data that crosses.
    pub crossings: Vec<Crossing>,
}

/// A node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Whether it is a proxy node.
    pub proxy: bool,
    /// The number of its pipes, with generated ones.
    pub pipes: usize,
    /// The number of its systems, with generated ones.
    pub systems: usize,
    /// The number of its pipes and systems that are generated.
    pub generated: usize,
}

/// A pipe whose data crosses from one node to another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Crossing {
    /// The node that owns the pipe.
    pub from: String,
    /// The node that receives the data.
    pub to: String,
    /// The ID of the pipe.
    pub pipe: String,
    /// The datasets that the pipe writes.
    pub datasets: Vec<String>,
    /// The pipes of the other node that read these datasets.
    pub readers: Vec<Reader>,
    /// The generated entities that carry the data.
    pub replicas: Vec<Replica>,
    /// The node that opens the connection, if it is known.
    pub opened_by: Option<String>,
}

/// A pipe that reads a dataset of another node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// The ID of the pipe.
    pub pipe: String,
    /// The dataset that it reads.
    pub dataset: String,
    /// How it reads the dataset.
    pub way: Way,
}

/// How a pipe reads a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// As its source.
    Source,
    /// In a hop.
    Hop,
    /// In a lookup.
    Lookup,
    /// As its share dataset.
    Share,
}

impl Way {
    /// `source`, `hop`, `lookup` or `share`.
    pub fn word(self) -> &'static str {
        match self {
            Way::Source => "source",
            Way::Hop => "hop",
            Way::Lookup => "lookup",
            Way::Share => "share",
        }
    }
}

/// A generated entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replica {
    /// The node that runs it.
    pub node: String,
    /// Its ID.
    pub id: String,
}
