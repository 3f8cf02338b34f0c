//! Lines such as `name = value`, as Python's `configparser` reads them.

use deployer_core::document::SourceText;
use deployer_core::error::Place;

/// A value, and the section and line that it is in.
struct Entry {
    section: String,
    name: String,
    value: String,
    line: u32,
}

/// The names in lower case and the values, in order; or why the file cannot be read, and where.
pub(super) fn read(source: &SourceText) -> Result<Vec<(String, String)>, (String, Place)> {
    let entries = entries(source)?;
    let mut values: Vec<(String, String)> = Vec::new();
    for entry in &entries {
        let value = interpolated(&entry.value, entry, &entries, 0)
            .map_err(|reason| (reason, Place::new(source.file().clone(), entry.line, 0)))?;
        match values.iter_mut().find(|(name, _)| *name == entry.name) {
            // A later section takes precedence.
            Some((_, earlier)) => *earlier = value,
            None => values.push((entry.name.clone(), value)),
        }
    }
    Ok(values)
}

fn entries(source: &SourceText) -> Result<Vec<Entry>, (String, Place)> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut section = String::new();
    let mut is_open = false;
    for (line, text) in (1..).zip(source.text().lines()) {
        let trimmed = text.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        let wrong = |reason: String| (reason, Place::new(source.file().clone(), line, 0));
        if text.starts_with([' ', '\t']) && is_open {
            if let Some(entry) = entries.last_mut() {
                entry.value.push('\n');
                entry.value.push_str(trimmed);
            }
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            (section, is_open) = (name.to_owned(), false);
            continue;
        }
        let Some((name, value)) = trimmed.split_once(['=', ':']).filter(|(name, _)| !name.trim().is_empty())
        else {
            return Err(wrong("the line has no name and no `=` or `:`".to_owned()));
        };
        let name = name.trim().to_lowercase();
        if entries.iter().any(|entry| entry.section == section && entry.name == name) {
            return Err(wrong(format!("{name:?} is defined twice")));
        }
        entries.push(Entry { section: section.clone(), name, value: value.trim().to_owned(), line });
        is_open = true;
    }
    Ok(entries)
}

/// A value in which `%%` is a percent sign and `%(name)s` the value of another name of its section.
fn interpolated(text: &str, entry: &Entry, entries: &[Entry], depth: usize) -> Result<String, String> {
    const DEEPEST: usize = 10;
    if depth > DEEPEST {
        return Err(format!("the value of {:?} names itself", entry.name));
    }
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        filled.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            filled.push('%');
            rest = after;
            continue;
        }
        let named = after.strip_prefix('(').and_then(|inside| inside.split_once(")s"));
        let Some((name, after)) = named else {
            return Err(format!("a lone % in the value of {:?}; write %%", entry.name));
        };
        let name = name.to_lowercase();
        let other = entries.iter().find(|other| other.section == entry.section && other.name == name);
        let other = other.ok_or_else(|| format!("{:?} names {name:?}, which has no value", entry.name))?;
        filled.push_str(&interpolated(&other.value, other, entries, depth + 1)?);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}
