//! The marks of templates.

/// What begins and ends a value.
pub(crate) const VALUE: (&str, &str) = ("{{@", "@}}");
/// What begins and ends a block.
pub(crate) const BLOCK: (&str, &str) = ("{{%", "%}}");

/// The mark of a name, as people write it.
pub(crate) fn mark(name: &str) -> String {
    format!("{{{{@ {name} @}}}}")
}

/// The names and offsets of what looks like `{{@ name @}}` in a text.
pub(crate) fn marks(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find(VALUE.0).map(|at| from + at) {
        let inside = start + VALUE.0.len();
        let Some(end) = text[inside..].find(VALUE.1).map(|at| inside + at) else { break };
        found.push((start, text[inside..end].trim()));
        from = end + VALUE.1.len();
    }
    found
}

/// The offset of the first use of a name in the marks and blocks of a template.
pub(crate) fn first_use(text: &str, name: &str) -> Option<usize> {
    [VALUE, BLOCK].iter().filter_map(|delimiters| use_between(text, name, *delimiters)).min()
}

/// The offset of the first use of a name in the blocks of a template.
pub(crate) fn first_block_use(text: &str, name: &str) -> Option<usize> {
    use_between(text, name, BLOCK)
}

fn use_between(text: &str, name: &str, (begin, end): (&str, &str)) -> Option<usize> {
    let mut from = 0;
    while let Some(start) = text[from..].find(begin).map(|at| from + at) {
        let inside = start + begin.len();
        let stop = text[inside..].find(end).map_or(text.len(), |at| inside + at);
        if let Some(at) = word(&text[inside..stop], name) {
            return Some(inside + at);
        }
        from = stop;
    }
    None
}

/// The offset of a name that is a word of its own.
fn word(text: &str, name: &str) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).map(|(at, _)| at).find(|at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(|c| is_part(c) || c == '.') && !after.is_some_and(is_part)
    })
}

/// The paths that `include`, `import`, `from` and `extends` name in a template, as far as they are texts.
pub(crate) fn includes(text: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find(BLOCK.0).map(|at| from + at + BLOCK.0.len()) {
        let stop = text[start..].find(BLOCK.1).map_or(text.len(), |at| start + at);
        let block = text[start..stop].trim_start_matches(['-', '+']).trim_start();
        let keyword = block.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        if matches!(keyword, "include" | "import" | "from" | "extends") {
            paths.extend(quoted(block));
        }
        from = stop;
    }
    paths
}

fn quoted(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(['"', '\'']) {
        let quote = &rest[start..=start];
        let inside = &rest[start + 1..];
        let Some(end) = inside.find(quote) else { break };
        found.push(inside[..end].to_owned());
        rest = &inside[end + 1..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_included_paths_are_found() {
        let text = "{{@ a @}} {{@b@}} {{% if off and x.on %}}{{% include 'p/x.json' %}}{{%- import \"l\" as on -%}} {{@";
        assert_eq!(marks(text), [(0, "a"), (10, "b")]);
        assert_eq!(first_use(text, "off"), text.find("off"));
        assert_eq!(first_block_use(text, "a"), None);
        assert_eq!(first_use(text, "on"), text.rfind("on"));
        assert_eq!(includes(text), ["p/x.json", "l"]);
    }
}
