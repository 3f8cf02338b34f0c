//! The small program that registers plugins of other makers, through the same runner as our own `main`.

use std::fs;
use std::path::Path;

use toml::{Table, Value};

use super::distribution::{CrateSource, Foreign};
use super::order::{Order, text};
use crate::shell::Result;
use crate::workspace::PROGRAM;

/// The crates of ours that a plugin may depend on. A plugin that names them by version gets those of this source tree.
const RINGS: [(&str, &str); 3] =
    [("deployer-core", "crates/core"), ("deployer-http", "crates/http"), ("deployer-git", "crates/git")];

/// Writes the package of the program into a folder; says whether its lock file is pinned.
pub(super) fn write(root: &Path, folder: &Path, order: &Order) -> Result<bool> {
    let workspace: Table =
        text(&root.join("Cargo.toml"))?.parse().map_err(|error| format!("Cargo.toml: {error}"))?;
    let packages: Vec<Package> = order.foreign.iter().map(package).collect::<Result<_>>()?;
    let manifest = manifest(root, &workspace, order, &packages);
    let pinned = order.lock.as_ref().is_some_and(|lock| lock.is_file());
    if order.locked && !pinned {
        let lock = order.lock.as_ref().map_or("its lock file".into(), |lock| lock.display().to_string());
        return Err(format!(
            "--locked, and {lock} is missing: build once without, and keep the Cargo.lock of the result there"
        ));
    }
    let lock = match &order.lock {
        Some(lock) if pinned => text(lock)?,
        _ => text(&root.join("Cargo.lock"))?,
    };
    let mut files =
        vec![("Cargo.toml", manifest.to_string()), ("main.rs", main(order)), ("Cargo.lock", lock)];
    files.extend(order.settings.clone().map(|settings| ("settings.toml", settings)));
    let written = fs::create_dir_all(folder)
        .and_then(|()| files.iter().try_for_each(|(name, text)| fs::write(folder.join(name), text)));
    written.map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(pinned)
}

/// The package that holds plugins, and which crates of ours it wants by version and not by path.
fn package(foreign: &Foreign) -> Result<Package> {
    let file = match &foreign.from {
        CrateSource::Path(path) => path.join("Cargo.toml"),
        CrateSource::Version(_) => {
            let name = foreign.package.clone().ok_or("a plugin with a `version` needs its `package` too")?;
            return Ok(Package { name, rings: RINGS.map(|(name, _)| name).to_vec() });
        }
    };
    let manifest: Table = text(&file)?.parse().map_err(|error| format!("{}: {error}", file.display()))?;
    let own = || manifest.get("package").and_then(|package| package.get("name")?.as_str()).map(str::to_owned);
    let name = foreign.package.clone().or_else(own);
    let name = name.ok_or_else(|| format!("{} has no `package.name`", file.display()))?;
    let wants = |ring: &&str| {
        let wanted = manifest.get("dependencies").and_then(|dependencies| dependencies.get(*ring));
        wanted.is_some_and(|wanted| wanted.get("path").is_none())
    };
    Ok(Package { name, rings: RINGS.map(|(name, _)| name).into_iter().filter(wants).collect() })
}

/// A package of another maker.
struct Package {
    name: String,
    /// The crates of ours that it wants by version.
    rings: Vec<&'static str>,
}

/// The name that the program knows a crate by, whatever its own is.
fn alias(at: usize) -> String {
    format!("plugin_{}", at + 1)
}

fn manifest(root: &Path, workspace: &Table, order: &Order, packages: &[Package]) -> Table {
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
        let from = match &foreign.from {
            CrateSource::Path(path) => ("path", Value::from(path.display().to_string())),
            CrateSource::Version(version) => ("version", Value::from(version.as_str())),
        };
        dependencies
            .insert(alias(at), Value::from(table([("package", Value::from(package.name.as_str())), from])));
    }
    let wanted = |ring: &str| packages.iter().any(|package| package.rings.contains(&ring));
    let rings = RINGS.into_iter().filter(|(name, _)| wanted(name));
    let rings: Table =
        rings.map(|(name, path)| (name.to_owned(), Value::from(table([("path", at_root(path))])))).collect();
    let shared = workspace.get("workspace").and_then(|workspace| workspace.get("package"));
    let of_workspace = |key: &str| shared.and_then(|package| package.get(key)).cloned();
    let mut package =
        table([("name", Value::from(package_name(&order.name))), ("publish", Value::from(false))]);
    for key in ["version", "edition", "license"] {
        package.extend(of_workspace(key).map(|value| (key.to_owned(), value)));
    }
    let program = table([("name", Value::from(PROGRAM)), ("path", Value::from("main.rs"))]);
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

/// The name of the package for a distribution's name, which may hold dots.
fn package_name(name: &str) -> String {
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
        vec![
            Foreign { package: None, from: path, register: register(&["ACME", "other::ACME"]) },
            Foreign { package: Some("pager".into()), from: version, register: register(&["PAGER"]) },
        ]
    }

    #[test]
    fn the_program_registers_each_constant_with_the_public_runner() {
        let expected = "//! Generated from a distribution file by `cargo xtask build`.\n\n\
                        fn main() -> std::process::ExitCode {\n    sesam_deployer::Program::default()\n        \
                        .named(\"acme\")\n        .with(&plugin_1::ACME)\n        .with(&plugin_1::other::ACME)\n        .with(&plugin_2::PAGER)\n        \
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
        let package =
            |name: &str, rings: &[&'static str]| Package { name: name.into(), rings: rings.to_vec() };
        let packages = [package("store-acme", &[]), package("pager", &["deployer-core", "deployer-git"])];
        let manifest = manifest(Path::new("/src"), &workspace, &order, &packages);
        let expected: Table = r#"
            [package]
            name = "sesam-deployer-acme-x"
            version = "1.0.0"
            edition = "2024"
            publish = false
            [[bin]]
            name = "sesam-deployer"
            path = "main.rs"
            [dependencies]
            sesam-deployer = { path = "/src/crates/deployer", default-features = false, features = ["store-vault"] }
            plugin_1 = { package = "store-acme", path = "/elsewhere/store-acme" }
            plugin_2 = { package = "pager", version = "1.2" }
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
