//! The files of a node folder, and what they say.

use std::collections::{BTreeMap, BTreeSet};

use deployer_core::document::{Node, SourceText, Value};
use deployer_core::model::{Entity, Origin, Variables};
use deployer_git::File;

/// What every file of an entity is called.
const ENTITY_END: &str = ".conf.json";

/// What a node folder holds.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    /// The entities in files that hold nothing else and are called after them, by path below the folder.
    pub(crate) entities: BTreeMap<String, Entity>,
    /// Other entities that a node which reads this folder would find.
    pub(crate) misplaced: Vec<Entity>,
    pub(crate) variables: Option<Variables>,
    /// Paths of the files that stand for nothing, or not where they belong.
    pub(crate) stray: Vec<String>,
}

/// The path of the variables file of an environment.
pub(crate) fn variables_path(environment: &str) -> String {
    format!("variables/variables-{environment}.json")
}

impl Layout {
    /// Reads the files of a folder. A file that cannot be read is no failure: a deployment replaces it.
    pub(crate) fn read(files: &[File], folder: &str, environment: &str) -> Self {
        let variables_path = variables_path(environment);
        let mut layout = Self::default();
        let mut misplaced = Vec::new();
        for file in files {
            let shown = format!("{folder}/{}", file.path);
            if file.path == variables_path {
                layout.variables = variables(file, &shown);
                if layout.variables.is_some() {
                    continue;
                }
            } else if let Some(entity) = entity(file, &shown) {
                layout.entities.insert(file.path.clone(), entity);
                continue;
            } else if is_entity_path(&file.path) {
                misplaced.extend(all_entities(file, &shown));
            }
            layout.stray.push(shown);
        }
        let mut known: BTreeSet<_> = layout.entities.values().map(|entity| entity.id().clone()).collect();
        misplaced.retain(|entity| known.insert(entity.id().clone()));
        Self { misplaced, ..layout }
    }
}

/// The entity of a file that holds one entity, and that is called after it.
fn entity(file: &File, shown: &str) -> Option<Entity> {
    let (root, source) = document(file, shown).filter(|_| file.path.ends_with(ENTITY_END))?;
    Entity::new(root, Origin::Observed(source)).ok().filter(|entity| entity.file_path() == file.path)
}

/// The variables of a file that holds an object.
fn variables(file: &File, shown: &str) -> Option<Variables> {
    let (root, source) = document(file, shown)?;
    Variables::from_document(&root, &source).ok()
}

/// Whether a node that reads this folder takes the file for one of entities.
fn is_entity_path(path: &str) -> bool {
    let name = path.strip_prefix("pipes/").or_else(|| path.strip_prefix("systems/"));
    path == "node-metadata.conf.json"
        || name.is_some_and(|name| !name.contains('/') && name.ends_with(ENTITY_END))
}

fn all_entities(file: &File, shown: &str) -> Vec<Entity> {
    let Some((root, source)) = document(file, shown) else { return Vec::new() };
    Entity::all_of(root, &Origin::Observed(source)).0
}

fn document(file: &File, shown: &str) -> Option<(Node, SourceText)> {
    let text = std::str::from_utf8(file.bytes.as_deref()?).ok()?;
    let source = SourceText::new(shown, text);
    let parsed = source.parse().ok()?;
    matches!(parsed.root.value, Value::Object(_) | Value::Array(_)).then_some((parsed.root, source))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)]) -> (Vec<String>, Option<usize>, Vec<String>) {
        let files: Vec<File> = files.iter().map(|(path, text)| File::new(*path, *text)).collect();
        let layout = Layout::read(&files, "node", "test");
        let ids =
            layout.entities.values().chain(&layout.misplaced).map(|entity| entity.id().to_string()).collect();
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
    }
}
