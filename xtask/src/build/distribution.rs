//! The file that describes a named program.

use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::profile::Profile;
use super::reader::Reader;
use crate::shell::Result;
use crate::workspace::normalised;

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
    /// Where the distribution file names it: `acme.toml:4`.
    pub(super) place: String,
}

/// Where a crate is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CrateSource {
    Path(PathBuf),
    /// A version requirement of the registry.
    Version(String),
    /// A commit of a git repository.
    Git {
        /// The address of the repository.
        url: String,
        /// The commit.
        rev: String,
    },
}

const KEYS: [&str; 7] = ["name", "features", "for", "settings", "settings_only", "plugins", "profile"];
const PLUGIN_KEYS: [&str; 6] = ["package", "path", "version", "git", "rev", "register"];

impl Distribution {
    /// Reads the text of a file. The error lists everything that is wrong with it, each with its line.
    pub(super) fn parse(file: &Path, text: &str) -> Result<Self> {
        let mut reader = Reader::new(file, text);
        let root = DeTable::parse(text)
            .map_err(|error| reader.message(error.span().unwrap_or_default().start, error.message()))?;
        let table = root.get_ref();
        reader.unknown_keys(table, &KEYS);
        let distribution = Self {
            name: reader.text(table, "name").unwrap_or_default(),
            features: reader.texts(table, "features"),
            derived_from: reader.path(table, "for"),
            settings: reader.path(table, "settings"),
            settings_only: reader.boolean(table, "settings_only"),
            plugins: plugins(&mut reader, table),
            profile: profile(&mut reader, table),
        };
        let at = |key: &str| table.get(key).map_or(0, |value| value.span().start);
        if let Some(problem) = name_problem(&distribution.name)
            .filter(|_| table.get("name").is_none_or(|name| name.get_ref().is_str()))
        {
            reader.problem(at("name"), &format!("`name` {problem}; it names the folder of the result"));
        }
        if distribution.settings_only && distribution.settings.is_none() {
            let message = "`settings_only` needs `settings`, the file that the program carries";
            reader.problem(at("settings_only"), message);
        }
        if distribution.features.is_none()
            && distribution.derived_from.is_none()
            && distribution.settings.is_none()
        {
            reader.problem(0, "say `features`, or `for`, a settings file that they are derived from");
        }
        reader.outcome().map(|()| distribution)
    }
}

fn profile(reader: &mut Reader<'_>, table: &DeTable<'_>) -> Option<Profile> {
    let word = reader.text(table, "profile")?;
    let at = table.get("profile")?.span().start;
    Profile::parse(&word).map_err(|problem| reader.problem(at, &problem)).ok()
}

fn plugins(reader: &mut Reader<'_>, table: &DeTable<'_>) -> Vec<Foreign> {
    let Some(value) = table.get("plugins") else { return Vec::new() };
    let list = value.get_ref().as_array().into_iter().flatten();
    let tables: Vec<_> = list.map(|plugin| (plugin.span().start, plugin.get_ref().as_table())).collect();
    if !value.get_ref().is_array() || tables.iter().any(|(_, table)| table.is_none()) {
        let message =
            "`plugins` must be a list of tables: { path = \"../store-acme\", register = [\"ACME\"] }";
        reader.problem(value.span().start, message);
        return Vec::new();
    }
    tables.into_iter().filter_map(|(at, table)| plugin(reader, at, table?)).collect()
}

fn plugin(reader: &mut Reader<'_>, at: usize, table: &DeTable<'_>) -> Option<Foreign> {
    reader.unknown_keys(table, &PLUGIN_KEYS);
    let package = reader.text(table, "package");
    let register = reader.texts(table, "register").unwrap_or_default();
    let is_named = package.is_some();
    let [version, git, rev] = ["version", "git", "rev"].map(|key| reader.text(table, key));
    let from = match (reader.path(table, "path"), version, git, rev) {
        (Some(path), None, None, None) => Ok(CrateSource::Path(normalised(&path))),
        (None, Some(version), None, None) if is_named => Ok(CrateSource::Version(version)),
        (None, None, Some(url), Some(rev)) if is_named && is_commit(&rev) => {
            Ok(CrateSource::Git { url, rev })
        }
        (None, Some(_), None, None) | (None, None, Some(_), _) if !is_named => {
            Err("a plugin with a `version` or `git` needs its `package` too")
        }
        (None, None, Some(_), _) => Err("a plugin with `git` needs `rev`, a whole commit of 40 digits"),
        _ => Err("a plugin needs one of `path`, `version` and `git`"),
    };
    let from = from.map_err(|message| reader.problem(at, message)).ok();
    if register.is_empty() || !register.iter().all(|path| is_constant(path)) {
        let message =
            "`register` of a plugin must name constants of its crate, as [\"ACME\"] or [\"module::ACME\"]";
        reader.problem(table.get("register").map_or(at, |value| value.span().start), message);
        return None;
    }
    Some(Foreign { package, from: from?, register, place: reader.place(at) })
}

/// Whether a text is a commit of git in full: a branch, a tag and the beginning of a commit can change their meaning.
fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
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
                { package = "far", git = "https://x/far", rev = "0123456789012345678901234567890123456789", register = ["FAR"] },
            ]
        "#;
        let foreign = |package: Option<&str>, from, register: &[&str], line: usize| Foreign {
            package: package.map(str::to_owned),
            from,
            register: register.iter().map(|&name| name.to_owned()).collect(),
            place: format!("acme/acme.toml:{line}"),
        };
        let expected = Distribution {
            name: "acme".into(),
            features: Some(vec!["vault".into(), "target-git".into()]),
            derived_from: Some("acme/../deployer.toml".into()),
            settings: Some("acme/deployer.toml".into()),
            settings_only: true,
            profile: Some(Profile::Fast),
            plugins: vec![
                foreign(None, CrateSource::Path("store-acme".into()), &["ACME", "other::ACME_2"], 9),
                foreign(Some("acme-notify"), CrateSource::Version("1.2".into()), &["PAGER"], 10),
                foreign(
                    Some("far"),
                    CrateSource::Git {
                        url: "https://x/far".into(),
                        rev: "0123456789012345678901234567890123456789".into(),
                    },
                    &["FAR"],
                    11,
                ),
            ],
        };
        assert_eq!(parse(text), Ok(expected));
    }

    #[test]
    fn everything_wrong_is_told_at_once_with_its_line() {
        let text = r#"
            name = "../acme"
            feature = ["vault"]
            profile = "tiny"
            plugins = [
                { path = "a", register = ["A; evil()"] },
                { version = "1", register = ["A"] },
                { register = ["A"] },
                { package = "a", git = "https://x/a", rev = "main", register = ["A"] },
            ]
        "#;
        let expected = [
            "3: unknown key `feature`; did you mean `features`?",
            "6: `register` of a plugin must name constants of its crate, as [\"ACME\"] or [\"module::ACME\"]",
            "7: a plugin with a `version` or `git` needs its `package` too",
            "8: a plugin needs one of `path`, `version` and `git`",
            "9: a plugin with `git` needs `rev`, a whole commit of 40 digits",
            "4: there is no profile `tiny`: small, fast or dev",
            "2: `name` \"../acme\" contains '/': use letters (a-z), digits, `-`, `_` and `.`; it names the folder of the result",
            "1: say `features`, or `for`, a settings file that they are derived from",
        ];
        let expected = expected.map(|problem| format!("acme/acme.toml:{problem}")).join("\n       ");
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
