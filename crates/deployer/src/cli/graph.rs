//! The options of `graph`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `graph`
#[derive(Debug, Clone, Args)]
pub struct Graph {
    /// Output format [default: the ending of the file of `--out`, then text].
    #[arg(long, value_enum)]
    pub format: Option<GraphFormat>,
    /// Write the picture to a file: .svg, .html, .mmd, .dot, .json or .txt.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
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
