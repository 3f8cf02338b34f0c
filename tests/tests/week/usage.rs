//! What a process uses, as Linux says it.

use std::path::PathBuf;

/// What a process uses.
#[derive(Debug)]
pub(crate) struct Usage {
    pub(crate) resident_kilobytes: u64,
    /// Open files that are no sockets.
    pub(crate) files: usize,
    /// Its pages and connections; those that servers keep open are used again.
    pub(crate) sockets: usize,
    pub(crate) temporary: Vec<String>,
}

impl Usage {
    /// What a process uses, which has these temporary files.
    pub(crate) fn of(process: u32, temporary: Vec<String>) -> Self {
        let process = PathBuf::from(format!("/proc/{process}"));
        let open = std::fs::read_dir(process.join("fd")).expect("the process is ours").flatten();
        // One that was closed since it was listed is not open.
        let open: Vec<PathBuf> = open.filter_map(|file| std::fs::read_link(file.path()).ok()).collect();
        let sockets = open.iter().filter(|file| file.to_string_lossy().starts_with("socket:")).count();
        let status = std::fs::read_to_string(process.join("status")).expect("the process is ours");
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux says it");
        let kilobytes = resident.split_whitespace().next().and_then(|number| number.parse().ok());
        Self {
            resident_kilobytes: kilobytes.expect("a number"),
            files: open.len() - sockets,
            sockets,
            temporary,
        }
    }
}
