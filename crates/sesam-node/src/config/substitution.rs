//! `$ENV(name)` and `$SECRET(name)`: finding references and putting variables in.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;

use crate::exact::ExactJson;

/// The variables of a node.
pub(crate) type Variables = BTreeMap<String, ExactJson>;

/// The references of one kind (`$ENV` or `$SECRET`) in a string: where each stands, and the name. Names hold no blank
/// and end at the first closing parenthesis.
pub(crate) fn references<'a>(text: &'a str, keyword: &str) -> Vec<(Range<usize>, &'a str)> {
    let opening = format!("{keyword}(");
    let mut found = Vec::new();
    let mut position = 0;
    while let Some(offset) = text[position..].find(&opening) {
        let start = position + offset;
        let name_start = start + opening.len();
        let Some(length) = text[name_start..].find(')') else { break };
        let name = &text[name_start..name_start + length];
        if name.contains(char::is_whitespace) {
            position = name_start;
            continue;
        }
        position = name_start + length + 1;
        found.push((start..position, name));
    }
    found
}

/// The string with its variables put in. A string that is one reference takes the variable's JSON type; in any other
/// the result is a string. References without a variable stay as they are.
pub(crate) fn substitute(text: &str, variables: &Variables) -> Value {
    let references = references(text, "$ENV");
    if let [(range, name)] = references.as_slice()
        && *range == (0..text.len())
    {
        return variables
            .get(*name)
            .map_or_else(|| Value::String(text.to_owned()), |json| json.value().clone());
    }
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for (range, name) in references {
        out.push_str(&text[copied..range.start]);
        match variables.get(name).map(|json| (json.value(), json.text())) {
            Some((Value::String(value), _)) => out.push_str(value),
            Some((_, json)) => out.push_str(json),
            None => out.push_str(&text[range.clone()]),
        }
        copied = range.end;
    }
    out.push_str(&text[copied..]);
    Value::String(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whole_references_keep_the_type_and_embedded_ones_become_text() {
        let variables: Variables = [
            ("port".to_owned(), json!(80).into()),
            ("host".to_owned(), json!("h").into()),
            ("on".to_owned(), json!(true).into()),
        ]
        .into();
        assert_eq!(substitute("$ENV(port)", &variables), json!(80));
        assert_eq!(
            substitute("http://$ENV(host):$ENV(port)/$ENV(on)", &variables),
            json!("http://h:80/true")
        );
        assert_eq!(substitute("$ENV(gone)/$SECRET(x)$ENV(", &variables), json!("$ENV(gone)/$SECRET(x)$ENV("));
        assert_eq!(substitute("$ENV(a b)$ENV(port)", &variables), json!("$ENV(a b)80"));
    }
}
