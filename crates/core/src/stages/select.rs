//! Which files are deployed, and the entities in them.

use std::collections::HashSet;

use crate::document::SourceText;
use crate::error::{Error, Kind, Note, Place, Result};
use crate::model::{Entity, Origin};

/// A path that the whitelist names, relative to the node folder, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The path, with `/`.
    pub path: String,
    /// The line of the whitelist.
    pub place: Place,
}

/// Whether oddities that Sesam itself would swallow are failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// A duplicate key is a failure.
    Strict,
    /// A duplicate key is a warning, and the last one counts: as the original did.
    Lenient,
}

/// Reads a whitelist: one path a line, relative to the node folder. Blank lines and lines that start with `#` are skipped, blanks
/// around a path and a path's repetition do not count.
///
/// # Errors
/// `Verification`, with a related error for every line whose path leaves the node folder.
pub fn whitelist(source: &SourceText) -> Result<Vec<Listed>> {
    let mut listed = Vec::new();
    let mut seen = HashSet::new();
    let mut problems = Vec::new();
    for (number, line) in (1..).zip(source.text().trim_start_matches('\u{feff}').lines()) {
        let text = line.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let place = Place::new(source.file().clone(), number, 0);
        match inside(text) {
            Some(path) if seen.insert(path.clone()) => listed.push(Listed { path, place }),
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

/// The path without `.` steps, when it stays below the folder it is relative to.
fn inside(path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains(['\\', '\0']) || path.as_bytes().get(1) == Some(&b':') {
        return None;
    }
    let steps: Vec<&str> = path.split('/').filter(|step| !step.is_empty() && *step != ".").collect();
    (!steps.is_empty() && !steps.contains(&"..")).then(|| steps.join("/"))
}

/// The entities of files, in order, with what was wrong and what was odd.
#[derive(Debug, Default)]
pub struct Read {
    /// The entities.
    pub entities: Vec<Entity>,
    /// What is wrong: broken JSON, entities without an `_id`, duplicate keys where they count.
    pub problems: Vec<Error>,
    /// What is odd.
    pub notes: Vec<Note>,
}

/// Parses files into entities. The order of the files is the order of the entities.
pub fn read_entities(files: &[SourceText], strictness: Strictness) -> Read {
    let workers =
        std::thread::available_parallelism().map_or(1, usize::from).min(files.len() / PER_WORKER + 1);
    let share = files.len().div_ceil(workers).max(1);
    let mut read = Read::default();
    std::thread::scope(|scope| {
        let mut shares = files.chunks(share);
        let first = shares.next().unwrap_or_default();
        let others: Vec<_> = shares.map(|files| scope.spawn(move || read_share(files, strictness))).collect();
        read = read_share(first, strictness);
        for worker in others {
            let mut more = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            read.entities.append(&mut more.entities);
            read.problems.append(&mut more.problems);
            read.notes.append(&mut more.notes);
        }
    });
    read
}

/// Fewer files than this are not worth another thread.
const PER_WORKER: usize = 256;

fn read_share(files: &[SourceText], strictness: Strictness) -> Read {
    let mut read = Read::default();
    for source in files {
        let parsed = match source.parse() {
            Ok(parsed) => parsed,
            Err(error) => {
                read.problems.push(error.into());
                continue;
            }
        };
        if parsed.byte_order_mark {
            let note = Note::remark("the file starts with a byte order mark, which is ignored");
            read.notes.push(note.at_all([Place::file(source.file().clone())]));
        }
        for duplicate in &parsed.duplicates {
            let message = format!(
                "the key {:?} stands twice in one object, first at {}",
                duplicate.key, duplicate.first
            );
            match strictness {
                Strictness::Strict => read.problems.push(
                    Error::new(Kind::Verification, message)
                        .at(duplicate.place.clone())
                        .with_hint("remove one of them: Sesam keeps only the last"),
                ),
                Strictness::Lenient => read.notes.push(
                    Note::warning(format!("{message}; the last one counts"))
                        .at_all([duplicate.place.clone()]),
                ),
            }
        }
        let (mut entities, mut problems) = Entity::all_of(parsed.root, &Origin::File(source.clone()));
        read.entities.append(&mut entities);
        read.problems.append(&mut problems);
    }
    read
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

    #[test]
    fn files_become_entities_in_order_and_every_problem_is_found() {
        let files = [
            SourceText::new("a.json", r#"[{"_id": "a1"}, {"_id": "a2"}]"#),
            SourceText::new("b.json", "{\n  \"_id\": }"),
            SourceText::new("c.json", r#"{"_id": "x/y"}"#),
            SourceText::new("d.json", r#"{"_id": "d", "k": 1, "k": 2}"#),
        ];
        let read = read_entities(&files, Strictness::Strict);
        let ids: Vec<&str> = read.entities.iter().map(|entity| &**entity.id()).collect();
        assert_eq!(ids, ["a1", "a2", "d"]);
        let places: Vec<String> =
            read.problems.iter().map(|problem| problem.places()[0].to_string()).collect();
        assert_eq!(places, ["b.json:2:10", "c.json:1:9", "d.json:1:22"]);
        assert_eq!(read_entities(&files, Strictness::Lenient).problems.len(), 2);
    }
}
