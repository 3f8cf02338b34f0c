//! What the files of a node say.

use std::collections::{BTreeMap, BTreeSet};

use super::variables_path;
use crate::document::{Node, SourceText, Value};
use crate::model::{Entity, Origin, Variables};

/// What every file of an entity is called.
const ENTITY_END: &str = ".conf.json";

/// What the files of a node hold.
#[derive(Debug, Default)]
pub struct Layout {
    /// The entities in files that hold nothing else and are called after them, by path.
    pub entities: BTreeMap<String, Entity>,
    /// Other entities that a node which reads these files would find.
    pub misplaced: Vec<Entity>,
    /// The variables of the environment; none when it has no file of them.
    pub variables: Option<Variables>,
    /// The files that stand for nothing, or not where they belong, as they are shown.
    pub stray: Vec<String>,
}

impl Layout {
    /// Reads files: each a path with `/`, and its content, which is none for what is no file, such as a link. `folder` is put before
    /// the paths that are shown, and may be empty. A file that cannot be understood is no failure: a deployment replaces it.
    pub fn read<'a>(
        files: impl IntoIterator<Item = (&'a str, Option<&'a [u8]>)>,
        folder: &str,
        environment: &str,
    ) -> Self {
        let variables_path = variables_path(environment);
        let mut layout = Self::default();
        let mut misplaced = Vec::new();
        for (path, bytes) in files {
            let shown = if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
            let document = bytes.and_then(|bytes| document(bytes, &shown));
            if path == variables_path {
                layout.variables =
                    document.and_then(|(root, source)| Variables::from_document(&root, &source).ok());
                if layout.variables.is_some() {
                    continue;
                }
            } else if let Some((root, source)) = document.filter(|_| path.ends_with(ENTITY_END)) {
                let origin = Origin::Observed(source);
                match Entity::new(root.clone(), origin.clone()) {
                    Ok(entity) if entity.file_path() == path => {
                        layout.entities.insert(path.to_owned(), entity);
                        continue;
                    }
                    _ if is_entity_path(path) => misplaced.extend(Entity::all_of(root, &origin).0),
                    _ => {}
                }
            }
            layout.stray.push(shown);
        }
        let mut known: BTreeSet<_> = layout.entities.values().map(|entity| entity.id().clone()).collect();
        misplaced.retain(|entity| known.insert(entity.id().clone()));
        Self { misplaced, ..layout }
    }

    /// All entities, those in their places first.
    pub fn all_entities(&self) -> Vec<Entity> {
        self.entities.values().chain(&self.misplaced).cloned().collect()
    }
}

/// Whether a node that reads these files takes the file for one of entities.
fn is_entity_path(path: &str) -> bool {
    let name = path.strip_prefix("pipes/").or_else(|| path.strip_prefix("systems/"));
    path == "node-metadata.conf.json"
        || name.is_some_and(|name| !name.contains('/') && name.ends_with(ENTITY_END))
}

fn document(bytes: &[u8], shown: &str) -> Option<(Node, SourceText)> {
    let source = SourceText::new(shown, std::str::from_utf8(bytes).ok()?);
    let parsed = source.parse().ok()?;
    matches!(parsed.root.value, Value::Object(_) | Value::Array(_)).then_some((parsed.root, source))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ids of entities, the number of variables, stray files.
    fn read(files: &[(&str, &str)]) -> (Vec<String>, Option<usize>, Vec<String>) {
        let files = files.iter().map(|(path, text)| (*path, Some(text.as_bytes())));
        let layout = Layout::read(files, "node", "test");
        let ids = layout.all_entities().iter().map(|entity| entity.id().to_string()).collect();
        (ids, layout.variables.map(|variables| variables.entries.len()), layout.stray)
    }

    const PIPE: &str = r#"{"_id": "a", "type": "pipe"}"#;

    #[test]
    fn files_where_they_belong_are_read() {
        let (ids, variables, stray) = read(&[
            ("node-metadata.conf.json", r#"{"_id": "node", "type": "metadata"}"#),
            ("pipes/a.conf.json", PIPE),
            ("systems/s.conf.json", r#"{"_id": "s", "type": "system:url"}"#),
            ("unknown/u.conf.json", r#"{"_id": "u", "type": "new"}"#),
            ("variables/variables-test.json", r#"{"x": 1}"#),
        ]);
        assert_eq!((ids.join(" "), variables, stray), ("node a s u".to_owned(), Some(1), Vec::new()));
    }

    #[test]
    fn misplaced_entities_are_entities_in_stray_files() {
        let (ids, _, stray) = read(&[
            ("pipes/b.conf.json", PIPE),
            ("pipes/list.conf.json", r#"[{"_id": "c", "type": "pipe"}, {"type": "pipe"}]"#),
        ]);
        assert_eq!(
            (ids.join(" "), stray.join(" ")),
            ("a c".to_owned(), "node/pipes/b.conf.json node/pipes/list.conf.json".to_owned())
        );
        let (ids, _, stray) = read(&[("pipes/0.conf.json", PIPE), ("pipes/a.conf.json", PIPE)]);
        assert_eq!((ids.len(), stray.len()), (1, 1), "the one in its place counts");
    }

    #[test]
    fn everything_else_is_stray() {
        let all = [
            ("README.md", "hello"),
            ("pipes/a.conf.json", "{"),
            ("pipes/a.json", PIPE),
            ("pipes/deep/a.conf.json", PIPE),
            ("variables/variables-prod.json", "{}"),
            ("variables/variables-test.json", "[]"),
        ];
        let (ids, variables, stray) = read(&all);
        assert_eq!((ids.len(), variables, stray.len()), (0, None, all.len()));
        assert_eq!(Layout::read([("pipes/link", None)], "", "test").stray, ["pipes/link"]);
    }
}
