//! `$ENV(name)` and `$SECRET(name)` in strings.

use std::ops::Range;

use deployer_core::document::Value;
use deployer_core::format;
use deployer_core::model::Variables;

/// The references of one keyword (`$ENV` or `$SECRET`) in a string, with the range and the name of each. A name has no blanks and ends at
/// the first `)`.
pub(crate) fn references<'t>(text: &'t str, keyword: &str) -> Vec<(Range<usize>, &'t str)> {
    let mut found = Vec::new();
    let mut position = 0;
    while let Some(offset) = text[position..].find(keyword) {
        let start = position + offset;
        let after = start + keyword.len();
        position = after;
        let Some(rest) = text[after..].strip_prefix('(') else { continue };
        let Some(length) = rest.find(')') else { break };
        let name = &rest[..length];
        if !name.contains(char::is_whitespace) {
            position = after + length + 2;
            found.push((start..position, name));
        }
    }
    found
}

/// The string with its variables replaced. A string that is one reference becomes the value of the variable; any other result is a
/// string. References to undefined variables stay.
pub(crate) fn substitute(text: &str, variables: &Variables) -> Value {
    let references = references(text, "$ENV");
    let value = |name: &str| variables.entries.get(name).map(|variable| &variable.value);
    if let [(range, name)] = references.as_slice()
        && *range == (0..text.len())
    {
        return value(name).cloned().unwrap_or_else(|| Value::string(text));
    }
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for (range, name) in references {
        out.push_str(&text[copied..range.start]);
        match value(name) {
            Some(Value::String(value)) => out.push_str(value),
            Some(other) => out.push_str(&format::compact(other)),
            None => out.push_str(&text[range.clone()]),
        }
        copied = range.end;
    }
    out.push_str(&text[copied..]);
    Value::string(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use deployer_core::document::SourceText;

    #[test]
    fn whole_references_keep_the_type_and_embedded_ones_become_text() {
        let source = SourceText::new("v.json", r#"{"port": 80, "host": "h", "on": true}"#);
        let variables = Variables::from_document(&source.parse().unwrap().root, &source).unwrap();
        for (text, expected) in [
            ("$ENV(port)", "80"),
            ("http://$ENV(host):$ENV(port)/$ENV(on)", r#""http://h:80/true""#),
            ("$ENV(gone)/$SECRET(x)$ENV(", r#""$ENV(gone)/$SECRET(x)$ENV(""#),
            ("$ENV(a b)$ENV(port)", r#""$ENV(a b)80""#),
            ("$ENV $ENV(host)", r#""$ENV h""#),
        ] {
            assert_eq!(format::compact(&substitute(text, &variables)), expected);
        }
    }
}
