//! The bill of materials: every crate in a program, as CycloneDX 1.6 in JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use toml::Table;

use crate::shell::Result;

/// The edges of `cargo tree` that lead to the crates in a program.
pub(super) const EDGES: &str = "normal,no-proc-macro";

/// The edges that lead to the crates that build it too: build scripts, procedural macros, and their dependencies.
pub(super) const ALL_EDGES: &str = "normal,build";

/// How `cargo tree` writes a crate, for [`bill`]: the crate and its licence, parted by a tab.
pub(super) const FORMAT: &str = "{p}\t{l}";

/// The bill for what `cargo tree --prefix depth` says of a program, with [`EDGES`] and with [`ALL_EDGES`], the text of its lock file,
/// and the program's SHA-256. Crates that only build it have the scope `excluded`. Equal inputs give equal bills: a bill contains neither
/// a time nor a random number.
pub(super) fn bill(tree: &str, all: &str, lock: &str, sha256: &str) -> Result<Value> {
    let crates = Crates::parse(tree)?;
    let mut building = Crates::parse(all)?;
    building.licences.retain(|id, _| !crates.licences.contains_key(id));
    building.needs.retain(|id, _| building.licences.contains_key(id));
    let checksums = checksums(lock)?;
    let mut component = crates.component(&crates.root, "application", None);
    component["hashes"] = json!([{ "alg": "SHA-256", "content": sha256 }]);
    let libraries = crates.licences.keys().filter(|id| **id != crates.root);
    let checksum = |id: &Id| checksums.get(id).map(String::as_str);
    let mut components: Vec<Value> =
        libraries.map(|id| crates.component(id, "library", checksum(id))).collect();
    for id in building.licences.keys() {
        let mut component = building.component(id, "library", checksum(id));
        component["scope"] = json!("excluded");
        components.push(component);
    }
    let reference = |id: &Id| crates.reference(id).or_else(|| building.reference(id)).unwrap_or_default();
    let dependencies: Vec<Value> = crates
        .needs
        .iter()
        .chain(&building.needs)
        .map(|(id, needs)| {
            json!({ "ref": reference(id), "dependsOn": needs.iter().map(reference).collect::<Vec<_>>() })
        })
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

/// The crates that `cargo tree` lists, for which [`bill`] has the form.
pub(super) fn crates(tree: &str) -> Result<Vec<Id>> {
    Ok(Crates::parse(tree)?.licences.into_keys().collect())
}

/// A name and a version.
pub(super) type Id = (String, String);

/// What a tree says.
#[derive(Debug)]
struct Crates {
    root: Id,
    licences: BTreeMap<Id, String>,
    /// Where crates come from that are not of a registry: a folder, or the address of a repository.
    places: BTreeMap<Id, String>,
    needs: BTreeMap<Id, BTreeSet<Id>>,
}

impl Crates {
    /// Reads lines such as `2serde v1.0.0 (proc-macro)<tab>MIT OR Apache-2.0 (*)`. A crate whose needs have been listed before ends
    /// with `(*)`.
    fn parse(tree: &str) -> Result<Self> {
        let unreadable = |line: &str| format!("cargo tree: {line:?}");
        let (mut licences, mut places) = (BTreeMap::new(), BTreeMap::new());
        let mut needs = BTreeMap::<Id, BTreeSet<Id>>::new();
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
            let (_, origin) = package.split_once(" (").unwrap_or_default();
            // A procedural macro says so in a bracket of its own.
            let place = origin.trim_start_matches("proc-macro)").trim_start_matches([' ', '(']);
            if let Some(place) = place.split_once(')').map(|(place, _)| place).filter(|place| *place != "*") {
                places.insert(id.clone(), place.to_owned());
            }
            licences.insert(id.clone(), licence.trim_end_matches("(*)").trim().to_owned());
            needs.entry(id.clone()).or_default();
            way.truncate(depth);
            if let Some(parent) = way.last() {
                needs.entry(parent.clone()).or_default().insert(id.clone());
            }
            way.push(id);
        }
        let root = way.into_iter().next().ok_or("cargo tree lists no crate")?;
        Ok(Self { root, licences, places, needs })
    }

    /// How the bill refers to a crate; `None` for an unknown one. Only a crate of the registry has the name of one.
    fn reference(&self, id: &Id) -> Option<String> {
        self.licences.get(id)?;
        let (name, version) = id;
        Some(if self.places.contains_key(id) { format!("{name}@{version}") } else { purl(id) })
    }

    fn component(&self, id: &Id, kind: &str, checksum: Option<&str>) -> Value {
        let (name, version) = id;
        let reference = self.reference(id);
        let mut component = json!({ "type": kind, "bom-ref": reference, "name": name, "version": version });
        match self.places.get(id) {
            None => component["purl"] = json!(purl(id)),
            Some(place) if place.contains("://") => {
                component["externalReferences"] = json!([{ "type": "vcs", "url": place }]);
            }
            // The folder is that of a machine.
            Some(_) => {}
        }
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

/// The name of a crate of the registry among the packages of the world.
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
                        1serde v1.0.0\t (*)\n\
                        1far v0.2.0 (https://x/far?rev=01#01)\tMIT\n";
    const ALL: &str = "0sesam-deployer v0.1.0 (/src/crates/deployer)\tApache-2.0\n\
                       1serde v1.0.0\t\n\
                       2serde_derive v1.0.0 (proc-macro)\tMIT\n\
                       3syn v3.0.0\tMIT\n\
                       1ours v0.1.0 (proc-macro) (/src/ours)\tMIT\n";
    const LOCK: &str = "[[package]]\nname = \"serde\"\nversion = \"1.0.0\"\nchecksum = \"abc\"\n\
                        [[package]]\nname = \"sesam-deployer\"\nversion = \"0.1.0\"\n";

    #[test]
    fn every_crate_stands_in_the_bill_with_what_it_needs() {
        let bill = bill(TREE, ALL, LOCK, "ffff").unwrap();
        let component = &bill["metadata"]["component"];
        assert_eq!(component["name"], "sesam-deployer");
        assert_eq!(component["purl"], Value::Null, "our crates are in no registry");
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
        let far = json!({
            "type": "library", "bom-ref": "far@0.2.0", "name": "far", "version": "0.2.0",
            "externalReferences": [{ "type": "vcs", "url": "https://x/far?rev=01#01" }],
            "licenses": [{ "expression": "MIT" }],
        });
        let building = |name: &str, version: &str| {
            let reference = format!("pkg:cargo/{name}@{version}");
            json!({ "type": "library", "bom-ref": reference, "purl": reference, "name": name, "version": version,
                    "licenses": [{ "expression": "MIT" }], "scope": "excluded" })
        };
        let ours = json!({ "type": "library", "bom-ref": "ours@0.1.0", "name": "ours", "version": "0.1.0",
                           "licenses": [{ "expression": "MIT" }], "scope": "excluded" });
        let [derive, syn] = [building("serde_derive", "1.0.0"), building("syn", "3.0.0")];
        assert_eq!(bill["components"], json!([far, serde, toml, ours, derive, syn]));
        let dependencies = json!([
            { "ref": "far@0.2.0", "dependsOn": [] },
            { "ref": "pkg:cargo/serde@1.0.0", "dependsOn": [] },
            { "ref": "sesam-deployer@0.1.0",
              "dependsOn": ["far@0.2.0", "pkg:cargo/serde@1.0.0", "pkg:cargo/toml@1.2.1%2Bspec-1.1.0"] },
            { "ref": "pkg:cargo/toml@1.2.1%2Bspec-1.1.0", "dependsOn": ["pkg:cargo/serde@1.0.0"] },
            { "ref": "ours@0.1.0", "dependsOn": [] },
            { "ref": "pkg:cargo/serde_derive@1.0.0", "dependsOn": ["pkg:cargo/syn@3.0.0"] },
            { "ref": "pkg:cargo/syn@3.0.0", "dependsOn": [] },
        ]);
        assert_eq!(bill["dependencies"], dependencies);
    }

    #[test]
    fn what_is_no_tree_is_an_error() {
        for tree in ["", "serde v1.0.0\tMIT", "0serde\tMIT", "0serde v1.0.0"] {
            assert!(bill(tree, ALL, "", "").is_err(), "{tree:?}");
        }
    }
}
