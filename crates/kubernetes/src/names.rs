//! The names of objects and namespaces.

/// Whether an object can have this name
/// (<https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names>). It also stands in URLs as it is.
///
/// # Errors
/// Why it cannot.
pub fn check_name(name: &str) -> Result<(), &'static str> {
    check_part(name)?;
    let is_end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    match name.len() {
        0 => Err("it is empty"),
        1..=253 if name.split('.').all(|label| label.starts_with(is_end) && label.ends_with(is_end)) => {
            Ok(())
        }
        1..=253 => Err("each part of it between dots starts and ends with a small letter or a digit"),
        _ => Err("it is longer than 253 characters"),
    }
}

/// Whether all characters can stand in a name.
///
/// # Errors
/// Which ones can.
pub fn check_part(text: &str) -> Result<(), &'static str> {
    if text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.')) {
        Ok(())
    } else {
        Err("names in Kubernetes have the small letters a to z, digits, `-` and `.`, and no other characters")
    }
}

/// Whether a namespace can have this name.
pub(crate) fn check_namespace(name: &str) -> Result<(), &'static str> {
    check_name(name)?;
    if name.contains('.') || name.len() > 63 {
        return Err("names of namespaces have no `.` and up to 63 characters");
    }
    Ok(())
}
