//! How values and keys are written in TOML.

use serde_json::Value;

/// A text in double quotes. JSON's escapes are among TOML's; TOML wants one more.
pub(crate) fn quoted(text: &str) -> String {
    deployer_core::format::quoted(text).replace('\u{7f}', "\\u007F")
}

/// A key, in quotes where it needs them.
pub(crate) fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if bare { name.to_owned() } else { quoted(name) }
}

/// A key of several steps: `nodes."a.b".target`.
pub(crate) fn path<T: AsRef<str>>(steps: &[T]) -> String {
    steps.iter().map(|step| key(step.as_ref())).collect::<Vec<_>>().join(".")
}

/// A value on one line.
pub(crate) fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(name, value)| format!("{} = {}", key(name), inline(value))).collect();
            format!("{{ {} }}", members.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_value_survives() {
        let value = serde_json::json!({
            "a.b \"c\"": ["", "line\nbreak\u{7f}", 1, -2.5, true, {}],
            "plain": { "x": { "y": "'''" } },
        });
        let text = format!("{} = {}", path(&["", "x.y"]), inline(&value));
        let table: toml::Table = text.parse().unwrap();
        assert_eq!(serde_json::to_value(&table[""]["x.y"]).unwrap(), value);
    }
}
