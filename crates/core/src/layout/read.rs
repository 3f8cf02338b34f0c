//! Reading the files of a node.

use std::collections::{BTreeMap, BTreeSet};

use super::variables_path;
use crate::document::{Node, SourceText, Value};
use crate::model::{Entity, Origin, Variables};

/// The end of the name of every file of an entity.
const ENTITY_END: &str = ".conf.json";

/// The content of the files of a node.
#[derive(Debug, Default)]
pub struct Layout {
    /// The entities whose file contains nothing else and has their name, by path.
    pub entities: BTreeMap<String, Entity>,
    /// The other entities that a node finds in these files.
    pub misplaced: Vec<Entity>,
    /// The variables of the environment; `None` if it has no variables file.
    pub variables: Option<Variables>,
    /// The files that have no entities or variables, or have them at another path than expected, as messages show them.
    pub stray: Vec<String>,
}

impl Layout {
    /// Reads files: each is a path with `/` and its content; `None` if the entry isn't a file, such as a link. `folder` comes before the
    /// paths in messages; it can be empty. A file that cannot be parsed is not an error: a deployment replaces it.
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
                let is_list = matches!(root.value, Value::Array(_));
                let mut found = Entity::all_of(root, &Origin::Observed(source)).0;
                if let Some(entity) = found.pop_if(|entity| !is_list && entity.file_path() == path) {
                    layout.entities.insert(path.to_owned(), entity);
                    continue;
                }
                if is_entity_path(path) {
                    misplaced.append(&mut found);
                }
            }
            layout.stray.push(shown);
        }
        let mut known: BTreeSet<_> = layout.entities.values().map(|entity| entity.id().clone()).collect();
        misplaced.retain(|entity| known.insert(entity.id().clone()));
        Self { misplaced, ..layout }
    }

    /// All entities, those with a file of their own first.
    pub fn all_entities(&self) -> Vec<Entity> {
        self.entities.values().chain(&self.misplaced).cloned().collect()
    }
}

/// Whether a node reads entities from the file at this path.
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
