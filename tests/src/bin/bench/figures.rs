//! What runs cost, beside the figures of the last release, which are kept in the repository.

use std::collections::BTreeMap;
use std::path::Path;

use crate::table::{median, number};

/// Where the figures of the last release are.
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/bench.tsv");

/// What is measured, in this order.
const COLUMNS: [&str; 6] =
    ["wall, s", "processors, s", "longest chain", "requests", "bytes, kB", "peak memory, MiB"];

/// One run, a figure per column.
pub(crate) type Run = [f64; COLUMNS.len()];

/// The medians of runs, by what was run.
#[derive(Debug, Default)]
pub(crate) struct Figures(Vec<(String, Run)>);

impl Figures {
    /// Adds the medians of some runs of the same.
    pub(crate) fn add(&mut self, what: String, runs: &[Run]) {
        let column = |column: usize| median(runs.iter().map(|run| run[column]).collect());
        self.0.push((what, std::array::from_fn(column)));
    }

    /// The figure of a column.
    pub(crate) fn chain(&self, what: &str) -> Option<f64> {
        self.0.iter().find(|(other, _)| other == what).map(|(_, run)| run[2])
    }

    /// Prints each figure, and in brackets that of the last release.
    pub(crate) fn print(&self) {
        let kept = kept();
        println!("| what | {} |\n|---|{}", COLUMNS.join(" | "), "---:|".repeat(COLUMNS.len()));
        for (what, run) in &self.0 {
            let before = kept.get(what);
            let figure = |(column, now): (usize, &f64)| {
                let before = before.map(|run| format!(" ({})", number(run[column]))).unwrap_or_default();
                format!("{}{before}", number(*now))
            };
            let figures: Vec<String> = run.iter().enumerate().map(figure).collect();
            println!("| {what} | {} |", figures.join(" | "));
        }
        println!();
    }

    /// Keeps the figures for later runs, in place of those of the last release.
    pub(crate) fn keep(&self) -> std::io::Result<()> {
        let mut text = format!("what\t{}\n", COLUMNS.join("\t"));
        for (what, run) in &self.0 {
            let run: Vec<String> = run.iter().map(|figure| number(*figure)).collect();
            text.push_str(&format!("{what}\t{}\n", run.join("\t")));
        }
        std::fs::write(KEPT, text)
    }
}

/// The figures of the last release; none where there are none yet.
fn kept() -> BTreeMap<String, Run> {
    let text = std::fs::read_to_string(Path::new(KEPT)).unwrap_or_default();
    text.lines().skip(1).filter_map(line).collect()
}

fn line(line: &str) -> Option<(String, Run)> {
    let (what, figures) = line.split_once('\t')?;
    let figures: Vec<f64> = figures.split('\t').map_while(|figure| figure.parse().ok()).collect();
    Some((what.to_owned(), figures.try_into().ok()?))
}
