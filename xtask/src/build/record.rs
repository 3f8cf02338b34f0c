//! What was built: the program with its record, its bill of materials and its lock file, in one folder.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use toml::Table;

use super::catalog::NO_PLUGINS;
use super::distribution::CrateSource;
use super::order::{Order, text};
use super::profile::Profile;
use super::project::{Project, host};
use super::resolved::Found;
use super::{bill, licences, like};
use crate::shell::{Result, Shell, read};
use crate::workspace::PROGRAM;

/// The version of the format of `build.json`.
const FORMAT: u32 = 1;

/// Puts a program that was built into the folder of the result, where it keeps its permissions.
pub(super) fn place(order: &Order, program: &Path) -> Result<PathBuf> {
    let placed = order.output.join(format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX));
    let copied = fs::create_dir_all(&order.output).and_then(|()| fs::copy(program, &placed));
    copied.map_err(|error| format!("{}: {error}", placed.display()))?;
    Ok(placed)
}

/// Puts everything that describes a program beside it, and gives what a person should know. Removes it where it is not what was
/// ordered.
pub(super) fn write(shell: &Shell, order: &Order, project: &Project, program: &Path) -> Result<String> {
    let plugins = plugins(shell, order, program).inspect_err(|_| drop(fs::remove_file(program)))?;
    let bytes = fs::read(program).map_err(|error| format!("{}: {error}", program.display()))?;
    let lock = text(&project.lock)?;
    let (program_sum, lock_sum) = (sha256(&bytes), sha256(lock.as_bytes()));
    let tree = |edges: &str| project.tree(shell, edges, bill::FORMAT);
    let crates_in_it = tree(bill::EDGES)?;
    let bill = bill::bill(&crates_in_it, &tree(bill::ALL_EDGES)?, &lock, &program_sum)?;
    let licences = licences::page(&crates_in_it, &project.metadata(shell)?, shell.root())?;
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let version = text(&shell.root().join("Cargo.toml"))?.parse::<Table>().ok();
    let version = version.and_then(|manifest| {
        Some(manifest.get("workspace")?.get("package")?.get("version")?.as_str()?.to_owned())
    });
    let crates: Vec<Value> = order
        .foreign
        .iter()
        .zip(&project.resolved.plugins)
        .map(|(foreign, found)| {
            let commit = match &foreign.from {
                CrateSource::Path(path) => commit(shell, path),
                CrateSource::Git { rev, .. } => json!({ "id": rev, "changed": false }),
                CrateSource::Version(_) => Value::Null,
            };
            let Found { package, version, source } = found;
            json!({ "crate": package, "version": version, "source": source, "commit": commit })
        })
        .collect();
    let record = json!({
        "format": FORMAT,
        "name": order.name,
        "version": version,
        "commit": commit(shell, shell.root()),
        "features": order.features,
        "crates": crates,
        "plugins": plugins,
        "settings": order.settings.as_deref().map(|settings| json!({ "sha256": sha256(settings.as_bytes()) })),
        "profile": order.profile.word(),
        "static": order.is_static,
        "target": host(shell)?,
        "rustc": read(shell.program("rustc".as_ref()).arg("--version"))?,
        "program": { "file": name, "bytes": bytes.len(), "sha256": program_sum },
        "lock": { "file": "Cargo.lock", "sha256": lock_sum },
    });
    let files = [
        ("build.json", format!("{record:#}\n")),
        ("bom.json", format!("{bill:#}\n")),
        ("licences.txt", licences),
        ("Cargo.lock", lock),
    ];
    for (file, text) in files {
        let path = order.output.join(file);
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let shown = program.strip_prefix(shell.root()).unwrap_or(program).display();
    let profile = match order.profile {
        Profile::Dev => "   not optimised",
        Profile::Small | Profile::Fast => "",
    };
    let differs = |commit: &Value| !commit.is_object() || commit["changed"] == true;
    let changed = if differs(&record["commit"])
        || crates.iter().any(|it| it["source"] == "path" && differs(&it["commit"]))
    {
        "\n  note    built from files that are in no commit; build.json says which"
    } else {
        ""
    };
    Ok(format!(
        "{shown}   {:.1} MB{profile}\n  sha256  {program_sum}\n  lock    {lock_sum}\n  beside  build.json, bom.json, licences.txt, Cargo.lock{changed}",
        bytes.len() as f64 / 1e6
    ))
}

/// The commit of a folder, and whether the folder differs from it; null outside of git, and before the first commit.
fn commit(shell: &Shell, folder: &Path) -> Value {
    let git = |arguments: &[&str]| {
        let folder = folder.display().to_string();
        let output = shell.git(&["-C", &folder]).args(arguments).quiet().ignore_status().output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    // A folder that a repository ignores, or has never seen, has no commit.
    let is_tracked = git(&["ls-files", "--", "."]).is_some_and(|files| !files.is_empty());
    match (git(&["rev-parse", "HEAD"]), git(&["status", "--porcelain", "--", "."])) {
        (Some(id), Some(changes)) if is_tracked => json!({ "id": id, "changed": !changes.is_empty() }),
        _ => Value::Null,
    }
}

/// What the record says of the plugins of a program, which are those that were ordered.
fn plugins(shell: &Shell, order: &Order, program: &Path) -> Result<Vec<Value>> {
    let said = like::plugins(shell, program)?;
    let built: Vec<&Value> = said.iter().filter(|plugin| plugin["built"] == true).collect();
    truthful(order, &built)?;
    Ok(built.into_iter().map(short).collect())
}

/// What the record says of a plugin.
fn short(plugin: &Value) -> Value {
    json!({ "family": plugin["family"], "kind": plugin["kind"], "feature": plugin["feature"] })
}

/// Fails where a program does not say that it holds what it was built with, or lacks what its settings need.
fn truthful(order: &Order, plugins: &[&Value]) -> Result {
    let said: BTreeSet<&str> = plugins.iter().filter_map(|plugin| plugin["feature"].as_str()).collect();
    let asked: BTreeSet<&str> =
        order.features.iter().map(String::as_str).filter(|feature| !NO_PLUGINS.contains(feature)).collect();
    if said != asked {
        return Err(format!("the program says that it holds {said:?}, and was built with {asked:?}"));
    }
    let lacking = order.uses.iter().find(|used| {
        !plugins.iter().any(|plugin| plugin["family"] == used.family && plugin["kind"] == *used.kind)
    });
    match lacking {
        Some(used) => Err(format!(
            "the settings need {}-{}, which neither this source tree nor a plugin of the distribution has",
            used.family, used.kind
        )),
        None => Ok(()),
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_what_was_ordered_is_told() {
        let vault = json!({ "family": "store", "kind": "vault", "feature": "store-vault", "built": true });
        let acme = json!({ "family": "store", "kind": "acme", "feature": null, "built": true });
        let features: Vec<&str> = NO_PLUGINS.into_iter().chain(["store-vault"]).collect();
        let mut order = Order::for_test("x", &features, Vec::new());
        order.uses =
            super::super::settings::uses("x", "[stores.a]\nkind = \"acme\"\n[source]\nkind = \"acme\"")
                .unwrap();
        order.uses.retain(|used| used.family == "store");
        assert_eq!(truthful(&order, &[&vault, &acme]), Ok(()));
        assert!(truthful(&order, &[&vault]).unwrap_err().contains("store-acme"));
        assert!(truthful(&order, &[&acme]).unwrap_err().contains("built with {\"store-vault\"}"));
    }

    #[test]
    fn a_changed_folder_is_told_from_its_commit() {
        let shell = Shell::new().unwrap();
        let folder = crate::workspace::target_folder(&shell).unwrap().join("record");
        fs::remove_dir_all(&folder).ok();
        fs::create_dir_all(&folder).unwrap();
        let repository = Shell::at(folder.clone()).unwrap();
        let git = |arguments: &[&str]| {
            read(repository.git(&["-c", "user.name=a", "-c", "user.email=a@b"]).args(arguments)).unwrap()
        };
        assert_eq!(commit(&repository, &folder.join("nowhere")), Value::Null);
        git(&["init", "--quiet"]);
        fs::write(folder.join("a"), "1").unwrap();
        assert_eq!(commit(&repository, &folder), Value::Null, "nothing is committed");
        git(&["add", "a"]);
        git(&["commit", "--quiet", "--message", "One"]);
        let id = git(&["rev-parse", "HEAD"]);
        assert_eq!(commit(&repository, &folder), json!({ "id": id, "changed": false }));
        fs::write(folder.join("b"), "2").unwrap();
        assert_eq!(commit(&repository, &folder), json!({ "id": id, "changed": true }));
    }

    #[test]
    fn a_sum_is_written_in_hexadecimal() {
        assert_eq!(sha256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
