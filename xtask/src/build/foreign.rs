//! What the sources of crates with plugins say before anything is compiled: which plugins they declare, and what is wrong with those that
//! a distribution registers.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use syn::{Expr, Item, Lit, Type};

use super::catalog::{Catalog, FAMILIES};
use super::distribution::{CrateSource, Foreign};
use crate::shell::Result;
use crate::words::closest;

/// A family and a kind.
pub(super) type Kind = (&'static str, String);

/// The plugins that crates of other makers bring; `None` if not all of them can be read from sources. Fails if one cannot be registered
/// beside the others and the plugins of the features.
pub(super) fn kinds(
    foreign: &[Foreign],
    features: &BTreeSet<String>,
    catalog: &Catalog,
) -> Result<Option<BTreeSet<Kind>>> {
    let (mut problems, mut found, mut all_known) = (Vec::new(), BTreeSet::new(), true);
    for foreign in foreign {
        let CrateSource::Path(path) = &foreign.from else {
            all_known = false;
            continue;
        };
        if !path.join("Cargo.toml").is_file() {
            problems.push(format!(
                "{}: there is no crate in {}{}",
                foreign.place,
                path.display(),
                near(path)
            ));
            continue;
        }
        let sources = Sources::read(&path.join("src"))?;
        for constant in &foreign.register {
            let name = constant.rsplit("::").next().unwrap_or(constant);
            match sources.kind(name) {
                Some(kind) => {
                    if let Some(other) = taken(&kind, &found, features, catalog) {
                        let (family, kind) = &kind;
                        problems.push(format!(
                            "{}: `{constant}` is a second plugin {family} {kind:?}; the first is that of {other}",
                            foreign.place
                        ));
                    }
                    found.insert(kind);
                }
                None if sources.lacks(name) => {
                    let near = closest(name, sources.declared.iter().map(|declared| declared.name.as_str()));
                    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                    problems.push(format!(
                        "{}: {} has no constant `{name}`{near}",
                        foreign.place,
                        path.display()
                    ));
                }
                None => all_known = false,
            }
        }
    }
    if problems.is_empty() { Ok(all_known.then_some(found)) } else { Err(problems.join("\n       ")) }
}

/// Who has a plugin of this kind already.
fn taken(
    kind: &Kind,
    found: &BTreeSet<Kind>,
    features: &BTreeSet<String>,
    catalog: &Catalog,
) -> Option<String> {
    let is_same = |row: &&super::catalog::Row| (row.family, &row.kind) == (kind.0, &kind.1);
    let row = catalog.rows.iter().filter(|row| features.contains(&row.feature)).find(is_same);
    let of_tree = row.map(|row| format!("the feature {}", row.feature));
    of_tree.or_else(|| found.contains(kind).then(|| "another constant of the distribution".to_owned()))
}

/// The crate beside a wrong path that its name comes closest to.
fn near(path: &Path) -> String {
    let folder = path.parent().and_then(|parent| fs::read_dir(parent).ok()).into_iter().flatten().flatten();
    let is_crate = |path: &PathBuf| path.join("Cargo.toml").is_file();
    let crates = folder.map(|entry| entry.path()).filter(is_crate);
    let names: BTreeSet<String> =
        crates.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let near = closest(&name, names.iter().map(String::as_str));
    near.map(|near| format!("; did you mean {near}, beside it?")).unwrap_or_default()
}

/// A constant of the type `Plugin`.
struct Declared {
    name: String,
    kind: Option<String>,
    family: Option<&'static str>,
    /// The constant that the rest of it comes from.
    base: Option<String>,
}

/// The sources of a crate.
#[derive(Default)]
struct Sources {
    declared: Vec<Declared>,
    text: String,
}

impl Sources {
    fn read(folder: &Path) -> Result<Self> {
        let mut sources = Self::default();
        sources.add(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(sources)
    }

    fn add(&mut self, folder: &Path) -> std::io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                self.add(&path)?;
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                self.parse(&fs::read_to_string(&path)?);
            }
        }
        Ok(())
    }

    /// Takes the text of a file. The compiler complains of one that is not Rust.
    fn parse(&mut self, text: &str) {
        let items = syn::parse_file(text).map(|file| file.items).unwrap_or_default();
        self.declared.extend(items.iter().filter_map(declared));
        self.text.push_str(text);
    }

    /// The family and the kind of a constant, as far as they can be read.
    fn kind(&self, name: &str) -> Option<Kind> {
        let find = |name: &str| self.declared.iter().find(|declared| declared.name == name);
        let declared = find(name)?;
        let base = declared.base.as_deref().and_then(find);
        let family = declared.family.or_else(|| base?.family)?;
        Some((family, declared.kind.clone().or_else(|| base?.kind.clone())?))
    }

    /// Whether a constant can come from nowhere: it is not named, and nothing is exported without its name.
    fn lacks(&self, name: &str) -> bool {
        !self.text.contains(name) && !self.text.contains("::*")
    }
}

/// The plugin that an item declares: `pub const ACME: Plugin = Plugin::new("acme", …, Build::Store(build)).with_about("…");`.
fn declared(item: &Item) -> Option<Declared> {
    let Item::Const(item) = item else { return None };
    let Type::Path(path) = &*item.ty else { return None };
    if path.path.segments.last()?.ident != "Plugin" {
        return None;
    }
    let mut value = &*item.expr;
    // The methods change neither the kind nor the family.
    while let Expr::MethodCall(call) = value {
        value = &call.receiver;
    }
    let last = |expression: &Expr| match expression {
        Expr::Path(path) => Some(path.path.segments.last()?.ident.to_string()),
        _ => None,
    };
    let name = item.ident.to_string();
    let Expr::Call(new) = value else {
        return Some(Declared { name, kind: None, family: None, base: Some(last(value)?) });
    };
    let kind = new.args.first().and_then(|kind| match kind {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    });
    let (variant, base) = match new.args.last() {
        Some(Expr::Call(build)) => (last(&build.func), None),
        // `ACME.build` is that of another constant.
        Some(Expr::Field(build)) => (None, last(&build.base)),
        _ => (None, None),
    };
    // `Notifier` builds a plugin of the family `notify`.
    let is_variant = |family: &str, word: &str| word.to_lowercase().starts_with(&family[..family.len() - 1]);
    let family = variant
        .and_then(|word| FAMILIES.iter().map(|(_, family, ..)| *family).find(|it| is_variant(it, &word)));
    Some(Declared { name, kind, family, base })
}

#[cfg(test)]
mod tests {
    use super::super::catalog::example;
    use super::*;

    const LIBRARY: &str = "pub const ACME: Plugin = Plugin::new(\"acme\", ORIGIN, OF, Build::Store(build)).stable();\n\
                           pub const FILE: Plugin = Plugin::new(\"file\", ACME.origin, ACME.settings, ACME.build);\n\
                           pub const PAGER: Plugin = plugin::Plugin::new(\"pager\", ORIGIN, OF, Build::Notifier(|s, c| make(s, c)));\n\
                           made!(MACRO);\n";

    fn of(path: &Path, register: &[&str]) -> Foreign {
        Foreign {
            package: None,
            from: CrateSource::Path(path.to_owned()),
            register: register.iter().map(|&name| name.to_owned()).collect(),
            place: "acme.toml:4".to_owned(),
        }
    }

    /// A folder below that of cargo's builds, with a crate `store-acme` in it.
    fn folder(name: &str) -> PathBuf {
        let folder = crate::workspace::target_folder(&crate::shell::Shell::new().unwrap()).unwrap();
        let folder = folder.join("foreign").join(name);
        fs::create_dir_all(folder.join("store-acme/src")).unwrap();
        fs::write(folder.join("store-acme/Cargo.toml"), "").unwrap();
        fs::write(folder.join("store-acme/src/lib.rs"), LIBRARY).unwrap();
        folder
    }

    #[test]
    fn kinds_are_read_from_sources_as_far_as_they_say_them() {
        let path = folder("read").join("store-acme");
        let kinds = |register: &[&str]| kinds(&[of(&path, register)], &BTreeSet::new(), &example());
        let expected = BTreeSet::from([
            ("store", "acme".to_owned()),
            ("store", "file".to_owned()),
            ("notify", "pager".to_owned()),
        ]);
        assert_eq!(kinds(&["ACME", "sub::FILE", "PAGER"]), Ok(Some(expected)));
        assert_eq!(kinds(&["ACME", "MACRO"]), Ok(None), "a macro can declare it");
    }

    #[test]
    fn what_cannot_be_registered_is_told_with_its_place() {
        let folder = folder("wrong");
        let features = BTreeSet::from(["store-file".to_owned()]);
        let problem = |path: &str, register: &[&str]| {
            kinds(&[of(&folder.join(path), register)], &features, &example()).unwrap_err()
        };
        let told = problem("store-acm", &["ACME"]);
        let expected = format!(
            "acme.toml:4: there is no crate in {}/store-acm; did you mean store-acme, beside it?",
            folder.display()
        );
        assert_eq!(told, expected);
        assert!(
            problem("store-acme", &["ACNE"])
                .ends_with("store-acme has no constant `ACNE`; did you mean `ACME`?")
        );
        assert_eq!(
            problem("store-acme", &["FILE"]),
            "acme.toml:4: `FILE` is a second plugin store \"file\"; the first is that of the feature store-file"
        );
        assert!(
            problem("store-acme", &["ACME", "ACME"]).contains("that of another constant of the distribution")
        );
    }
}
