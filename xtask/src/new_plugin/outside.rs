//! A plugin in a folder of its own, outside of this workspace.

use std::fs;
use std::path::{Component, Path, PathBuf};

use toml::{Table, Value};

use super::names::Names;
use super::templates;
use crate::shell::{Result, Shell, run as run_command};
use crate::workspace::normalised;

/// Makes the plugin in a folder that is empty or absent: the crate, its lock file, and a distribution file for a program with it.
pub(super) fn make(shell: &Shell, names: &Names, folder: &Path) -> Result {
    let folder = normalised(&std::path::absolute(folder).map_err(|error| at(folder, &error))?);
    if folder.starts_with(shell.root()) {
        return Err(format!("{} is part of this workspace: leave out --outside", folder.display()));
    }
    if fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(format!("{} is not empty: name an empty or a new folder", folder.display()));
    }
    let root = relative(&folder, shell.root());
    let read =
        |path: &str| fs::read_to_string(shell.root().join(path)).map_err(|error| format!("{path}: {error}"));
    let workspace: Table = read("Cargo.toml")?.parse().map_err(|error| format!("Cargo.toml: {error}"))?;
    for (path, text) in templates::files(names) {
        let text = match path.as_str() {
            "Cargo.toml" => manifest(&text, &workspace, &root)?,
            "README.md" => format!("{text}{}", next_steps(names, &root)),
            _ => text,
        };
        write(&folder.join(path), &text)?;
    }
    write(&folder.join(format!("{}.toml", names.kind)), &distribution(names))?;
    write(&folder.join(".gitignore"), "/target\n")?;
    // The versions of this source tree; cargo removes the packages that the plugin does not need.
    write(&folder.join("Cargo.lock"), &read("Cargo.lock")?)?;
    let manifest = folder.join("Cargo.toml").display().to_string();
    run_command(shell.cargo(&[
        "update",
        "--quiet",
        "--workspace",
        "--offline",
        "--manifest-path",
        &manifest,
    ]))?;
    run_command(shell.cargo(&["fmt", "--manifest-path", &manifest]))
}

/// The manifest of a plugin that belongs to no workspace: it takes our crates by path, so that none comes from a registry, and other
/// crates in the versions of this source tree.
fn manifest(text: &str, workspace: &Table, root: &Path) -> Result<String> {
    let shared = workspace.get("workspace").and_then(Value::as_table);
    let of = |section: &str, key: &str| shared?.get(section)?.get(key).cloned();
    let mut lines = Vec::new();
    // The lints of this workspace are not those of others.
    for line in text.split("\n[lints]").next().unwrap_or_default().lines() {
        let Some(key) = line.strip_suffix(".workspace = true") else {
            lines.push(line.to_owned());
            continue;
        };
        match key {
            "version" => lines.push("version = \"0.1.0\"".to_owned()),
            "publish" => lines.push("publish = false".to_owned()),
            "license" => {}
            "edition" | "rust-version" => {
                lines.extend(of("package", key).map(|value| format!("{key} = {value}")));
            }
            _ => {
                let value =
                    of("dependencies", key).ok_or_else(|| format!("Cargo.toml has no dependency {key}"))?;
                lines.push(format!("{key} = {}", from_outside(value, root)));
            }
        }
    }
    lines.push("\n# A workspace of its own, wherever the folder is.\n[workspace]\n".to_owned());
    Ok(lines.join("\n"))
}

/// A dependency, with its path from outside.
fn from_outside(mut dependency: Value, root: &Path) -> Value {
    if let Some(path) = dependency.get_mut("path") {
        *path = Value::from(root.join(path.as_str().unwrap_or_default()).display().to_string());
    }
    dependency
}

/// A program with the plugin.
fn distribution(names: &Names) -> String {
    let Names { kind, constant, .. } = names;
    format!(
        "# A program with this plugin. Build it in a checkout of sesam-deployer: cargo xtask build --distribution PATH/{kind}.toml\n\
         name = \"{kind}\"\n\
         features = [\"source-folder\", \"store-file\", \"target-node\", \"target-folder\"]\n\
         plugins = [{{ path = \".\", register = [\"{constant}\"] }}]\n"
    )
}

/// What the README of such a plugin says besides.
fn next_steps(names: &Names, root: &Path) -> String {
    let (Names { kind, .. }, root) = (names, root.display());
    format!(
        "\n## Next steps\n\n\
         The crate expects a checkout of sesam-deployer in `{root}`. Change the paths in `Cargo.toml` if yours is elsewhere.\n\n\
         1. `cargo test` runs the contract suite against the service in memory, `tests/{kind}/service.rs`.\n\
         2. Put the calls of your service in the place of the sample's: first in `src`, then in `tests/{kind}/service.rs`.\n\
         3. Build a program with the plugin in the checkout: `cargo xtask build --distribution PATH/{kind}.toml`.\n\
         4. Keep `Cargo.lock` of the result beside `{kind}.toml` as `{kind}.lock`. Then `--locked` builds the same program again.\n"
    )
}

fn write(path: &Path, text: &str) -> Result {
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text));
    written.map_err(|error| at(path, &error))
}

fn at(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

/// The way from one absolute folder to another.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let shared = from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(to.components().skip(shared)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_the_checkout_is_relative() {
        for (from, to, expected) in [
            ("/a/acme", "/a/deployer", "../deployer"),
            ("/a/plugins/acme", "/a/deployer", "../../deployer"),
            ("/acme", "/a/deployer", "../a/deployer"),
        ] {
            assert_eq!(relative(Path::new(from), Path::new(to)), Path::new(expected));
        }
    }

    #[test]
    fn the_manifest_takes_our_crates_by_path_and_others_by_the_version_of_the_tree() {
        let text = "[package]\nname = \"x\"\nversion.workspace = true\nedition.workspace = true\nlicense.workspace = true\n\
                    publish.workspace = true\n\n[dependencies]\ndeployer-core.workspace = true\nserde.workspace = true\n\n\
                    [lints]\nworkspace = true\n";
        let workspace = "[workspace.package]\nedition = \"2024\"\n[workspace.dependencies]\n\
                         deployer-core = { path = \"crates/core\" }\nserde = { version = \"1.0.229\", features = [\"derive\"] }\n";
        let made = manifest(text, &workspace.parse().unwrap(), Path::new("../deployer")).unwrap();
        let expected = "[package]\nname = \"x\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n[dependencies]\n\
                        deployer-core = { path = \"../deployer/crates/core\" }\n\
                        serde = { version = \"1.0.229\", features = [\"derive\"] }\n[workspace]\n";
        let table = |text: &str| text.parse::<Table>().unwrap();
        assert_eq!(table(&made), table(expected), "{made}");
        let error = manifest("unknown.workspace = true", &Table::new(), Path::new("..")).unwrap_err();
        assert_eq!(error, "Cargo.toml has no dependency unknown");
    }
}
