//! Credentials inside addresses, wherever an address may stand in a settings file.

use deployer_core::{Error, Kind};
use toml::de::DeValue;

use super::tables::{Tables, label};
use crate::settings::merge::{Value, in_order, place};

/// Adds a problem for every text that is an address with a user and a password in it. No problem repeats the text.
pub(super) fn with_credentials(tables: Tables<'_>) {
    in_order(tables.root).into_iter().for_each(|(key, value)| look(tables, value, key));
}

fn look(tables: Tables<'_>, value: &Value, path: &str) {
    match value.get_ref() {
        DeValue::Table(table) => {
            in_order(table)
                .into_iter()
                .for_each(|(key, inner)| look(tables, inner, &format!("{path}.{key}")));
        }
        DeValue::Array(items) => items.iter().for_each(|item| look(tables, item, path)),
        DeValue::String(written) if holds_credentials(written) => {
            let message =
                format!("{}: an address must not hold a user name and password, or a token", label(path));
            let error = Error::new(Kind::Settings, message).at(place(&tables.origin.text, &value.span()));
            tables.add(error.with_hint(
                "take everything before the `@` out of it, and give the credential as a reference: { env = \"NAME\" }",
            ));
        }
        _ => {}
    }
}

/// Whether a text is an address that names more than the user of SSH: `https://user@host`, `ssh://user:password@host`,
/// `user:password@host/path`.
fn holds_credentials(text: &str) -> bool {
    let text = text.trim();
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((user, _)) = authority.rsplit_once('@') else { return false };
    match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" => true,
        // A path follows, and no blank: a sentence with an `@` in it is none.
        "" => user.contains(':') && rest.contains('/') && !text.contains(char::is_whitespace),
        scheme => user.contains(':') && scheme.chars().all(|c| c.is_ascii_alphanumeric() || c == '+'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_a_credential_is_told_from_one_without() {
        for text in [
            "https://user:canary@host/x",
            " HTTPS://canary@host ",
            "http://:canary@host",
            "ssh://git:canary@host/x.git",
            "user:canary@host/x.git",
            "https://host:canary@host/a@b",
        ] {
            assert!(holds_credentials(text), "{text}");
        }
        for text in [
            "https://host/@user",
            "host:8200/x",
            "git@host:acme/x.git",
            "ssh://git@host/x.git",
            "Name <me@host>",
            "see: me@host/x for more",
            "{node}#value",
            "a@b",
            "",
        ] {
            assert!(!holds_credentials(text), "{text}");
        }
    }
}
