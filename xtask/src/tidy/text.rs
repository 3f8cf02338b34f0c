//! All text: nothing of one machine, nothing of one network.

use super::tree::{Finding, Tree};

/// Folders at the top of somebody's machine that no text of ours can mean; put together so that this file does not hold them.
const MACHINE_FOLDERS: [&str; 3] = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/Us", "ers/")];

/// The first part of the names of hosts that serve packages.
const REGISTRY_HOSTS: [&str; 8] = ["registry", "index", "proxy", "files", "static", "repo", "repo1", "deb"];

pub(super) fn findings(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| !is_locked(&file.path)) {
        for (line, text) in file.lines() {
            if let Some(folder) = machine_folder(text) {
                findings.push(Finding::at(file, line, format!("{folder} is a path of one machine")));
            }
            if let Some(host) = registry_host(text) {
                findings.push(Finding::at(file, line, format!("{host} is a host of packages; name none")));
            }
        }
    }
    findings
}

/// Lock files are written by package managers.
fn is_locked(path: &str) -> bool {
    path.ends_with(".lock") || path.ends_with("go.sum") || path.ends_with("package-lock.json")
}

/// The folder of a machine that a line names; a folder of that name below another is fine.
fn machine_folder(line: &str) -> Option<&'static str> {
    let is_path_before =
        |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '}' | ')' | '>' | '$');
    MACHINE_FOLDERS.into_iter().find(|folder| {
        line.match_indices(folder).any(|(at, _)| !line[..at].chars().next_back().is_some_and(is_path_before))
    })
}

fn registry_host(line: &str) -> Option<&str> {
    line.match_indices("://").find_map(|(at, mark)| {
        let rest = &line[at + mark.len()..];
        let end =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))).unwrap_or(rest.len());
        let host = rest[..end].trim_end_matches('.');
        let serves = host.split_once('.').is_some_and(|(first, _)| REGISTRY_HOSTS.contains(&first));
        (serves && (host.ends_with(".org") || host.ends_with(".io"))).then_some(host)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_a_machine_are_seen_and_relative_ones_are_not() {
        let folder = MACHINE_FOLDERS[1];
        assert_eq!(machine_folder(&format!("cd {folder}x")), Some(folder));
        assert_eq!(machine_folder(&format!("\"{folder}x\"")), Some(folder));
        for before in ["..", "case", "{shared}", "$HOME"] {
            assert_eq!(machine_folder(&format!("{before}{folder}x")), None, "{before}");
        }
    }

    #[test]
    fn hosts_of_packages_are_seen_and_others_are_not() {
        let host = format!("{}.example.org", REGISTRY_HOSTS[1]);
        assert_eq!(registry_host(&format!("see https://{host}/x")), Some(&*host));
        for other in ["https://docs.rs/index.html", "https://index.example", "https://example.org/files"] {
            assert_eq!(registry_host(other), None, "{other}");
        }
    }
}
