//! The licences of the crates of other makers in a program: expressions and texts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::shell::Result;

/// The beginnings of the names of files that contain a licence or a notice, in small letters.
const FILES: [&str; 5] = ["licen", "copying", "copyright", "notice", "unlicense"];

/// The largest text of a licence, in bytes. A larger file is something else.
const LARGEST: u64 = 256 * 1024;

/// What is known of a crate: name and version, licence expression, and the texts of its files.
#[derive(Debug)]
struct Crate {
    title: String,
    expression: String,
    texts: BTreeSet<String>,
}

/// The page for a program whose crates `cargo tree` lists as in [`super::bill`]. `metadata` is that of its workspace, and `root` the folder
/// of this source tree. Equal inputs give equal pages.
pub(super) fn page(tree: &str, metadata: &Value, root: &Path) -> Result<String> {
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut crates = BTreeMap::new();
    for (name, version) in super::bill::crates(tree)? {
        let is_it = |package: &&Value| package["name"] == *name && package["version"] == *version;
        let package = packages.iter().find(is_it);
        let package = package.ok_or_else(|| format!("cargo metadata does not list {name} {version}"))?;
        let text = |key: &str| package[key].as_str().unwrap_or_default();
        let folder = Path::new(text("manifest_path")).parent().unwrap_or(Path::new(""));
        if package["source"].is_null() && folder.starts_with(root) {
            continue;
        }
        let found = Crate {
            title: format!("{name} {version}"),
            expression: text("license").to_owned(),
            texts: texts(folder)?,
        };
        crates.insert((name, version), found);
    }
    Ok(written(crates.into_values()))
}

fn written(crates: impl Iterator<Item = Crate>) -> String {
    let mut list = String::new();
    let mut texts = BTreeMap::<String, Vec<String>>::new();
    for Crate { title, expression, texts: own } in crates {
        let expression = if expression.is_empty() { "see its text below" } else { &expression };
        let without = if own.is_empty() { " (the crate contains no text)" } else { "" };
        // Writing to a text cannot fail.
        let _ = writeln!(list, "{title}: {expression}{without}");
        for text in own {
            texts.entry(text).or_default().push(title.clone());
        }
    }
    let mut page = format!("Crates of other makers in this program, and their licences\n\n{list}");
    for (text, titles) in texts {
        let line = "-".repeat(80);
        let _ = write!(page, "\n{line}\n{}\n{line}\n\n{text}\n", titles.join(", "));
    }
    page
}

/// The texts in the folder of a crate, with line ends of one kind.
fn texts(folder: &Path) -> Result<BTreeSet<String>> {
    let failed = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    let mut texts = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(|error| failed(folder, error))?.flatten() {
        let name = entry.file_name().to_string_lossy().to_lowercase();
        let is_text = entry.metadata().is_ok_and(|about| about.is_file() && about.len() <= LARGEST);
        if is_text && FILES.iter().any(|start| name.starts_with(start)) {
            let bytes = fs::read(entry.path()).map_err(|error| failed(&entry.path(), error))?;
            let lines: Vec<String> =
                String::from_utf8_lossy(&bytes).lines().map(|line| line.trim_end().to_owned()).collect();
            texts.insert(lines.join("\n").trim_matches('\n').to_owned());
        }
    }
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::shell::{Shell, read};

    #[test]
    fn every_crate_of_others_is_listed_and_equal_texts_are_written_once() {
        let folder = crate::workspace::target_folder(&Shell::new().unwrap()).unwrap().join("licences");
        fs::remove_dir_all(&folder).ok();
        let package = |name: &str, files: &[(&str, &str)]| {
            let folder = folder.join(name);
            fs::create_dir_all(&folder).unwrap();
            files.iter().for_each(|(file, text)| fs::write(folder.join(file), text).unwrap());
            json!({ "name": name, "version": "1.0.0", "license": "MIT", "source": "registry",
                    "manifest_path": folder.join("Cargo.toml") })
        };
        let mut ours = package("ours", &[("LICENSE", "ours")]);
        let mut by_path = package("a", &[("LICENSE-MIT", "Permission\r\n\n"), ("lib.rs", "code")]);
        ours["source"] = Value::Null;
        by_path["source"] = Value::Null;
        let root = folder.join("ours");
        let packages = [
            ours,
            by_path,
            package("b", &[("license.txt", "Permission"), ("NOTICE", "A notice")]),
            package("c", &[]),
            package("unused", &[]),
        ];
        let tree = "0ours v1.0.0 (/src)\tMIT\n1a v1.0.0\tMIT\n2b v1.0.0\tMIT\n1c v1.0.0\tMIT\n";
        let page = page(tree, &json!({ "packages": packages }), &root).unwrap();
        let line = "-".repeat(80);
        let expected = format!(
            "Crates of other makers in this program, and their licences\n\n\
             a 1.0.0: MIT\nb 1.0.0: MIT\nc 1.0.0: MIT (the crate contains no text)\n\
             \n{line}\nb 1.0.0\n{line}\n\nA notice\n\n{line}\na 1.0.0, b 1.0.0\n{line}\n\nPermission\n"
        );
        assert_eq!(page, expected);
        assert!(super::page(tree, &json!({ "packages": [] }), &root).is_err());
    }

    #[test]
    fn the_program_with_all_plugins_names_a_licence_for_each_crate() {
        let shell = Shell::new().unwrap();
        let tree =
            ["tree", "--package", crate::workspace::PROGRAM, "--all-features", "--locked", "--offline"];
        let tree = shell.cargo(&tree).args(["--edges", super::super::bill::EDGES, "--prefix", "depth"]);
        let tree = read(tree.args(["--format", super::super::bill::FORMAT])).unwrap();
        let metadata = ["metadata", "--format-version", "1", "--all-features", "--locked", "--offline"];
        let metadata = serde_json::from_str(&read(shell.cargo(&metadata)).unwrap()).unwrap();
        let page = page(&tree, &metadata, shell.root()).unwrap();
        assert!(page.contains("\ntokio 1.") && page.contains("Permission is hereby granted"), "{page}");
        assert!(!page.contains("see its text below"), "a crate without an expression");
    }
}
