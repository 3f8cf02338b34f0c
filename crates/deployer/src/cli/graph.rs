//! The options of `graph`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `graph`
#[derive(Debug, Clone, Args)]
pub struct Graph {
    /// Pipe or system to draw, with its sources and readers [default: the data that crosses between the nodes].
    #[arg(value_name = "ID", conflicts_with_all = ["changes", "pipes"])]
    pub id: Option<String>,
    /// Draw every pipe and system of a node: of the master, or of the node that `--node` names.
    #[arg(long, conflicts_with = "changes")]
    pub pipes: bool,
    /// Draw what a deploy would change, and what reads from it. Needs the nodes, as `plan` does.
    #[arg(long)]
    pub changes: bool,
    /// Steps towards the sources that are drawn [default: 2, with --changes 1].
    #[arg(long, value_name = "STEPS")]
    pub up: Option<usize>,
    /// Steps towards the readers that are drawn [default: 2, with --changes 1].
    #[arg(long, value_name = "STEPS")]
    pub down: Option<usize>,
    /// Whether `--pipes` draws one box per prefix of IDs.
    #[arg(long, value_enum, default_value_t, requires = "pipes")]
    pub group: Group,
    /// Output format [default: the ending of the file of `--out`, then text].
    #[arg(long, value_enum)]
    pub format: Option<GraphFormat>,
    /// Write the picture to a file: .svg, .html, .mmd, .dot, .json or .txt.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Whether pipes and systems are drawn in groups.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Group {
    /// In groups if there are more than 60.
    #[default]
    Auto,
    /// One box per prefix: the ID up to its first dash.
    Prefix,
    /// One box each.
    None,
}

/// The format of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// Lines for a terminal.
    Text,
    /// A picture for documentation, light and dark.
    Svg,
    /// One self-contained page: the picture, and a table with everything that crosses.
    Html,
    /// Sums for a comment on a pull request.
    Mermaid,
    /// A graph of all pipes for Graphviz.
    Dot,
    /// One JSON document.
    Json,
}
