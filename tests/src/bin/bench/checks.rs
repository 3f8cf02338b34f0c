//! Checks without a network.

use std::path::Path;

use deployer_tests::generate::{self, Size};

use crate::process::{PARSE, PROGRAM, child};
use crate::table::{Table, mebibytes, median, number};

/// Offline checks of two sizes, beside the plain reading of the same files.
pub(crate) fn measure(table: &mut Table, small: usize, large: usize, runs: usize) {
    let mut per_pipe = Vec::new();
    for pipes in [small, large] {
        let folder = tempfile::tempdir().expect("the temporary folder is writable");
        generate::write(folder.path(), Size { pipes, secrets: 100 });
        let settings = folder.path().join("deployer.toml");
        let (mut checks, mut parses, mut peaks) = (Vec::new(), Vec::new(), Vec::new());
        // The first of each warms the page cache and does not count.
        for run in 0..=runs {
            let parsed = child(PARSE, &[folder.path().as_os_str()]);
            let checked = child(PROGRAM, &["check".as_ref(), "--settings".as_ref(), settings.as_os_str()]);
            if run > 0 {
                parses.push(parsed.seconds);
                checks.push(checked.seconds);
                peaks.push(checked.cost.peak);
            }
        }
        let (check, parse) = (median(checks), median(parses));
        per_pipe.push(check / pipes as f64);
        table.row(format!("check of {pipes} pipes"), format!("{:.0} ms", check * 1e3));
        table.row(
            format!("the same files with serde_json alone, {pipes} pipes"),
            format!("{:.0} ms", parse * 1e3),
        );
        let label = format!("check against serde_json alone, {pipes} pipes");
        if pipes == large {
            table.at_most(label, check / parse, 2.5);
        } else {
            table.row(label, number(check / parse));
        }
        table.row(format!("check of {pipes} pipes: peak memory"), mebibytes(peaks));
    }
    table.at_most(format!("time a pipe, {large} pipes against {small}"), per_pipe[1] / per_pipe[0], 1.3);
}

/// Reads and parses every file of the whitelist, one after the other, and keeps the values, as a check does.
pub(crate) fn parse(root: &Path) {
    let node = root.join("node");
    let list = format!("deployment/whitelist-{}.txt", generate::ENVIRONMENT);
    let list = std::fs::read_to_string(node.join(list)).expect("the whitelist was generated");
    let values: Vec<serde_json::Value> = list
        .lines()
        .map(|path| {
            let bytes = std::fs::read(node.join(path)).expect("the file was generated");
            serde_json::from_slice(&bytes).expect("the file is JSON")
        })
        .collect();
    std::hint::black_box(values);
}
