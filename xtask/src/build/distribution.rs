//! The file that describes a named program.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::profile::Profile;
use crate::shell::Result;
use crate::words::closest;

/// A program by name, as its file describes it. Paths start at the folder of the file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Distribution {
    pub(super) name: String,
    /// Features, families and short names.
    pub(super) features: Option<Vec<String>>,
    /// The settings file that features are derived from.
    pub(super) derived_from: Option<PathBuf>,
    /// The settings file that the program carries.
    pub(super) settings: Option<PathBuf>,
    /// Whether the program refuses any other settings than those it carries.
    pub(super) settings_only: bool,
    /// Plugins of other makers.
    pub(super) plugins: Vec<Foreign>,
    pub(super) profile: Option<Profile>,
}

/// A crate of another maker that holds plugins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Foreign {
    /// Its package; `None` when the manifest in its folder tells.
    pub(super) package: Option<String>,
    pub(super) from: CrateSource,
    /// The constants of the type `Plugin` that are registered: `ACME`, or `module::ACME`.
    pub(super) register: Vec<String>,
}

/// Where a crate is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CrateSource {
    Path(PathBuf),
    /// A version requirement of the registry.
    Version(String),
}

const KEYS: [&str; 7] = ["name", "features", "for", "settings", "settings_only", "plugins", "profile"];
const PLUGIN_KEYS: [&str; 4] = ["package", "path", "version", "register"];

impl Distribution {
    /// Reads the text of a file; tells everything that is wrong with it.
    pub(super) fn parse(file: &Path, text: &str) -> Result<Self> {
        let table: Table = text.parse().map_err(|error| format!("{}: {error}", file.display()))?;
        let folder = file.parent().unwrap_or(Path::new(""));
        let mut reader = Reader { folder, problems: unknown_keys(&table, &KEYS) };
        let distribution = Self {
            name: reader.text(&table, "name").unwrap_or_default(),
            features: reader.texts(&table, "features"),
            derived_from: reader.path(&table, "for"),
            settings: reader.path(&table, "settings"),
            settings_only: reader.boolean(&table, "settings_only"),
            plugins: reader.plugins(&table),
            profile: reader.profile(&table),
        };
        if let Some(problem) =
            name_problem(&distribution.name).filter(|_| !table.get("name").is_some_and(|name| !name.is_str()))
        {
            reader.problems.push(format!("`name` {problem}; it names the folder of the result"));
        }
        if distribution.settings_only && distribution.settings.is_none() {
            reader
                .problems
                .push("`settings_only` needs `settings`, the file that the program carries".to_owned());
        }
        if distribution.features.is_none()
            && distribution.derived_from.is_none()
            && distribution.settings.is_none()
        {
            reader
                .problems
                .push("say `features`, or `for`, a settings file that they are derived from".to_owned());
        }
        if reader.problems.is_empty() {
            return Ok(distribution);
        }
        Err(format!("{} cannot be used:\n       {}", file.display(), reader.problems.join("\n       ")))
    }
}

/// Why a text cannot name a folder under `dist/`; `None` if it can.
pub(super) fn name_problem(text: &str) -> Option<String> {
    let accepted = "use letters (a-z), digits, `-`, `_` and `.`";
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    match text.chars().next() {
        None => Some(format!("is missing: {accepted}")),
        _ if let Some(wrong) = text.chars().find(|c| !allowed(*c)) => {
            Some(format!("{text:?} contains {wrong:?}: {accepted}"))
        }
        Some(first) if !first.is_ascii_alphanumeric() => {
            Some(format!("{text:?} starts with {first:?}: start with a letter or a digit"))
        }
        _ => None,
    }
}

fn unknown_keys(table: &Table, known: &[&str]) -> Vec<String> {
    let unknown = table.keys().filter(|key| !known.contains(&key.as_str()));
    unknown
        .map(|key| match closest(key, known.iter().copied()) {
            Some(near) => format!("unknown key `{key}`; did you mean `{near}`?"),
            None => format!("unknown key `{key}`; there are `{}`", known.join("`, `")),
        })
        .collect()
}

/// Reads values and keeps what is wrong with them.
struct Reader<'a> {
    folder: &'a Path,
    problems: Vec<String>,
}

impl Reader<'_> {
    fn text(&mut self, table: &Table, key: &str) -> Option<String> {
        let text = table.get(key).map(Value::as_str)?;
        if text.is_none() {
            self.problems.push(format!("`{key}` must be a text"));
        }
        text.map(str::to_owned)
    }

    fn texts(&mut self, table: &Table, key: &str) -> Option<Vec<String>> {
        let list = table.get(key)?.as_array();
        let texts = list.and_then(|list| list.iter().map(|text| text.as_str().map(str::to_owned)).collect());
        if texts.is_none() {
            self.problems.push(format!("`{key}` must be a list of texts"));
        }
        texts
    }

    fn boolean(&mut self, table: &Table, key: &str) -> bool {
        let value = table.get(key).map(Value::as_bool);
        if value == Some(None) {
            self.problems.push(format!("`{key}` must be true or false"));
        }
        value.flatten().unwrap_or(false)
    }

    fn path(&mut self, table: &Table, key: &str) -> Option<PathBuf> {
        self.text(table, key).map(|path| self.folder.join(path))
    }

    fn profile(&mut self, table: &Table) -> Option<Profile> {
        let word = self.text(table, "profile")?;
        Profile::parse(&word).map_err(|problem| self.problems.push(problem)).ok()
    }

    fn plugins(&mut self, table: &Table) -> Vec<Foreign> {
        let Some(value) = table.get("plugins") else { return Vec::new() };
        let tables: Option<Vec<&Table>> =
            value.as_array().and_then(|list| list.iter().map(Value::as_table).collect());
        let Some(tables) = tables else {
            self.problems.push(
                "`plugins` must be a list of tables: { path = \"../store-acme\", register = [\"ACME\"] }"
                    .to_owned(),
            );
            return Vec::new();
        };
        tables.into_iter().filter_map(|table| self.plugin(table)).collect()
    }

    fn plugin(&mut self, table: &Table) -> Option<Foreign> {
        self.problems.extend(unknown_keys(table, &PLUGIN_KEYS));
        let package = self.text(table, "package");
        let register = self.texts(table, "register").unwrap_or_default();
        let from = match (self.path(table, "path"), self.text(table, "version")) {
            (Some(path), None) => Some(CrateSource::Path(path)),
            (None, Some(version)) if package.is_some() => Some(CrateSource::Version(version)),
            (None, Some(_)) => {
                self.problems.push("a plugin with a `version` needs its `package` too".to_owned());
                None
            }
            _ => {
                self.problems.push("a plugin needs either `path` or `version`".to_owned());
                None
            }
        };
        if register.is_empty() || !register.iter().all(|path| is_constant(path)) {
            let message = "`register` of a plugin must name constants of its crate, as [\"ACME\"] or [\"module::ACME\"]";
            self.problems.push(message.to_owned());
            return None;
        }
        Some(Foreign { package, from: from?, register })
    }
}

/// Whether a text is a path of Rust names and nothing else: it becomes part of a program.
fn is_constant(text: &str) -> bool {
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    text.split("::").all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Distribution> {
        Distribution::parse(Path::new("acme/acme.toml"), text)
    }

    #[test]
    fn a_file_says_what_is_built() {
        let text = r#"
            name = "acme"
            features = ["vault", "target-git"]
            for = "../deployer.toml"
            settings = "deployer.toml"
            settings_only = true
            profile = "fast"
            plugins = [
                { path = "../store-acme", register = ["ACME", "other::ACME_2"] },
                { package = "acme-notify", version = "1.2", register = ["PAGER"] },
            ]
        "#;
        let foreign = |package: Option<&str>, from, register: &[&str]| Foreign {
            package: package.map(str::to_owned),
            from,
            register: register.iter().map(|&name| name.to_owned()).collect(),
        };
        let expected = Distribution {
            name: "acme".into(),
            features: Some(vec!["vault".into(), "target-git".into()]),
            derived_from: Some("acme/../deployer.toml".into()),
            settings: Some("acme/deployer.toml".into()),
            settings_only: true,
            profile: Some(Profile::Fast),
            plugins: vec![
                foreign(None, CrateSource::Path("acme/../store-acme".into()), &["ACME", "other::ACME_2"]),
                foreign(Some("acme-notify"), CrateSource::Version("1.2".into()), &["PAGER"]),
            ],
        };
        assert_eq!(parse(text), Ok(expected));
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let text = r#"
            name = "../acme"
            feature = ["vault"]
            profile = "tiny"
            plugins = [
                { path = "a", register = ["A; evil()"] },
                { version = "1", register = ["A"] },
                { register = ["A"] },
            ]
        "#;
        let expected = "acme/acme.toml cannot be used:
       unknown key `feature`; did you mean `features`?
       `register` of a plugin must name constants of its crate, as [\"ACME\"] or [\"module::ACME\"]
       a plugin with a `version` needs its `package` too
       a plugin needs either `path` or `version`
       there is no profile `tiny`: small, fast or dev
       `name` \"../acme\" contains '/': use letters (a-z), digits, `-`, `_` and `.`; it names the folder of the result
       say `features`, or `for`, a settings file that they are derived from";
        assert_eq!(parse(text).unwrap_err(), expected);
    }

    #[test]
    fn a_wrong_character_of_a_name_is_named() {
        for (name, expected) in [
            ("acme", None),
            ("a-b_c.1", None),
            ("", Some("is missing")),
            ("acme prod", Some("contains ' '")),
            ("båt", Some("contains 'å'")),
            (".acme", Some("starts with '.'")),
        ] {
            let problem = name_problem(name);
            let is_right = match (&problem, expected) {
                (None, None) => true,
                (Some(problem), Some(part)) => problem.contains(part),
                _ => false,
            };
            assert!(is_right, "{name:?}: {problem:?}");
        }
        assert!(
            parse("name = \"a\"\nfeatures = []\nsettings_only = true\n")
                .unwrap_err()
                .contains("needs `settings`")
        );
    }

    #[test]
    fn values_of_another_type_are_told() {
        let error = parse("name = 1\nfeatures = \"vault\"\nplugins = [\"a\"]\n").unwrap_err();
        for part in [
            "`name` must be a text",
            "`features` must be a list of texts",
            "`plugins` must be a list of tables",
        ] {
            assert!(error.contains(part), "{part} in {error}");
        }
    }
}
