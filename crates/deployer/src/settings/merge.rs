//! The tables of a settings file with the overrides of one environment in them. Every value keeps its place in the text.

use deployer_core::document::SourceText;
use deployer_core::error::{Place, nearest};
use deployer_core::{Error, Kind};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A table whose keys and values know their place.
pub(super) type Table<'a> = Spanned<DeTable<'a>>;

/// The most syntax errors of one file that are told; later ones are mostly consequences of earlier ones.
const MOST_ERRORS: usize = 20;

/// Reads the text of a settings file.
///
/// # Errors
/// `Settings` for every error of syntax, with its place and without the line: it may hold a credential.
pub(super) fn parse(text: &SourceText) -> Result<Table<'_>, Vec<Error>> {
    let (table, causes) = DeTable::parse_recoverable(text.text());
    if causes.is_empty() {
        return Ok(table);
    }
    let problems = causes.iter().take(MOST_ERRORS).map(|cause| {
        let message = format!("the settings are not valid TOML: {}", cause.message());
        Error::new(Kind::Settings, message).at(place(text, &cause.span().unwrap_or_default()))
    });
    Err(problems.collect())
}

/// The place where a value starts.
pub(super) fn place(text: &SourceText, span: &std::ops::Range<usize>) -> Place {
    text.place(u32::try_from(span.start).unwrap_or(u32::MAX))
}

/// The tables as they hold for an environment: `[environments.<name>]` laid over the rest.
///
/// Tables are merged key by key. Everything else is replaced, and so are a table that names another `kind` and a table that is
/// written inline: `auth = { … }` is one value.
pub(super) fn effective<'a>(mut root: Table<'a>, environment: &str, text: &SourceText) -> Table<'a> {
    let environments = root.get_mut().remove("environments").map(Spanned::into_inner);
    if let Some(DeValue::Table(mut environments)) = environments
        && let Some(DeValue::Table(overrides)) = environments.remove(environment).map(Spanned::into_inner)
    {
        lay_over(root.get_mut(), overrides, text);
    }
    root
}

fn lay_over<'a>(base: &mut DeTable<'a>, overrides: DeTable<'a>, text: &SourceText) {
    for (key, value) in overrides {
        let inline = text.text().as_bytes().get(value.span().start) == Some(&b'{');
        match base.get_mut(&**key.get_ref()) {
            None => {
                base.insert(key, value);
            }
            Some(slot) => {
                let span = value.span();
                match (slot.get_mut(), value.into_inner()) {
                    (DeValue::Table(below), DeValue::Table(above)) if !inline && same_kind(below, &above) => {
                        lay_over(below, above, text);
                    }
                    (_, value) => *slot = Spanned::new(span, value),
                }
            }
        }
    }
}

/// Whether a table that is laid over another one keeps its `kind`.
fn same_kind(below: &DeTable<'_>, above: &DeTable<'_>) -> bool {
    match (kind(below), kind(above)) {
        (Some(below), Some(above)) => below == above,
        _ => true,
    }
}

fn kind<'t>(table: &'t DeTable<'_>) -> Option<&'t str> {
    table.get("kind").and_then(|kind| kind.get_ref().as_str())
}

/// What a value is, in the words that other messages use.
pub(super) fn what(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// A problem for every key of a table that is not among those accepted.
pub(super) fn unknown_keys<'t>(
    name: &'t str,
    table: &'t DeTable<'_>,
    accepted: &'t [&'t str],
    text: &'t SourceText,
) -> impl Iterator<Item = Error> + 't {
    table.keys().filter(|key| !accepted.contains(&&**key.get_ref())).map(move |key| {
        let listed: Vec<String> = accepted.iter().map(|key| format!("`{key}`")).collect();
        let message =
            format!("[{name}]: unknown key `{}`, expected one of {}", key.get_ref(), listed.join(", "));
        let error = Error::new(Kind::Settings, message).at(place(text, &key.span()));
        match nearest(key.get_ref(), accepted.iter().copied()) {
            Some(near) => error.with_hint(format!("did you mean `{near}`?")),
            None => error,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, environment: &str) -> String {
        let text = SourceText::new("deployer.toml", text);
        let table = effective(parse(&text).unwrap(), environment, &text);
        let value = Spanned::new(table.span(), DeValue::Table(table.into_inner()));
        let value: toml::Value =
            serde::Deserialize::deserialize(toml::de::ValueDeserializer::from(value)).unwrap();
        toml::to_string(&value).unwrap()
    }

    const BASE: &str = r#"
list = [1, 2]
[stores.main]
kind = "vault"
url = "a"
auth = { token = 1 }
[stores.main.http]
timeout = 1
"#;

    #[test]
    fn tables_are_merged_and_values_are_replaced() {
        let text =
            format!("{BASE}[environments.prod]\nlist = [3]\n[environments.prod.stores.main]\nurl = \"b\"\n");
        assert_eq!(
            shown(&text, "prod"),
            shown(&BASE.replace("\"a\"", "\"b\"").replace("[1, 2]", "[3]"), "prod")
        );
        assert_eq!(shown(&text, "test"), shown(BASE, "test"));
    }

    #[test]
    fn another_kind_replaces_the_whole_section() {
        let text = format!("{BASE}[environments.prod.stores.main]\nkind = \"file\"\npath = \"x\"\n");
        assert_eq!(shown(&text, "prod"), "list = [1, 2]\n\n[stores.main]\nkind = \"file\"\npath = \"x\"\n");
    }

    #[test]
    fn an_inline_table_is_one_value() {
        let text = format!("{BASE}[environments.prod.stores.main]\nauth = {{ approle = 2 }}\n");
        assert!(
            shown(&text, "prod").contains("[stores.main.auth]\napprole = 2\n"),
            "{}",
            shown(&text, "prod")
        );
        assert!(!shown(&text, "prod").contains("token"));
    }

    #[test]
    fn every_error_of_syntax_is_told_without_the_line() {
        let text = SourceText::new("deployer.toml", "a = \"canary\n[ok]\nb = canary2\nc = 1\nc = 2\n");
        let problems = parse(&text).unwrap_err();
        assert!(problems.len() > 1, "{problems:?}");
        let shown = format!("{problems:?}");
        assert!(shown.contains("deployer.toml:1:") && shown.contains("deployer.toml:3:"), "{shown}");
        assert!(!shown.contains("canary"), "{shown}");
    }
}
