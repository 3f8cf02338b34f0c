//! Nodes that are written to the same place: each deploy would replace what the other one wrote.

use std::collections::BTreeMap;

use deployer_core::plugin::Family;
use deployer_core::{Error, Kind};
use url::Url;

use super::tables::Tables;
use crate::settings::parts::PluginUse;

/// Adds a problem for every target that leads to the same place as an earlier one.
pub(super) fn twins(plugins: &[PluginUse], tables: Tables<'_>) {
    let mut first: BTreeMap<(&str, String, &str), &PluginUse> = BTreeMap::new();
    for used in plugins.iter().filter(|used| used.family == Family::Target) {
        let (key, part) = match used.kind.as_str() {
            "node" => ("url", "group"),
            "git" => ("url", "branch"),
            _ => continue,
        };
        let path = |key| used.path.iter().map(String::as_str).chain([key]).collect::<Vec<_>>();
        let text =
            |key| tables.value(&path(key)).and_then(|value| value.get_ref().as_str()).unwrap_or_default();
        let place = (used.kind.as_str(), normalised(text(key)), text(part));
        match first.get(&place) {
            _ if text(key).is_empty() => {}
            None => drop(first.insert(place, used)),
            Some(PluginUse { section, place, .. }) => {
                let message = format!(
                    "[{section}] and [{}] have the same address and {part}: each would replace what the other wrote",
                    used.section
                );
                let hint = format!("give each node its own address or `{part}`, or remove one of them");
                let problem = Error::new(Kind::Settings, message).at(tables.place(&path(key)));
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

#[cfg(test)]
mod tests {
    use super::*;

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
