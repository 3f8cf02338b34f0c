//! Checks that need more than one key, the files of this machine or the environment variables.

use std::collections::BTreeMap;

use deployer_core::plugin::{Context, Credential, Family, ProcessVariables};
use deployer_core::{Error, Kind};
use serde::Deserialize;
use toml::de::{DeValue, ValueDeserializer};
use url::Url;

use super::tables::{Tables, label};
use crate::settings::merge::{Value, in_order, leaves, place, value_at};
use crate::settings::model::Settings;
use crate::settings::parts::{Asked, PluginUse};

/// Adds a problem for every text that is an address with a user and a password in it. No problem repeats the text.
pub(super) fn addresses(tables: Tables<'_>) {
    in_order(tables.root).into_iter().for_each(|(key, value)| addresses_in(value, key, tables));
}

fn addresses_in(value: &Value, path: &str, tables: Tables<'_>) {
    match value.get_ref() {
        DeValue::Table(table) => {
            let members = in_order(table).into_iter();
            members.for_each(|(key, inner)| addresses_in(inner, &format!("{path}.{key}"), tables));
        }
        DeValue::Array(items) => items.iter().for_each(|item| addresses_in(item, path, tables)),
        DeValue::String(written) if has_credentials(written) => {
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
fn has_credentials(text: &str) -> bool {
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

/// Adds a problem for every target that leads to the same place as an earlier one: each deploy would replace what the other one wrote.
pub(super) fn twins(plugins: &[PluginUse], tables: Tables<'_>) {
    let mut first: BTreeMap<(&str, String, &str), &PluginUse> = BTreeMap::new();
    for used in plugins.iter().filter(|used| used.family == Family::Target) {
        let part = match used.kind.as_str() {
            "node" => "group",
            "git" => "branch",
            _ => continue,
        };
        let path = |key| used.path.iter().map(String::as_str).chain([key]).collect::<Vec<_>>();
        let text = |key| tables.text(&path(key)).unwrap_or_default();
        let place = (used.kind.as_str(), normalised(text("url")), text(part));
        match first.get(&place) {
            _ if text("url").is_empty() => {}
            None => drop(first.insert(place, used)),
            Some(PluginUse { section, place, .. }) => {
                let message = format!(
                    "[{section}] and [{}] have the same address and {part}: each would replace what the other wrote",
                    used.section
                );
                let hint = format!("give each node its own address or `{part}`, or remove one of them");
                let problem = Error::new(Kind::Settings, message).at(tables.place(&path("url")));
                tables.add(problem.at(place.clone()).with_hint(hint));
            }
        }
    }
}

/// An address in one spelling: with its scheme, without the port of the scheme, `/api`, `.git` and slashes at its end.
fn normalised(address: &str) -> String {
    let address = address.trim();
    let whole = if address.contains("://") { address.to_owned() } else { format!("https://{address}") };
    let shown = Url::parse(&whole).map_or(whole, |url| url.to_string());
    let ends = ["/", "/api", ".git"];
    let mut rest = shown.as_str();
    while let Some(shorter) = ends.iter().find_map(|end| rest.strip_suffix(end)) {
        rest = shorter;
    }
    rest.to_owned()
}

/// Adds a problem per folder or whitelist that does not exist, unless its key has a problem. If the configuration is not in a folder of
/// this machine, the run that reads it reports them.
pub(super) fn absent(settings: &Settings, asked: Asked<'_>, tables: Tables<'_>) {
    let source = |key: &str| tables.text(&["source", key]);
    let root = match (asked.source, source("kind")) {
        (Some(root), _) => root.to_owned(),
        (None, None | Some("folder")) => settings.folder().join(source("path").unwrap_or(".")),
        (None, Some(_)) => return,
    };
    let add = |path: &[&str], message: String, hint: &str| {
        let place = tables.place(path);
        let has_problem = tables.problems.borrow().iter().any(|problem| problem.places().contains(&place));
        if tables.value(path).is_none() || !has_problem {
            tables.reject(path, message, hint);
        }
    };
    let configuration = &settings.configuration;
    let below = root.join(&configuration.folder);
    if below.is_dir() {
        for list in configuration.whitelist.lists.iter().filter(|list| !below.join(list).is_file()) {
            let message = format!("[configuration] whitelist: the file {list} does not exist");
            let hint = "create it, or write `whitelist = false` to deploy every file";
            add(&["configuration", "whitelist"], message, hint);
        }
    } else {
        let message = format!("[configuration] folder: the folder {} does not exist", configuration.folder);
        add(&["configuration", "folder"], message, "`folder = \".\"` is the root of the source");
    }
    for node in &settings.nodes {
        if let Some(templates) = node.templates.as_deref().filter(|path| !root.join(path).is_dir()) {
            let name = node.name.as_str();
            let message = format!("[nodes.{name}] templates: the folder {templates} does not exist");
            add(&["nodes", name, "templates"], message, "the path starts at the root of the source");
        }
    }
}

impl Settings {
    /// A problem for every environment variable and file of a plugin's credential that cannot be found. No command is run.
    pub(crate) fn missing_credentials(
        &self,
        variables: &ProcessVariables,
        families: &[Family],
    ) -> Vec<Error> {
        let context = Context::new("").with_variables(variables.clone()).with_folder(self.folder());
        let mut problems = Vec::new();
        for used in self.plugins.iter().filter(|used| families.contains(&used.family)) {
            let section = value_at(self.root.get_ref(), &used.path);
            for (path, value) in section.map(|section| leaves(section, &[])).unwrap_or_default() {
                let credential = match Credential::deserialize(ValueDeserializer::from(value.clone())) {
                    Ok(Credential::Command { .. }) | Err(_) => continue,
                    Ok(credential) => credential,
                };
                if let Err(error) = credential.check(&context) {
                    let path = [&[used.section.as_str()], path.as_slice()].concat().join(".");
                    problems.push(error.context(label(&path)).at(place(self.text(), &value.span())));
                }
            }
        }
        problems
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
            assert!(has_credentials(text), "{text}");
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
            assert!(!has_credentials(text), "{text}");
        }
    }

    #[test]
    fn addresses_that_lead_to_the_same_place_are_equal() {
        for address in [
            "node.example",
            "https://node.example",
            "HTTPS://Node.example:443/",
            "node.example:443/api",
            " https://node.example/api/ ",
        ] {
            assert_eq!(normalised(address), "https://node.example", "{address}");
        }
        for address in ["http://node.example", "node.example:8443", "node.example/other", "other.example"] {
            assert_ne!(normalised(address), "https://node.example", "{address}");
        }
    }
}
