//! Paths of templates.

/// A template's path below the connector's folder, without empty and `.` steps. `None` if it leaves the folder.
pub(crate) fn inside(path: &str) -> Option<String> {
    let steps: Vec<&str> = path.split('/').filter(|step| !step.is_empty() && *step != ".").collect();
    let stays = !steps.is_empty() && !steps.contains(&"..") && !path.contains(['\\', '\0']);
    stays.then(|| steps.join("/"))
}

/// The name of a file without its folders and its last ending.
pub(crate) fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}
