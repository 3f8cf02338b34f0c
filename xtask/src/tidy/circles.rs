//! Files of a crate that import each other, directly or through others.
//!
//! An import points at the file that defines the thing: re-exports are followed, so that a module file that only re-exports is in no
//! circle. Tests are left out.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};

use super::tree::{Finding, Tree};

/// A module, as the names on the way from the root of its crate.
type ModulePath = Vec<String>;

pub(super) fn findings(tree: &Tree) -> Vec<Finding> {
    let mut roots: Vec<String> =
        tree.packages.iter().map(|package| format!("{}/src/", package.folder.display())).collect();
    roots.sort();
    roots.iter().flat_map(|root| of_crate(tree, root)).collect()
}

/// The circles among the files below the folder of a crate's source.
fn of_crate(tree: &Tree, root: &str) -> Vec<Finding> {
    let sources = tree.files.iter().filter_map(|file| {
        let path = file.path.strip_prefix(root)?;
        let module = module_of(path)?;
        let parsed = syn::parse_file(&file.text).ok()?;
        Some((module, Source::read(file.path.clone(), &parsed)))
    });
    let sources: BTreeMap<ModulePath, Source> = sources.collect();
    let arrows = sources.iter().map(|(module, source)| {
        let targets = source.names.iter().filter_map(|name| defining(&sources, module, name, 0));
        (module, targets.filter(|target| *target != module).collect::<BTreeSet<_>>())
    });
    let arrows: BTreeMap<&ModulePath, BTreeSet<&ModulePath>> = arrows.collect();
    circles(&arrows)
        .into_iter()
        .map(|circle| {
            let shown: Vec<&str> =
                circle.iter().map(|module| sources[*module].path.trim_start_matches(root)).collect();
            let message = format!("these files import each other: {}", shown.join(", "));
            Finding::new(sources[circle[0]].path.as_str(), message)
        })
        .collect()
}

/// The module that a file holds; none for tests and programs beside the library.
fn module_of(path: &str) -> Option<ModulePath> {
    let path = path.strip_suffix(".rs")?;
    let mut steps: ModulePath = path.split('/').map(str::to_owned).collect();
    if steps[0] == "bin" || steps.iter().any(|step| step == "tests") {
        return None;
    }
    match steps.last().map(String::as_str) {
        Some("mod") => drop(steps.pop()),
        Some("lib" | "main") if steps.len() == 1 => steps.clear(),
        _ => {}
    }
    Some(steps)
}

/// What matters of a file: the paths that it names, and what it imports and re-exports under which name.
#[derive(Default)]
struct Source {
    path: String,
    names: BTreeSet<Vec<String>>,
    imports: BTreeMap<String, Vec<String>>,
    exports: BTreeMap<String, Vec<String>>,
}

impl Source {
    fn read(path: String, file: &syn::File) -> Self {
        let mut source = Self { path, ..Self::default() };
        source.visit_file(file);
        source
    }

    fn tree(&mut self, tree: &syn::UseTree, before: &mut Vec<String>, is_public: bool) {
        match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.tree(&path.tree, before, is_public);
                before.pop();
            }
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.tree(tree, before, is_public));
            }
            syn::UseTree::Name(name) => self.import(before, &name.ident, &name.ident, is_public),
            syn::UseTree::Rename(name) => self.import(before, &name.ident, &name.rename, is_public),
            syn::UseTree::Glob(_) => drop(self.names.insert(before.clone())),
        }
    }

    fn import(&mut self, before: &[String], name: &syn::Ident, known_as: &syn::Ident, is_public: bool) {
        let mut path = before.to_vec();
        if name != "self" {
            path.push(name.to_string());
        }
        if is_public {
            self.exports.insert(known_as.to_string(), path.clone());
        }
        self.imports.insert(known_as.to_string(), path.clone());
        self.names.insert(path);
    }
}

impl<'ast> Visit<'ast> for Source {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes = match item {
            syn::Item::Mod(item) => &item.attrs,
            syn::Item::Fn(item) => &item.attrs,
            syn::Item::Use(item) => &item.attrs,
            _ => return visit::visit_item(self, item),
        };
        if !attributes.iter().any(is_test) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let is_public = !matches!(item.vis, syn::Visibility::Inherited);
        self.tree(&item.tree, &mut Vec::new(), is_public);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let steps: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if steps.len() > 1 {
            self.names.insert(steps);
        }
        visit::visit_path(self, path);
    }
}

/// Whether an attribute keeps an item for tests.
fn is_test(attribute: &syn::Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute.parse_args::<syn::Ident>().is_ok_and(|condition| condition == "test")
}

/// The file that defines what a path in a module names; none when it is outside of the crate.
fn defining<'a>(
    sources: &'a BTreeMap<ModulePath, Source>,
    module: &ModulePath,
    path: &[String],
    depth: usize,
) -> Option<&'a ModulePath> {
    /// Re-exports of re-exports: more than any crate has.
    const DEPTH: usize = 16;
    let (mut at, mut rest) = match path.first()?.as_str() {
        "crate" => (Vec::new(), &path[1..]),
        "self" => (module.clone(), &path[1..]),
        "super" => (module.split_last()?.1.to_vec(), &path[1..]),
        name => {
            let child = [module.as_slice(), &[name.to_owned()]].concat();
            let imported = sources.get(module).and_then(|source| source.imports.get(name));
            if let Some(imported) = imported.filter(|_| depth < DEPTH && !sources.contains_key(&child)) {
                let path = [imported, &path[1..]].concat();
                return defining(sources, module, &path, depth + 1);
            }
            if !sources.contains_key(&child) {
                return None;
            }
            (module.clone(), path)
        }
    };
    while let Some((name, after)) = rest.split_first() {
        if name == "super" {
            at.pop()?;
            rest = after;
            continue;
        }
        let child = [at.as_slice(), std::slice::from_ref(name)].concat();
        if sources.contains_key(&child) {
            (at, rest) = (child, after);
            continue;
        }
        let exported = sources.get(&at).and_then(|source| source.exports.get(name));
        if let Some(exported) = exported.filter(|_| depth < DEPTH) {
            let target = defining(sources, &at, &[exported, after].concat(), depth + 1);
            return target.or_else(|| sources.get_key_value(&at).map(|(module, _)| module));
        }
        break;
    }
    // A module that stands alone at the end of a path is named, not used.
    (!rest.is_empty()).then(|| sources.get_key_value(&at).map(|(module, _)| module)).flatten()
}

/// The groups of files that reach each other (Tarjan's strongly connected components of more than one file).
fn circles<'a>(arrows: &BTreeMap<&'a ModulePath, BTreeSet<&'a ModulePath>>) -> Vec<Vec<&'a ModulePath>> {
    let reachable = |from: &'a ModulePath| {
        let mut seen = BTreeSet::new();
        let mut waiting = vec![from];
        while let Some(module) = waiting.pop() {
            let next = arrows.get(module).into_iter().flatten().copied();
            waiting.extend(next.filter(|next| seen.insert(*next)));
        }
        seen
    };
    let reach: BTreeMap<&ModulePath, BTreeSet<&ModulePath>> =
        arrows.keys().map(|module| (*module, reachable(module))).collect();
    let mut known = BTreeSet::new();
    let mut circles = Vec::new();
    for (module, targets) in &reach {
        if !targets.contains(*module) || known.contains(*module) {
            continue;
        }
        let circle: Vec<&ModulePath> =
            targets.iter().copied().filter(|other| reach[*other].contains(*module)).collect();
        known.extend(circle.iter().copied());
        circles.push(circle);
    }
    circles
}

#[cfg(test)]
mod tests {
    use super::super::tree::{told, tree};
    use super::*;
    use crate::workspace::Package;

    fn check(files: &[(&str, &str)]) -> Vec<String> {
        let package = Package { folder: "crates/x".into(), ..Package::default() };
        told(findings(&tree(files, vec![package])))
    }

    #[test]
    fn files_that_import_each_other_are_told_once() {
        let found = check(&[
            ("crates/x/src/lib.rs", "mod a; mod b; mod c;"),
            ("crates/x/src/a.rs", "use crate::b::B; pub struct A;"),
            ("crates/x/src/b.rs", "pub struct B; fn f() { super::c::g(); }"),
            ("crates/x/src/c.rs", "use super::a::A; pub fn g() {}"),
        ]);
        assert_eq!(found, ["crates/x/src/a.rs: these files import each other: a.rs, b.rs, c.rs"]);
    }

    #[test]
    fn a_module_that_is_imported_by_name_counts() {
        let found = check(&[
            ("crates/x/src/lib.rs", "mod a; mod b;"),
            ("crates/x/src/a.rs", "use crate::b; pub struct A; fn f() { b::g() }"),
            ("crates/x/src/b.rs", "use crate::a::A; pub fn g() {}"),
        ]);
        assert_eq!(found, ["crates/x/src/a.rs: these files import each other: a.rs, b.rs"]);
    }

    #[test]
    fn a_facade_is_in_no_circle_and_one_that_holds_code_is() {
        let facade = [
            ("crates/x/src/lib.rs", "mod m;"),
            ("crates/x/src/m/mod.rs", "mod a; mod b; pub use a::A; pub use b::B;"),
            ("crates/x/src/m/a.rs", "pub struct A;"),
            ("crates/x/src/m/b.rs", "use super::A; pub struct B;"),
        ];
        assert_eq!(check(&facade), Vec::<String>::new());
        let mut state = facade;
        state[1].1 = "mod a; mod b; pub use b::B; pub struct A;";
        assert_eq!(check(&state), ["crates/x/src/m/mod.rs: these files import each other: m/mod.rs, m/b.rs"]);
    }

    #[test]
    fn tests_count_for_nothing() {
        let files = [
            ("crates/x/src/lib.rs", "mod a; mod b;"),
            ("crates/x/src/a.rs", "use crate::b::B; pub struct A;"),
            ("crates/x/src/b.rs", "pub struct B; #[cfg(test)] mod tests { use crate::a::A; }"),
            ("crates/x/src/b/tests.rs", "use crate::a::A;"),
        ];
        assert_eq!(check(&files), Vec::<String>::new());
    }
}
