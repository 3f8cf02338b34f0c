//! Credentials inside addresses, wherever an address may stand in a settings file.

use deployer_core::document::SourceText;
use deployer_core::{Error, Kind};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::source::label;
use crate::settings::merge::{in_order, place};

/// A problem for every text that is an address with a user and a password in it. None repeats the text.
pub(super) fn with_credentials(root: &DeTable<'_>, text: &SourceText) -> Vec<Error> {
    let mut problems = Vec::new();
    table(root, "", text, &mut problems);
    problems
}

fn table(table: &DeTable<'_>, path: &str, text: &SourceText, problems: &mut Vec<Error>) {
    for (key, member) in in_order(table) {
        let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        value(member, &path, text, problems);
    }
}

fn value(found: &Spanned<DeValue<'_>>, path: &str, text: &SourceText, problems: &mut Vec<Error>) {
    match found.get_ref() {
        DeValue::Table(inner) => table(inner, path, text, problems),
        DeValue::Array(items) => items.iter().for_each(|item| value(item, path, text, problems)),
        DeValue::String(written) if holds_credentials(written) => {
            let message =
                format!("{}: an address must not hold a user name and password, or a token", label(path));
            let error = Error::new(Kind::Settings, message).at(place(text, &found.span()));
            problems.push(error.with_hint(
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
