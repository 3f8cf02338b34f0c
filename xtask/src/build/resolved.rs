//! Which crates plugins of other makers bring along, as `cargo metadata` lists them before anything is compiled.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::shell::{Result, Shell};
use crate::workspace::{PROGRAM, packages};

/// A crate of this source tree that plugins can depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ring {
    pub(super) name: String,
    /// Its absolute folder.
    pub(super) folder: PathBuf,
    version: String,
}

/// A crate with plugins of another maker, as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) package: String,
    pub(super) version: String,
    /// `path`, or the address that cargo downloaded it from.
    pub(super) source: String,
}

/// What a program with plugins of other makers is made of.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    /// The crates with plugins, in the order of the distribution file.
    pub(super) plugins: Vec<Found>,
    /// The folders of all crates outside of this source tree that are there by path, with their names.
    pub(super) folders: Vec<(PathBuf, String)>,
}

/// The crates of this source tree, except the program.
pub(super) fn rings(shell: &Shell) -> Result<Vec<Ring>> {
    let is_ring = |name: &str, folder: &Path| folder.starts_with("crates") && name != PROGRAM;
    let rings = packages(shell)?.into_iter().filter(|package| is_ring(&package.name, &package.folder));
    Ok(rings
        .map(|package| Ring {
            folder: shell.root().join(package.folder),
            name: package.name,
            version: package.version,
        })
        .collect())
}

/// What `cargo metadata` says of a package and everything that it needs.
pub(super) fn metadata(shell: &Shell, manifest: &Path, rings: &[Ring]) -> Result<Value> {
    let command = shell.cargo(&["metadata", "--quiet", "--format-version", "1", "--manifest-path"]);
    let output = command.arg(manifest).quiet().ignore_status().output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(unresolved(&String::from_utf8_lossy(&output.stderr), rings));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))
}

/// Why cargo finds no versions that fit together.
fn unresolved(said: &str, rings: &[Ring]) -> String {
    let said = said.trim().trim_start_matches("error: ").replace('\n', "\n       ");
    let is_named = |ring: &&Ring| said.contains(&format!("`{}", ring.name));
    let named: Vec<String> =
        rings.iter().filter(is_named).map(|ring| format!("{} {}", ring.name, ring.version)).collect();
    let hint = match named.as_slice() {
        [] => String::new(),
        named => format!("\n       this source tree has {}", named.join(", ")),
    };
    format!("the plugins cannot be built together: {said}{hint}")
}

/// The crates of a program, from the metadata of its package and the names by which it knows the crates with plugins. A crate of ours
/// must come from this source tree: one from elsewhere is another crate to the compiler, and one from a registry is not ours.
pub(super) fn resolved(
    metadata: &Value,
    root: &Path,
    rings: &[Ring],
    aliases: &[String],
) -> Result<Resolved> {
    let packages = list(&metadata["packages"]);
    let nodes = list(&metadata["resolve"]["nodes"]);
    let mut problems = BTreeSet::new();
    for package in packages {
        let Some(ring) = rings.iter().find(|ring| package["name"] == *ring.name) else { continue };
        let folder = folder(package);
        if folder == ring.folder {
            continue;
        }
        let from = package["source"].as_str().map_or_else(|| folder.display().to_string(), str::to_owned);
        for maker in dependents(nodes, &package["id"]).filter_map(|id| named(packages, id)) {
            if maker["source"].is_string() || !folder.starts_with(root) {
                problems.insert(format!(
                    "{} takes {} {} from {from}, not from this source tree, which has {}: depend on it by path, or by a version \
                     requirement that {} satisfies",
                    text(&maker["name"]), ring.name, text(&package["version"]), ring.version, ring.version
                ));
            }
        }
    }
    if !problems.is_empty() {
        return Err(Vec::from_iter(problems).join("\n       "));
    }
    let program = nodes.iter().find(|node| node["id"] == metadata["resolve"]["root"]);
    let dependencies = program.map(|node| list(&node["deps"])).unwrap_or_default();
    let mut plugins = Vec::new();
    for alias in aliases {
        let dependency = dependencies.iter().find(|dependency| dependency["name"] == **alias);
        let package = dependency.and_then(|dependency| named(packages, &dependency["pkg"]));
        let package = package.ok_or_else(|| format!("cargo metadata does not list {alias}"))?;
        plugins.push(Found {
            package: text(&package["name"]).to_owned(),
            version: text(&package["version"]).to_owned(),
            source: package["source"].as_str().unwrap_or("path").to_owned(),
        });
    }
    let is_outside = |package: &&Value| package["source"].is_null() && !folder(package).starts_with(root);
    let outside = packages.iter().filter(is_outside);
    Ok(Resolved {
        plugins,
        folders: outside.map(|package| (folder(package), text(&package["name"]).to_owned())).collect(),
    })
}

/// The packages that need a package.
fn dependents<'m>(nodes: &'m [Value], id: &Value) -> impl Iterator<Item = &'m Value> {
    let needs = move |node: &&Value| list(&node["deps"]).iter().any(|dependency| dependency["pkg"] == *id);
    nodes.iter().filter(needs).map(|node| &node["id"])
}

fn named<'m>(packages: &'m [Value], id: &Value) -> Option<&'m Value> {
    packages.iter().find(|package| package["id"] == *id)
}

fn folder(package: &Value) -> PathBuf {
    let manifest = Path::new(text(&package["manifest_path"]));
    manifest.parent().unwrap_or(manifest).to_owned()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// How a lock file differs from the one that cargo makes of it; `None` if cargo keeps it.
pub(super) fn staleness(pinned: &str, made: &str) -> Result<Option<String>> {
    let packages = |text: &str| -> Result<BTreeSet<String>> {
        let lock: toml::Table = text.parse().map_err(|error| format!("the lock file: {error}"))?;
        let packages = lock.get("package").and_then(toml::Value::as_array).into_iter().flatten();
        let word = |package: &toml::Value, key: &str| Some(package.get(key)?.as_str()?.to_owned());
        Ok(packages
            .filter_map(|it| Some(format!("{} {}", word(it, "name")?, word(it, "version")?)))
            .collect())
    };
    let (pinned, made) = (packages(pinned)?, packages(made)?);
    let some = |what: &str, names: Vec<&String>| {
        let shown: Vec<&str> = names.iter().take(3).map(|name| name.as_str()).collect();
        let more = if names.len() > 3 { format!(" and {} more", names.len() - 3) } else { String::new() };
        (!shown.is_empty()).then(|| format!("{what} {}{more}", shown.join(", ")))
    };
    let parts = [
        some("lacks", made.difference(&pinned).collect()),
        some("has unused", pinned.difference(&made).collect()),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    Ok((!parts.is_empty()).then(|| parts.join(", ")))
}

/// The patches of a lock file that no package uses.
pub(super) fn unused_patches(lock: &str) -> Result<BTreeSet<String>> {
    let lock: toml::Table = lock.parse().map_err(|error| format!("the lock file: {error}"))?;
    let unused = lock.get("patch").and_then(|patch| patch.get("unused")?.as_array());
    let name = |package: &toml::Value| package.get("name")?.as_str().map(str::to_owned);
    Ok(unused.into_iter().flatten().filter_map(name).collect())
}

#[cfg(test)]
impl Ring {
    /// A crate of a source tree in `/src`.
    pub(super) fn for_test(name: &str, folder: &str) -> Self {
        let folder = Path::new("/src/crates").join(folder);
        Self { name: name.to_owned(), folder, version: "0.1.0".to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn core() -> Ring {
        Ring::for_test("deployer-core", "core")
    }

    /// A program with a plugin by path that needs core, which comes from somewhere.
    fn program(core: Value) -> Value {
        let mut core = core;
        core["id"] = json!("core");
        core["name"] = json!("deployer-core");
        let acme = json!({ "id": "acme", "name": "store-acme", "version": "0.3.0", "source": null,
                           "manifest_path": "/elsewhere/acme/Cargo.toml" });
        let main = json!({ "id": "main", "name": "main", "version": "0.1.0", "source": null,
                           "manifest_path": "/src/target/distributions/acme/Cargo.toml" });
        json!({
            "packages": [core, acme, main],
            "resolve": { "root": "main", "nodes": [
                { "id": "main", "deps": [{ "name": "plugin_1", "pkg": "acme" }] },
                { "id": "acme", "deps": [{ "name": "deployer_core", "pkg": "core" }] },
                { "id": "core", "deps": [] },
            ] },
        })
    }

    fn resolve(core_package: Value) -> Result<Resolved> {
        resolved(&program(core_package), Path::new("/src"), &[core()], &["plugin_1".to_owned()])
    }

    #[test]
    fn crates_with_plugins_are_told_with_version_source_and_folder() {
        let found = resolve(
            json!({ "version": "0.1.0", "source": null, "manifest_path": "/src/crates/core/Cargo.toml" }),
        );
        let found = found.unwrap();
        let acme = Found { package: "store-acme".into(), version: "0.3.0".into(), source: "path".into() };
        assert_eq!(found.plugins, [acme]);
        assert_eq!(found.folders, [(PathBuf::from("/elsewhere/acme"), "store-acme".to_owned())]);
    }

    #[test]
    fn our_crates_never_come_from_elsewhere() {
        for (source, manifest, from) in [
            (
                json!("registry+https://x"),
                "/home/registry/deployer-core-0.2.0/Cargo.toml",
                "registry+https://x",
            ),
            (json!("git+https://x#1"), "/home/git/core/Cargo.toml", "git+https://x#1"),
            (json!(null), "/other/checkout/core/Cargo.toml", "/other/checkout/core"),
        ] {
            let error = resolve(json!({ "version": "0.2.0", "source": source, "manifest_path": manifest }))
                .unwrap_err();
            let expected = format!(
                "store-acme takes deployer-core 0.2.0 from {from}, not from this source tree, which has 0.1.0"
            );
            assert!(error.starts_with(&expected), "{error}");
        }
    }

    #[test]
    fn versions_that_do_not_fit_are_told_with_those_of_this_tree() {
        let said = "error: failed to select a version for the requirement `deployer-core = \"^0.2\"`\nrequired by package `store-acme`\n";
        let expected = "the plugins cannot be built together: failed to select a version for the requirement `deployer-core = \"^0.2\"`\n       \
                        required by package `store-acme`\n       this source tree has deployer-core 0.1.0";
        assert_eq!(unresolved(said, &[core()]), expected);
        assert_eq!(
            unresolved("error: no network", &[core()]),
            "the plugins cannot be built together: no network"
        );
    }

    #[test]
    fn a_stale_lock_file_is_told_with_what_it_lacks() {
        let lock = |packages: &[(&str, &str)]| -> String {
            let entry = |(name, version): &(&str, &str)| {
                format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n")
            };
            packages.iter().map(entry).collect()
        };
        let pinned = lock(&[("a", "1.0.0"), ("b", "1.0.0")]);
        assert_eq!(staleness(&pinned, &pinned).unwrap(), None);
        let made = lock(&[("a", "1.0.1"), ("b", "1.0.0"), ("c", "2.0.0")]);
        assert_eq!(staleness(&pinned, &made).unwrap().unwrap(), "lacks a 1.0.1, c 2.0.0, has unused a 1.0.0");
        let unused = "[[patch.unused]]\nname = \"deployer-git\"\nversion = \"0.1.0\"\n";
        assert_eq!(unused_patches(unused).unwrap(), BTreeSet::from(["deployer-git".to_owned()]));
        assert!(unused_patches(&pinned).unwrap().is_empty());
    }
}
