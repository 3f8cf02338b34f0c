//! The small program that registers plugins of other makers, through the same runner as our own `main`.

use std::fs;
use std::path::Path;

use toml::{Table, Value};

use super::distribution::{CrateSource, Foreign};
use super::order::{Order, text};
use super::resolved::{self, Resolved, Ring};
use crate::shell::{Result, Shell};
use crate::workspace::PROGRAM;

/// A program that was written, and what it is made of.
#[derive(Debug)]
pub(super) struct Generated {
    /// Whether its lock file is pinned.
    pub(super) pinned: bool,
    pub(super) resolved: Resolved,
}

/// Writes the package of the program into a folder. Everything that can be wrong before the compiler runs is an error here.
pub(super) fn write(shell: &Shell, folder: &Path, order: &Order) -> Result<Generated> {
    let root = shell.root();
    let workspace: Table =
        text(&root.join("Cargo.toml"))?.parse().map_err(|error| format!("Cargo.toml: {error}"))?;
    let packages: Vec<String> = order.foreign.iter().map(package).collect::<Result<_>>()?;
    let lock_file = order.lock.as_ref().map_or("its lock file".into(), |lock| lock.display().to_string());
    let pinned = order.lock.as_ref().filter(|lock| lock.is_file());
    if order.locked && pinned.is_none() {
        return Err(format!(
            "--locked, and {lock_file} is missing: build once without, and keep the Cargo.lock of the result there"
        ));
    }
    let start = text(pinned.unwrap_or(&root.join("Cargo.lock")))?;

    // With all of our crates as patches, cargo lists what the plugins need, and which patches are of no use.
    let rings = resolved::rings(shell)?;
    let asked = folder.join("asked");
    let all = manifest(root, &workspace, order, &packages, &rings).to_string();
    put(&asked, &[("Cargo.toml", &all), ("main.rs", "fn main() {}\n"), ("Cargo.lock", &start)])?;
    let metadata = resolved::metadata(shell, &asked.join("Cargo.toml"), &rings)?;
    let aliases: Vec<String> = (0..packages.len()).map(alias).collect();
    let resolved = resolved::resolved(&metadata, root, &rings, &aliases)?;
    let made = text(&asked.join("Cargo.lock"))?;
    if let Some(difference) = pinned.map(|_| resolved::staleness(&start, &made)).transpose()?.flatten() {
        return Err(format!(
            "{lock_file} is stale: it {difference}. Remove it, build again, and keep the Cargo.lock of the result there"
        ));
    }

    let unused = resolved::unused_patches(&made)?;
    let used: Vec<Ring> = rings.into_iter().filter(|ring| !unused.contains(&ring.name)).collect();
    let manifest = manifest(root, &workspace, order, &packages, &used).to_string();
    let (main, lock) = (main(order), if pinned.is_some() { start } else { made });
    let mut files = vec![("Cargo.toml", &*manifest), ("main.rs", &main), ("Cargo.lock", &lock)];
    files.extend(order.settings.as_deref().map(|settings| ("settings.toml", settings)));
    put(folder, &files)?;
    Ok(Generated { pinned: pinned.is_some(), resolved })
}

/// Writes files into a folder. Those that are as they should be keep their times, so that nothing is built again.
fn put(folder: &Path, files: &[(&str, &str)]) -> Result {
    let differs =
        |name: &str, text: &str| fs::read(folder.join(name)).ok().as_deref() != Some(text.as_bytes());
    let changed = files.iter().filter(|(name, text)| differs(name, text));
    let written = fs::create_dir_all(folder)
        .and_then(|()| changed.into_iter().try_for_each(|(name, text)| fs::write(folder.join(name), text)));
    written.map_err(|error| format!("{}: {error}", folder.display()))
}

/// The name of the package that has plugins.
fn package(foreign: &Foreign) -> Result<String> {
    let file = match (&foreign.package, &foreign.from) {
        (Some(name), _) => return Ok(name.clone()),
        (None, CrateSource::Path(path)) => path.join("Cargo.toml"),
        (None, _) => return Err("a plugin with a `version` or `git` needs its `package` too".to_owned()),
    };
    let manifest: Table = text(&file)?.parse().map_err(|error| format!("{}: {error}", file.display()))?;
    let name = manifest.get("package").and_then(|package| package.get("name")?.as_str());
    name.map(str::to_owned).ok_or_else(|| format!("{} has no `package.name`", file.display()))
}

/// The name that the program knows a crate by, whatever its own is.
fn alias(at: usize) -> String {
    format!("plugin_{}", at + 1)
}

fn manifest(root: &Path, workspace: &Table, order: &Order, packages: &[String], rings: &[Ring]) -> Table {
    let at_root = |path: &str| Value::from(root.join(path).display().to_string());
    let features: Vec<Value> = order.features.iter().map(|feature| Value::from(feature.as_str())).collect();
    let mut dependencies = Table::from_iter([(
        PROGRAM.to_owned(),
        Value::from(table([
            ("path", at_root("crates/deployer")),
            ("default-features", Value::from(false)),
            ("features", Value::from(features)),
        ])),
    )]);
    for (at, (foreign, package)) in order.foreign.iter().zip(packages).enumerate() {
        let mut dependency = table([("package", Value::from(package.as_str()))]);
        dependency.extend(match &foreign.from {
            CrateSource::Path(path) => table([("path", Value::from(path.display().to_string()))]),
            CrateSource::Version(version) => table([("version", Value::from(version.as_str()))]),
            CrateSource::Git { url, rev } => {
                table([("git", Value::from(url.as_str())), ("rev", Value::from(rev.as_str()))])
            }
        });
        dependencies.insert(alias(at), Value::from(dependency));
    }
    let patch = |ring: &Ring| Value::from(table([("path", Value::from(ring.folder.display().to_string()))]));
    let rings: Table = rings.iter().map(|ring| (ring.name.clone(), patch(ring))).collect();
    let shared = workspace.get("workspace").and_then(|workspace| workspace.get("package"));
    let of_workspace = |key: &str| shared.and_then(|package| package.get(key)).cloned();
    let mut package =
        table([("name", Value::from(package_name(&order.name))), ("publish", Value::from(false))]);
    for key in ["version", "edition", "license"] {
        package.extend(of_workspace(key).map(|value| (key.to_owned(), value)));
    }
    let program = table([("name", Value::from(package_name(&order.name))), ("path", Value::from("main.rs"))]);
    let mut manifest = table([
        ("package", Value::from(package)),
        ("bin", Value::from(vec![Value::from(program)])),
        ("dependencies", Value::from(dependencies)),
        ("patch", Value::from(table([("crates-io", Value::from(rings))]))),
        // A workspace of its own, wherever it is written.
        ("workspace", Value::from(table([("resolver", Value::from("3"))]))),
    ]);
    manifest.extend(workspace.get("profile").map(|profiles| ("profile".to_owned(), profiles.clone())));
    manifest
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Table {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The name of the package, and of the file that cargo builds, for a distribution's name, which can contain dots. It is another one than
/// that of the workspace's program, which is left alone.
pub(super) fn package_name(name: &str) -> String {
    format!("{PROGRAM}-{}", name.replace('.', "-"))
}

/// The text of the program.
fn main(order: &Order) -> String {
    let mut text = "//! Generated from a distribution file by `cargo xtask build`.\n\n\
                    fn main() -> std::process::ExitCode {\n    sesam_deployer::Program::default()\n"
        .to_owned();
    if let Some(name) = order.given_name() {
        text.push_str(&format!("        .named({name:?})\n"));
    }
    for (at, foreign) in order.foreign.iter().enumerate() {
        for constant in &foreign.register {
            text.push_str(&format!("        .with(&{}::{constant})\n", alias(at)));
        }
    }
    if order.settings.is_some() {
        text.push_str("        .with_settings(include_str!(\"settings.toml\"))\n");
    }
    if order.settings_only {
        text.push_str("        .settings_only()\n");
    }
    text.push_str("        .run()\n}\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn foreign() -> Vec<Foreign> {
        let register = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let path = CrateSource::Path("/elsewhere/store-acme".into());
        let version = CrateSource::Version("1.2".into());
        let git = CrateSource::Git { url: "https://git.example.com/remote".into(), rev: "0123456789".into() };
        vec![
            Foreign {
                package: None,
                from: path,
                register: register(&["ACME", "other::ACME"]),
                place: String::new(),
            },
            Foreign {
                package: Some("pager".into()),
                from: version,
                register: register(&["PAGER"]),
                place: String::new(),
            },
            Foreign {
                package: Some("remote".into()),
                from: git,
                register: register(&["REMOTE"]),
                place: String::new(),
            },
        ]
    }

    #[test]
    fn the_program_registers_each_constant_with_the_public_runner() {
        let expected = "//! Generated from a distribution file by `cargo xtask build`.\n\n\
                        fn main() -> std::process::ExitCode {\n    sesam_deployer::Program::default()\n        \
                        .named(\"acme\")\n        .with(&plugin_1::ACME)\n        .with(&plugin_1::other::ACME)\n        .with(&plugin_2::PAGER)\n        .with(&plugin_3::REMOTE)\n        \
                        .with_settings(include_str!(\"settings.toml\"))\n        .settings_only()\n        .run()\n}\n";
        let mut order = Order::for_test("acme", &[], foreign());
        order.settings = Some(String::new());
        order.settings_only = true;
        assert_eq!(main(&order), expected);
    }

    #[test]
    fn the_package_takes_versions_and_profiles_from_the_workspace() {
        let workspace: Table = "[workspace.package]\nversion = \"1.0.0\"\nedition = \"2024\"\n\
                                [profile.small]\ninherits = \"release\"\n"
            .parse()
            .unwrap();
        let order = Order::for_test("acme.x", &["store-vault"], foreign());
        let packages = ["store-acme", "pager", "remote"].map(str::to_owned);
        let rings = [Ring::for_test("deployer-core", "core"), Ring::for_test("deployer-git", "git")];
        let manifest = manifest(Path::new("/src"), &workspace, &order, &packages, &rings);
        let expected: Table = r#"
            [package]
            name = "sesam-deployer-acme-x"
            version = "1.0.0"
            edition = "2024"
            publish = false
            [[bin]]
            name = "sesam-deployer-acme-x"
            path = "main.rs"
            [dependencies]
            sesam-deployer = { path = "/src/crates/deployer", default-features = false, features = ["store-vault"] }
            plugin_1 = { package = "store-acme", path = "/elsewhere/store-acme" }
            plugin_2 = { package = "pager", version = "1.2" }
            plugin_3 = { package = "remote", git = "https://git.example.com/remote", rev = "0123456789" }
            [patch.crates-io]
            deployer-core = { path = "/src/crates/core" }
            deployer-git = { path = "/src/crates/git" }
            [workspace]
            resolver = "3"
            [profile.small]
            inherits = "release"
        "#
        .parse()
        .unwrap();
        assert_eq!(manifest, expected);
    }
}
