//! The files of a configuration while they are edited.

use std::collections::{BTreeMap, BTreeSet};

use deployer_core::document::{Member, Node, SourceText, Value};
use deployer_core::format::{indented, portal};

/// The texts of files by their path below the root of the source, and which of them change.
#[derive(Debug, Default)]
pub(super) struct Files {
    texts: BTreeMap<String, String>,
    changed: BTreeSet<String>,
}

impl Files {
    pub(super) fn new(texts: BTreeMap<String, String>) -> Self {
        Self { texts, changed: BTreeSet::new() }
    }

    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &String> {
        self.texts.keys()
    }

    pub(super) fn set(&mut self, path: &str, text: String) {
        if self.text(path) != Some(&text) {
            self.texts.insert(path.to_owned(), text);
            self.changed.insert(path.to_owned());
        }
    }

    pub(super) fn remove(&mut self, path: &str) {
        if self.texts.remove(path).is_some() {
            self.changed.insert(path.to_owned());
        }
    }

    /// The files that change: their new text, or `None` for those that are removed.
    pub(super) fn into_changes(mut self) -> BTreeMap<String, Option<String>> {
        self.changed.into_iter().map(|path| (path.clone(), self.texts.remove(&path))).collect()
    }

    /// Writes an entity into a file, in place of the one with its id if the file is a list.
    pub(super) fn put(&mut self, path: &str, id: &str, value: &Value) {
        let text = match self.list(path) {
            None => portal(value),
            Some((source, items)) => match items.iter().find(|item| has_id(item, id)) {
                Some(item) => spliced(&source, item, value),
                None => {
                    indented(&Value::array(items.into_iter().map(|item| item.value).chain([value.clone()])))
                }
            },
        };
        self.set(path, text);
    }

    /// Takes an entity out of a file. Returns whether the file is removed with it.
    pub(super) fn take(&mut self, path: &str, id: &str) -> bool {
        let rest: Option<Vec<Node>> = self.list(path).map(|(_, mut items)| {
            items.retain(|item| !has_id(item, id));
            items
        });
        match rest.filter(|rest| !rest.is_empty()) {
            Some(rest) => {
                self.set(path, indented(&Value::array(rest.into_iter().map(|item| item.value))));
                false
            }
            None => {
                self.remove(path);
                true
            }
        }
    }

    /// The entities of a file that is a list.
    fn list(&self, path: &str) -> Option<(SourceText, Vec<Node>)> {
        let source = SourceText::new(path, self.text(path)?);
        match source.parse().ok()?.root.value {
            Value::Array(items) => Some((source, items)),
            _ => None,
        }
    }

    /// Sets or removes a variable of a variables file. A changed value leaves all other bytes of the file as they are.
    pub(super) fn put_variable(&mut self, path: &str, name: &str, value: Option<&Value>) {
        let source = SourceText::new(path, self.text(path).unwrap_or("{}"));
        let Ok(parsed) = source.parse() else { return };
        let Value::Object(object) = &parsed.root.value else { return };
        let text = match (value, object.get(name)) {
            (Some(value), Some(node)) => spliced(&source, node, value),
            (value, _) => {
                let kept = object.members().iter().filter(|member| &*member.key != name).cloned();
                let added = value.map(|value| Member::new(name, value.clone()));
                indented(&Value::object(kept.chain(added)))
            }
        };
        self.set(path, text);
    }
}

fn has_id(entity: &Node, id: &str) -> bool {
    entity.get("_id").and_then(Node::as_str) == Some(id)
}

/// A text with one value replaced. The new value is indented as the line on which the old one begins.
fn spliced(source: &SourceText, node: &Node, value: &Value) -> String {
    let text = source.text();
    let (before, after) = (&text[..node.span.start as usize], &text[node.span.end as usize..]);
    let line = before.rsplit('\n').next().unwrap_or_default();
    let indent: String = line.chars().take_while(|character| character.is_whitespace()).collect();
    let value = portal(value).trim_end().replace('\n', &format!("\n{indent}"));
    let mark = if source.byte_order_mark() { "\u{feff}" } else { "" };
    format!("{mark}{before}{value}{after}")
}
