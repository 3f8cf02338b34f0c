use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::*;
use crate::shell::read;
use crate::tidy;
use crate::workspace::target_folder;

/// A plugin of each family.
const PLUGINS: [(&str, &str); 5] = [
    ("source", "wiki-pages"),
    ("store", "key-cabinet"),
    ("target", "shelf"),
    ("notify", "pager"),
    ("state", "drawer"),
];

/// A copy of the repository in the folder that cargo builds into. Files keep their times, so that what was built of them counts.
struct WorkspaceCopy(Shell);

impl WorkspaceCopy {
    fn new(name: &str) -> Self {
        let original = Shell::new().unwrap();
        let root = target_folder(&original).unwrap().join("new-plugin").join(name);
        fs::remove_dir_all(&root).ok();
        let files = listed(&original, &["--cached", "--others"]);
        for path in files.iter().filter(|path| original.root().join(path).exists()) {
            copy(&original.root().join(path), &root.join(path));
        }
        let copy = Self(Shell::at(root).unwrap());
        // Cargo tells packages apart by their paths in a workspace; another version keeps what is built here from replacing what is
        // built there.
        copy.edit("Cargo.toml", |text| text.replacen("version = \"", "version = \"1000", 1));
        read(copy.0.git(&["init", "--quiet"])).unwrap();
        copy.accept();
        copy
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.root().join(path)
    }

    fn edit(&self, path: &str, change: impl Fn(&str) -> String) {
        let text = fs::read_to_string(self.path(path)).unwrap();
        fs::write(self.path(path), change(&text)).unwrap();
    }

    /// Takes everything as it is now for unchanged.
    fn accept(&self) {
        read(self.0.cargo(&["update", "--quiet", "--workspace", "--offline"])).unwrap();
        read(self.0.git(&["add", "--all"])).unwrap();
    }

    /// What has changed since, and what is new.
    fn changed(&self) -> BTreeSet<String> {
        listed(&self.0, &["--modified", "--others"])
    }
}

/// What git lists, without what it is told to overlook.
fn listed(shell: &Shell, which: &[&str]) -> BTreeSet<String> {
    let listed = read(shell.git(&["ls-files", "-z", "--exclude-standard"]).args(which)).unwrap();
    listed.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::copy(from, to).unwrap();
    let time = fs::metadata(from).unwrap().modified().unwrap();
    File::options().write(true).open(to).unwrap().set_modified(time).unwrap();
}

/// The places that CONTRIBUTING.md lists for a new plugin: the first path of every item of its list.
fn places(contributing: &str, names: &Names) -> BTreeSet<String> {
    let (_, section) = contributing.split_once("## Add a plugin").unwrap();
    let is_item = |line: &&str| line.starts_with(|c: char| c.is_ascii_digit());
    let items = section.lines().take_while(|line| !line.starts_with("## ")).filter(is_item);
    let path = |item: &str| item.split('`').nth(1).map(str::to_owned);
    items.filter_map(path).map(|path| path.replace("<family>-<name>", &names.feature)).collect()
}

#[test]
fn a_plugin_touches_the_places_that_are_listed_and_no_other() {
    let copy = WorkspaceCopy::new("places");
    let contributing = fs::read_to_string(copy.path("CONTRIBUTING.md")).unwrap();
    for (family, name) in PLUGINS {
        let names = Names::new(family, name).unwrap();
        make(&copy.0, &names).unwrap();
        let folder = format!("plugins/{}", names.feature);
        let below = |path: &str| path.strip_prefix(&folder).is_some_and(|rest| rest.starts_with('/'));
        let place = |path: String| if below(&path) { folder.clone() } else { path };
        let touched: BTreeSet<String> = copy.changed().into_iter().map(place).collect();
        assert_eq!(touched, places(&contributing, &names), "{family}");
        let again = make(&copy.0, &names).unwrap_err();
        assert!(again.contains(&format!("{folder} exists already")), "{again}");
        copy.accept();
    }
    let taken = make(&copy.0, &Names::new("store", "environment").unwrap()).unwrap_err();
    assert_eq!(taken, "store \"environment\" exists already, in plugins/store-file: choose another name");
    tidy::check(&copy.0).unwrap();
    read(copy.0.cargo(&["fmt", "--all", "--check"])).unwrap();
}

#[test]
fn a_plugin_of_every_family_builds_and_keeps_its_contract() {
    let copy = WorkspaceCopy::new("contracts");
    for (family, name) in PLUGINS {
        make(&copy.0, &Names::new(family, name).unwrap()).unwrap();
    }
    // All of the workspace, so that what its dependencies were built with is what it is here; of it, these tests alone.
    let tests = PLUGINS.iter().flat_map(|(_, name)| ["--test", name]);
    let command =
        copy.0.cargo(&["test", "--workspace", "--locked", "--offline", "--no-fail-fast"]).args(tests);
    let target = target_folder(&Shell::new().unwrap()).unwrap();
    let output = command.env("CARGO_TARGET_DIR", target).quiet().ignore_status().output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{out}\n{err}");
    assert!(!err.contains("warning:"), "{err}");
    let passed =
        |test: &str| out.lines().filter(|line| line.contains(test) && line.ends_with(" ... ok")).count();
    assert_eq!(passed("test settings::the_example_builds"), PLUGINS.len(), "{out}");
    for family in ["sources", "stores", "targets", "notifiers", "places"] {
        assert_eq!(passed(&format!("test contract::the_contract_of_{family}_is_kept")), 1, "{family}: {out}");
    }
}
