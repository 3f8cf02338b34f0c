//! The entities in files.

use crate::shares::in_shares;
use deployer_core::document::SourceText;
use deployer_core::error::{Error, Kind, Note, Place};
use deployer_core::model::{Entity, Origin};

/// Whether faults that Sesam ignores are errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// A duplicate key is an error.
    Strict,
    /// A duplicate key is a warning and the last value counts, as in the original.
    Lenient,
}

/// The entities of files, in order, with their problems and warnings.
#[derive(Debug, Default)]
pub struct Read {
    /// The entities.
    pub entities: Vec<Entity>,
    /// Invalid JSON, entities without an `_id`, and duplicate keys if they are errors.
    pub problems: Vec<Error>,
    /// Warnings and remarks.
    pub notes: Vec<Note>,
}

/// Parses files into entities. The order of the files is the order of the entities.
pub fn read_entities(files: &[SourceText], strictness: Strictness) -> Read {
    let mut shares = in_shares(files, |files| read_share(files, strictness)).into_iter();
    let mut read = shares.next().unwrap_or_default();
    for mut more in shares {
        read.entities.append(&mut more.entities);
        read.problems.append(&mut more.problems);
        read.notes.append(&mut more.notes);
    }
    read
}

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
                "the key {:?} is defined twice in one object, first at {}",
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
