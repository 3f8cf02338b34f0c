//! Names of buckets and folders, checked before any request.

use deployer_core::{Error, Kind, Result};

/// The name of a bucket or a container, which `setting` gives. It becomes part of addresses as it is.
///
/// # Errors
/// `Settings` for a name that no service permits.
pub fn checked_container(setting: &str, name: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.' | '_');
    let is_name =
        name.len() >= 3 && name.chars().all(fits) && name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if is_name {
        return Ok(());
    }
    Err(Error::new(Kind::Settings, format!("`{setting}` cannot be used"))
        .with_cause("it is not the name of a bucket or container: lower-case letters, digits, `-`, `.` and `_`, at least 3")
        .with_hint("give the name alone, without `://` and without a folder; the folder is `prefix`"))
}

/// The folder of a place, which the setting `prefix` gives: without slashes at its ends.
///
/// # Errors
/// `Settings` for a folder with other characters than letters, digits, `-`, `_`, `.` and `/`, or with an empty part.
pub fn checked_prefix(prefix: &str) -> Result<String> {
    let folder = prefix.trim_matches('/');
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_part = |part: &str| !part.is_empty() && part != "." && part != ".." && part.chars().all(fits);
    if folder.is_empty() || folder.split('/').all(is_part) {
        return Ok(folder.to_owned());
    }
    Err(Error::new(Kind::Settings, "`prefix` cannot be used")
        .with_cause("it is a folder of letters, digits, `-`, `_` and `.`, with `/` between its parts"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_no_slashes_at_its_ends_and_no_odd_part() {
        for (prefix, folder) in [("", ""), ("/", ""), ("a", "a"), ("/a/b.c_D-1/", "a/b.c_D-1")] {
            assert_eq!(checked_prefix(prefix).unwrap(), folder);
        }
        for prefix in ["a//b", "a/../b", "a b", "a\\b", "å", "{environment}"] {
            assert_eq!(checked_prefix(prefix).unwrap_err().kind(), Kind::Settings, "{prefix}");
        }
    }

    #[test]
    fn a_bucket_is_a_name_and_no_address() {
        for name in ["team-state", "a.b_c", "123"] {
            checked_container("bucket", name).unwrap();
        }
        for name in ["", "ab", "s3://team", "team/folder", "Team", "-team", "team?x"] {
            let error = checked_container("bucket", name).unwrap_err();
            assert!(error.message().contains("`bucket`"), "{error:?}");
        }
    }
}
