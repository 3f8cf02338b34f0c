//! The crates of other makers: their licences, duplicates, sources and known vulnerabilities.

mod expression;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;
use toml::Table;

use crate::shell::{Result, Shell, read, run};

/// The rules, which `cargo deny` reads too.
const RULES: &str = "deny.toml";

/// The only source of crates. It is the default of `cargo deny`.
const SOURCE: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Checks every crate of the lock file against the rules, without network. With `cargo-deny`, also looks for advisories; prints what is
/// skipped otherwise.
pub(crate) fn check(shell: &Shell) -> Result {
    let findings = findings(shell)?;
    findings.iter().for_each(|finding| eprintln!("{finding}"));
    let advisories = advisories(shell);
    match findings.len() {
        0 => advisories,
        count => Err(format!("{count} findings in the crates of other makers; the rules are in {RULES}")),
    }
}

/// Everything in this source tree that is against the rules.
fn findings(shell: &Shell) -> Result<Vec<String>> {
    let path = shell.root().join(RULES);
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let metadata = read(shell.cargo(&["metadata", "--format-version", "1", "--all-features", "--locked"]))?;
    let metadata = serde_json::from_str(&metadata).map_err(|error| format!("cargo metadata: {error}"))?;
    Ok(Rules::parse(&text)?.findings(&metadata))
}

/// Known vulnerabilities. Their database is on the network, unless an earlier run has fetched it.
fn advisories(shell: &Shell) -> Result {
    if read(shell.cargo(&["deny", "--version"]).ignore_stderr()).is_err() {
        eprintln!(
            "skipped: advisories: cargo-deny is not installed; run `cargo install --locked cargo-deny`"
        );
        return Ok(());
    }
    if run(shell.cargo(&["deny", "fetch", "db"])).is_err() {
        eprintln!("note: the database of advisories cannot be fetched; the one of an earlier run is used");
    }
    run(shell.cargo(&["deny", "--offline", "check", "advisories"]))
}

/// What `deny.toml` says.
#[derive(Debug, Default)]
struct Rules {
    /// The licences that a crate can have.
    licences: BTreeSet<String>,
    /// Further licences of single crates.
    exceptions: BTreeMap<String, BTreeSet<String>>,
    /// Versions beside the one that is wanted, as `name@version`.
    duplicates: BTreeSet<String>,
}

impl Rules {
    fn parse(text: &str) -> Result<Self> {
        let rules: Table = text.parse().map_err(|error| format!("{RULES}: {error}"))?;
        let list = |section: &str, key: &str| {
            let list = rules.get(section).and_then(|section| section.get(key)?.as_array());
            list.cloned().unwrap_or_default()
        };
        let exceptions = list("licenses", "exceptions").into_iter().filter_map(|exception| {
            let licences = exception.get("allow").and_then(|list| list.as_array()).cloned();
            Some((exception.get("crate")?.as_str()?.to_owned(), texts(licences.unwrap_or_default())))
        });
        Ok(Self {
            licences: texts(list("licenses", "allow")),
            exceptions: exceptions.collect(),
            duplicates: texts(list("bans", "skip")),
        })
    }

    /// Everything that is against the rules, and the rules that no crate needs.
    fn findings(&self, metadata: &Value) -> Vec<String> {
        let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let (mut findings, mut used) = (Vec::new(), BTreeSet::new());
        let mut versions = BTreeMap::<&str, BTreeSet<&str>>::new();
        for package in packages.iter().filter(|package| !package["source"].is_null()) {
            let text = |key: &str| package[key].as_str().unwrap_or_default();
            let (name, version) = (text("name"), text("version"));
            versions.entry(name).or_default().insert(version);
            if text("source") != SOURCE {
                findings.push(format!("{name} {version}: unknown source {}", text("source")));
            }
            let own = self.exceptions.get(name);
            let is_allowed = |licence: &str| {
                let is_allowed = self.licences.contains(licence);
                let is_excepted = own.is_some_and(|own| own.contains(licence));
                if is_allowed || is_excepted {
                    used.insert(if is_allowed { licence.to_owned() } else { format!("{licence} of {name}") });
                }
                is_allowed || is_excepted
            };
            if !expression::is_satisfied(text("license"), is_allowed) {
                findings.push(format!("{name} {version}: the licence {:?} is not allowed", text("license")));
            }
        }
        let all: BTreeSet<String> = versions
            .iter()
            .filter(|(_, versions)| versions.len() > 1)
            .flat_map(|(name, versions)| versions.iter().map(move |version| format!("{name}@{version}")))
            .collect();
        for (name, versions) in versions.iter().filter(|(_, versions)| versions.len() > 1) {
            let left =
                versions.iter().filter(|it| !self.duplicates.contains(&format!("{name}@{it}"))).count();
            if left > 1 {
                let versions = versions.iter().copied().collect::<Vec<_>>().join(", ");
                findings.push(format!("{name}: several versions: {versions}"));
            }
        }
        let of_exceptions = self
            .exceptions
            .iter()
            .flat_map(|(name, licences)| licences.iter().map(move |licence| format!("{licence} of {name}")));
        let licences = self.licences.iter().cloned().chain(of_exceptions);
        findings.extend(
            licences
                .filter(|licence| !used.contains(licence))
                .map(|licence| format!("{RULES}: no crate needs the licence {licence}")),
        );
        let unused = self.duplicates.iter().filter(|duplicate| !all.contains(*duplicate));
        findings.extend(unused.map(|duplicate| format!("{RULES}: {duplicate} is no duplicate")));
        findings
    }
}

fn texts(list: Vec<toml::Value>) -> BTreeSet<String> {
    list.iter().filter_map(|value| value.as_str()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEXT: &str = "[licenses]\nallow = [\"MIT\"]\nexceptions = [{ crate = \"odd\", allow = [\"ISC\"] }]\n\
                        [bans]\nskip = [\"twice@1.0.0\"]\n";

    fn package(name: &str, version: &str, licence: &str, source: Option<&str>) -> Value {
        json!({ "name": name, "version": version, "license": licence, "source": source })
    }

    #[test]
    fn the_crates_of_this_source_tree_keep_the_rules() {
        assert_eq!(findings(&Shell::new().unwrap()).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn crates_within_the_rules_give_no_finding() {
        let packages = [
            package("a", "1.0.0", "MIT OR GPL-3.0-only", Some(SOURCE)),
            package("odd", "1.0.0", "ISC", Some(SOURCE)),
            package("twice", "1.0.0", "MIT", Some(SOURCE)),
            package("twice", "2.0.0", "MIT", Some(SOURCE)),
            package("ours", "0.1.0", "", None),
        ];
        let rules = Rules::parse(TEXT).unwrap();
        assert_eq!(rules.findings(&json!({ "packages": packages })), Vec::<String>::new());
    }

    #[test]
    fn each_kind_of_breach_is_found_and_so_are_rules_without_use() {
        let packages = [
            package("a", "1.0.0", "GPL-3.0-only", Some(SOURCE)),
            package("b", "1.0.0", "ISC", Some(SOURCE)),
            package("c", "1.0.0", "MIT", Some("git+https://elsewhere")),
            package("d", "1.0.0", "MIT", Some(SOURCE)),
            package("d", "2.0.0", "MIT", Some(SOURCE)),
            package("e", "1.0.0", "", Some(SOURCE)),
        ];
        let findings = Rules::parse(TEXT).unwrap().findings(&json!({ "packages": packages }));
        assert_eq!(
            findings,
            [
                "a 1.0.0: the licence \"GPL-3.0-only\" is not allowed",
                "b 1.0.0: the licence \"ISC\" is not allowed",
                "c 1.0.0: unknown source git+https://elsewhere",
                "e 1.0.0: the licence \"\" is not allowed",
                "d: several versions: 1.0.0, 2.0.0",
                "deny.toml: no crate needs the licence ISC of odd",
                "deny.toml: twice@1.0.0 is no duplicate",
            ]
        );
    }
}
