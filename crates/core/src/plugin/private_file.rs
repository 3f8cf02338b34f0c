//! The file of a credential.

use std::path::Path;

/// The text of a file. A named pipe is not waited for, and a file that other users can write to is not trusted.
///
/// # Errors
/// The reason in words, without the text.
pub(super) fn text(path: &Path) -> Result<String, String> {
    let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("not a file".to_owned());
    }
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o022 != 0 {
        return Err(format!("other users can write to it; run `chmod go-w {}`", path.display()));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_write_to_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credential");
        std::fs::write(&path, "canary-canary\n").unwrap();
        for (mode, is_read) in [(0o600, true), (0o444, true), (0o620, false), (0o602, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(text(&path).is_ok(), is_read, "{mode:o}");
        }
        assert_eq!(text(folder.path()).unwrap_err(), "not a file");
    }
}
