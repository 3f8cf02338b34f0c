//! The files that are deployed.

use std::borrow::Cow;
use std::collections::HashSet;

use glob::{MatchOptions, Pattern};

use deployer_core::document::SourceText;
use deployer_core::error::{Error, Kind, Note, Place, Result};

/// The path of a deployed file, relative to the node folder, and the place that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The path, with `/`.
    pub path: String,
    /// The line of the list. The file itself if no list names it.
    pub place: Place,
}

/// The files that are deployed: files that lists name and files that match an include pattern, except files that match an exclude pattern.
/// Without lists and include patterns, every file of the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whitelist {
    /// The files of lists with one path a line, relative to the node folder.
    pub lists: Vec<String>,
    /// The files that are deployed in addition to the lists.
    pub include: Vec<Glob>,
    /// The files that are not deployed.
    pub exclude: Vec<Glob>,
}

impl Whitelist {
    /// Every file of the configuration.
    pub fn everything() -> Self {
        Self::default()
    }

    /// The files that one list names.
    pub fn list(path: impl Into<String>) -> Self {
        Self { lists: vec![path.into()], ..Self::default() }
    }

    /// Whether [`Self::choose`] needs the files of the configuration, beside the lists.
    pub fn asks_for_files(&self) -> bool {
        self.lists.is_empty() || !self.include.is_empty()
    }

    /// The files to deploy: the `listed` ones, then the others in order of their paths. `files` are the files of the configuration. Returns
    /// a warning for each glob that matches no file.
    pub fn choose(&self, listed: Vec<Listed>, files: &[&str]) -> (Vec<Listed>, Vec<Note>) {
        let mut unused: Vec<&Glob> = Vec::new();
        let mut chosen = listed;
        let included = |path: &&&str| {
            (self.lists.is_empty() && self.include.is_empty())
                || self.include.iter().any(|glob| glob.matches(path))
        };
        let more = files.iter().filter(included);
        chosen.extend(more.map(|path| Listed { path: (*path).to_owned(), place: Place::file(*path) }));
        let mut seen = HashSet::with_capacity(chosen.len());
        let first: Vec<bool> = chosen.iter().map(|listed| seen.insert(listed.path.as_str())).collect();
        let mut first = first.into_iter();
        chosen.retain(|_| first.next().unwrap_or_default());
        unused.extend(self.include.iter().filter(|glob| !files.iter().any(|path| glob.matches(path))));
        unused.extend(
            self.exclude.iter().filter(|glob| !chosen.iter().any(|listed| glob.matches(&listed.path))),
        );
        chosen.retain(|listed| !self.exclude.iter().any(|glob| glob.matches(&listed.path)));
        (chosen, unused.into_iter().filter_map(Glob::unused).collect())
    }
}

/// A pattern for paths below the node folder: `*` and `?` for text within a name, `[a-z]` for one character, `**` for any folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    pattern: Pattern,
    /// Where it is written. `None` for a default, which may match nothing.
    place: Option<Place>,
}

impl Glob {
    /// Reads a glob.
    ///
    /// # Errors
    /// `Settings` if it is invalid or leaves the node folder.
    pub fn new(text: &str, place: Option<Place>) -> Result<Self> {
        let refused = |message: String| Error::new(Kind::Settings, message).at_all(place.clone());
        let Some(path) = inside(text) else {
            return Err(refused(format!("{text:?} leaves the node folder"))
                .with_hint("globs are relative to the node folder, such as \"pipes/**\""));
        };
        let pattern = Pattern::new(&path).map_err(|error| {
            refused(format!("invalid glob {text:?}"))
                .with_cause(error.msg)
                .with_hint("write `*` for any text within a name, and `**` between slashes for any folders")
        })?;
        Ok(Self { pattern, place })
    }

    /// The same glob, without a warning if it matches no file.
    #[must_use]
    pub fn optional(self) -> Self {
        Self { place: None, ..self }
    }

    /// A text in which no character is special.
    pub fn escape(text: &str) -> String {
        Pattern::escape(text)
    }

    /// Whether a path matches.
    pub fn matches(&self, path: &str) -> bool {
        const OPTIONS: MatchOptions = MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: false,
        };
        self.pattern.matches_with(path, OPTIONS)
    }

    fn unused(&self) -> Option<Note> {
        let place = self.place.clone()?;
        Some(Note::warning(format!("the glob {:?} matches no file", self.pattern.as_str())).at_all([place]))
    }
}

/// How the name of each file of the configuration ends.
const CONFIGURATION_END: &str = ".conf.json";

/// Folders that the official command-line tool keeps beside a configuration.
const SIDE_FOLDERS: [&str; 2] = ["expected", "testdata"];

/// Whether a file is part of the configuration: not a side file of Sesam's command-line tool, not hidden, and not in a template folder. The
/// path is relative to the node folder.
pub fn is_configuration(path: &str, template_folders: &[&str]) -> bool {
    let mut steps = path.split('/');
    path.ends_with(CONFIGURATION_END)
        && !steps.clone().any(|step| step.starts_with('.'))
        && !steps.next().is_some_and(|first| SIDE_FOLDERS.contains(&first))
        && !template_folders
            .iter()
            .any(|folder| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
}

/// Reads a whitelist: one path per line, relative to the node folder. Blank lines and lines that start with `#` are skipped, blanks
/// around a path and repeated paths are ignored.
///
/// # Errors
/// `Verification`, with a related error for every line whose path leaves the node folder.
pub fn whitelist(source: &SourceText) -> Result<Vec<Listed>> {
    let lines = source.text().trim_start_matches('\u{feff}').lines();
    let count = lines.clone().count();
    let (mut listed, mut seen) = (Vec::with_capacity(count), HashSet::with_capacity(count));
    let mut problems = Vec::new();
    for (number, line) in (1..).zip(lines) {
        let text = line.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let place = Place::new(source.file().clone(), number, 0);
        match inside(text) {
            Some(path) if seen.insert(path.clone()) => {
                listed.push(Listed { path: path.into_owned(), place });
            }
            Some(_) => {}
            None => problems.push(
                Error::new(Kind::Verification, format!("{text:?} leaves the node folder"))
                    .at(place)
                    .with_hint("name a file below the node folder, such as pipes/name.conf.json"),
            ),
        }
    }
    if problems.is_empty() {
        Ok(listed)
    } else {
        Err(Error::many(Kind::Verification, "the whitelist names paths outside the node folder", problems))
    }
}

/// The path without `.` steps. `None` if it leaves its folder.
fn inside(path: &str) -> Option<Cow<'_, str>> {
    if path.starts_with('/') || path.contains(['\\', '\0']) || path.as_bytes().get(1) == Some(&b':') {
        return None;
    }
    let is_idle = |step: &str| step.is_empty() || step == ".";
    if !path.split('/').any(|step| is_idle(step) || step == "..") {
        return Some(path.into());
    }
    let steps: Vec<&str> = path.split('/').filter(|step| !is_idle(step)).collect();
    (!steps.is_empty() && !steps.contains(&"..")).then(|| steps.join("/").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Result<Vec<String>> {
        whitelist(&SourceText::new("w.txt", text))
            .map(|listed| listed.into_iter().map(|listed| listed.path).collect())
    }

    #[test]
    fn a_whitelist_forgives_how_it_is_written() {
        let text = "\u{feff}a.json\r\n\r\n  pipes/b.json \t\n# comment\n./pipes//b.json\na.json\n";
        assert_eq!(paths(text).unwrap(), ["a.json", "pipes/b.json"]);
    }

    #[test]
    fn every_path_that_leaves_the_folder_is_named_with_its_line() {
        let error = paths("a.json\n../b.json\n/c.json\npipes/../../d.json\nC:\\x\n").unwrap_err();
        let places: Vec<String> =
            error.related().iter().map(|related| related.places()[0].to_string()).collect();
        assert_eq!(places, ["w.txt:2", "w.txt:3", "w.txt:4", "w.txt:5"]);
    }

    fn glob(text: &str) -> Glob {
        Glob::new(text, Some(Place::file("deployer.toml"))).unwrap()
    }

    /// The chosen files, and the warnings.
    fn chosen(whitelist: &Whitelist, listed: &[&str]) -> (String, String) {
        let files =
            ["node-metadata.conf.json", "pipes/a.conf.json", "pipes/old/b.conf.json", "systems/s.conf.json"];
        let listed =
            listed.iter().map(|path| Listed { path: (*path).to_owned(), place: Place::file("w.txt") });
        let (chosen, notes) = whitelist.choose(listed.collect(), &files);
        let chosen: Vec<String> = chosen.into_iter().map(|listed| listed.path).collect();
        let notes: Vec<String> = notes.into_iter().map(|note| note.message).collect();
        (chosen.join(" "), notes.join(" "))
    }

    #[test]
    fn globs_choose_and_leave_out() {
        let globs = |include: &[&str], exclude: &[&str]| Whitelist {
            lists: Vec::new(),
            include: include.iter().map(|text| glob(text)).collect(),
            exclude: exclude.iter().map(|text| glob(text)).collect(),
        };
        let nothing = String::new();
        for (whitelist, expected) in [
            (globs(&["pipes/**"], &[]), "pipes/a.conf.json pipes/old/b.conf.json"),
            (globs(&["pipes/*"], &[]), "pipes/a.conf.json"),
            (
                globs(&["pipes/**", "systems/?.conf.json"], &["pipes/old/*"]),
                "pipes/a.conf.json systems/s.conf.json",
            ),
            (globs(&["./pipes//[a-c].conf.json"], &[]), "pipes/a.conf.json"),
            (globs(&[], &["**/old/**", "node-metadata.conf.json"]), "pipes/a.conf.json systems/s.conf.json"),
        ] {
            assert_eq!(chosen(&whitelist, &[]), (expected.to_owned(), nothing.clone()), "{whitelist:?}");
        }
    }

    #[test]
    fn lists_go_first_and_globs_leave_out_of_them() {
        let mut whitelist = Whitelist::list("w.txt");
        assert!(!whitelist.asks_for_files());
        whitelist.exclude = vec![glob("pipes/old/**")];
        assert!(!whitelist.asks_for_files());
        let listed = ["systems/s.conf.json", "pipes/old/b.conf.json"];
        assert_eq!(chosen(&whitelist, &listed).0, "systems/s.conf.json");
        whitelist.include = vec![glob("**/*.conf.json")];
        assert!(whitelist.asks_for_files());
        assert_eq!(
            chosen(&whitelist, &listed).0,
            "systems/s.conf.json node-metadata.conf.json pipes/a.conf.json"
        );
    }

    #[test]
    fn a_glob_that_matches_nothing_causes_a_warning_unless_it_is_a_default() {
        let whitelist = Whitelist {
            lists: Vec::new(),
            include: vec![glob("pipes/*"), glob("pipe/*"), Glob::new("unknown/**", None).unwrap()],
            exclude: vec![glob("systems/**")],
        };
        let (files, notes) = chosen(&whitelist, &[]);
        assert_eq!(files, "pipes/a.conf.json");
        assert_eq!(notes, "the glob \"pipe/*\" matches no file the glob \"systems/**\" matches no file");
    }

    #[test]
    fn a_glob_stays_in_the_node_folder() {
        for text in ["../**", "/pipes/*", "pipes/../../x", "", "C:*", "a\\b"] {
            assert!(Glob::new(text, None).unwrap_err().message().contains("leaves"), "{text}");
        }
        for text in ["pipes/a**", "[", "pipes/***"] {
            let error = Glob::new(text, Some(Place::new("d.toml", 3, 1))).unwrap_err();
            assert_eq!((error.kind(), error.places()[0].line), (Kind::Settings, 3), "{text}");
        }
        assert!(glob(&Glob::escape("[a]*")).matches("[a]*"));
    }

    #[test]
    fn side_files_are_not_part_of_the_configuration() {
        for path in [
            "node-metadata.conf.json",
            "pipes/a.conf.json",
            "team/pipes/expected/a.conf.json",
            "x/b.conf.json",
        ] {
            assert!(is_configuration(path, &["extra"]), "{path}");
        }
        for path in [
            "expected/a.conf.json",
            "testdata/a.conf.json",
            "expected/a.json",
            "test-env.json",
            ".expanded/pipes/a.conf.json",
            "pipes/._a.conf.json",
            ".sesamconfig.json",
            "extra/node-metadata.conf.json",
            "pipes/a.json",
        ] {
            assert!(!is_configuration(path, &["extra"]), "{path}");
        }
    }
}
