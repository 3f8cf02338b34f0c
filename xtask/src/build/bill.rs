//! The bill of materials: every crate in a program, as CycloneDX 1.6 in JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use toml::Table;

use crate::shell::Result;

/// The edges of `cargo tree` that lead to what is in a program: what only builds it is not.
pub(super) const EDGES: &str = "normal,no-proc-macro";

/// How `cargo tree` writes a crate, for [`bill`]: the crate and its licence, parted by a tab.
pub(super) const FORMAT: &str = "{p}\t{l}";

/// The bill for what `cargo tree --prefix depth` says of a program, the text of its lock file, and the program's SHA-256. Equal inputs
/// give equal bills: it holds neither a time nor a random number.
pub(super) fn bill(tree: &str, lock: &str, sha256: &str) -> Result<Value> {
    let crates = Crates::parse(tree)?;
    let checksums = checksums(lock)?;
    let mut component = crates.component(&crates.root, "application", None);
    component["hashes"] = json!([{ "alg": "SHA-256", "content": sha256 }]);
    let libraries = crates.licences.keys().filter(|id| **id != crates.root);
    let components: Vec<Value> =
        libraries.map(|id| crates.component(id, "library", checksums.get(id).map(String::as_str))).collect();
    let dependencies: Vec<Value> = crates
        .needs
        .iter()
        .map(
            |(id, needs)| json!({ "ref": purl(id), "dependsOn": needs.iter().map(purl).collect::<Vec<_>>() }),
        )
        .collect();
    Ok(json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": component },
        "components": components,
        "dependencies": dependencies,
    }))
}

/// A name and a version.
type Id = (String, String);

/// What a tree says.
#[derive(Debug)]
struct Crates {
    root: Id,
    licences: BTreeMap<Id, String>,
    needs: BTreeMap<Id, BTreeSet<Id>>,
}

impl Crates {
    /// Reads lines such as `2serde v1.0.0 (proc-macro)<tab>MIT OR Apache-2.0 (*)`. A crate whose needs have been listed before ends
    /// with `(*)`.
    fn parse(tree: &str) -> Result<Self> {
        let unreadable = |line: &str| format!("cargo tree: {line:?}");
        let (mut licences, mut needs) = (BTreeMap::new(), BTreeMap::<Id, BTreeSet<Id>>::new());
        // The crates from the root to the current one.
        let mut way: Vec<Id> = Vec::new();
        for line in tree.lines().filter(|line| !line.is_empty()) {
            let digits = line.bytes().take_while(u8::is_ascii_digit).count();
            let depth: usize = line[..digits].parse().map_err(|_| unreadable(line))?;
            let (package, licence) = line[digits..].split_once('\t').ok_or_else(|| unreadable(line))?;
            let mut words = package.split_whitespace();
            let (Some(name), Some(version)) = (words.next(), words.next()) else {
                return Err(unreadable(line));
            };
            let id = (name.to_owned(), version.trim_start_matches('v').to_owned());
            licences.insert(id.clone(), licence.trim_end_matches("(*)").trim().to_owned());
            needs.entry(id.clone()).or_default();
            way.truncate(depth);
            if let Some(parent) = way.last() {
                needs.entry(parent.clone()).or_default().insert(id.clone());
            }
            way.push(id);
        }
        let root = way.into_iter().next().ok_or("cargo tree lists no crate")?;
        Ok(Self { root, licences, needs })
    }

    fn component(&self, id: &Id, kind: &str, checksum: Option<&str>) -> Value {
        let (name, version) = id;
        let mut component =
            json!({ "type": kind, "bom-ref": purl(id), "name": name, "version": version, "purl": purl(id) });
        if let Some(licence) = self.licences.get(id).filter(|licence| !licence.is_empty()) {
            // The way that licences were parted before SPDX expressions.
            let expression = licence.split('/').map(str::trim).collect::<Vec<_>>().join(" OR ");
            component["licenses"] = json!([{ "expression": expression }]);
        }
        if let Some(checksum) = checksum {
            component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
        }
        component
    }
}

/// The name of a crate among the packages of the world.
fn purl((name, version): &Id) -> String {
    format!("pkg:cargo/{name}@{}", version.replace('+', "%2B"))
}

/// The checksums of the packages that a lock file knows.
fn checksums(lock: &str) -> Result<BTreeMap<Id, String>> {
    let lock: Table = lock.parse().map_err(|error| format!("Cargo.lock: {error}"))?;
    let packages = lock.get("package").and_then(|list| list.as_array()).into_iter().flatten();
    let entry = |package: &toml::Value| {
        let text = |key: &str| package.get(key).and_then(|value| value.as_str()).map(str::to_owned);
        Some(((text("name")?, text("version")?), text("checksum")?))
    };
    Ok(packages.filter_map(entry).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "0sesam-deployer v0.1.0 (/src/crates/deployer)\tApache-2.0\n\
                        1toml v1.2.1+spec-1.1.0\tMIT/Apache-2.0\n\
                        2serde v1.0.0\t\n\
                        1serde v1.0.0\t (*)\n";
    const LOCK: &str = "[[package]]\nname = \"serde\"\nversion = \"1.0.0\"\nchecksum = \"abc\"\n\
                        [[package]]\nname = \"sesam-deployer\"\nversion = \"0.1.0\"\n";

    #[test]
    fn every_crate_stands_in_the_bill_with_what_it_needs() {
        let bill = bill(TREE, LOCK, "ffff").unwrap();
        let component = &bill["metadata"]["component"];
        assert_eq!(component["name"], "sesam-deployer");
        assert_eq!(component["hashes"][0]["content"], "ffff");
        let serde = json!({
            "type": "library", "bom-ref": "pkg:cargo/serde@1.0.0", "name": "serde", "version": "1.0.0",
            "purl": "pkg:cargo/serde@1.0.0", "hashes": [{ "alg": "SHA-256", "content": "abc" }],
        });
        let toml = json!({
            "type": "library", "bom-ref": "pkg:cargo/toml@1.2.1%2Bspec-1.1.0", "name": "toml",
            "version": "1.2.1+spec-1.1.0", "purl": "pkg:cargo/toml@1.2.1%2Bspec-1.1.0",
            "licenses": [{ "expression": "MIT OR Apache-2.0" }],
        });
        assert_eq!(bill["components"], json!([serde, toml]));
        let dependencies = json!([
            { "ref": "pkg:cargo/serde@1.0.0", "dependsOn": [] },
            { "ref": "pkg:cargo/sesam-deployer@0.1.0",
              "dependsOn": ["pkg:cargo/serde@1.0.0", "pkg:cargo/toml@1.2.1%2Bspec-1.1.0"] },
            { "ref": "pkg:cargo/toml@1.2.1%2Bspec-1.1.0", "dependsOn": ["pkg:cargo/serde@1.0.0"] },
        ]);
        assert_eq!(bill["dependencies"], dependencies);
    }

    #[test]
    fn what_is_no_tree_is_an_error() {
        for tree in ["", "serde v1.0.0\tMIT", "0serde\tMIT", "0serde v1.0.0"] {
            assert!(bill(tree, "", "").is_err(), "{tree:?}");
        }
    }
}
