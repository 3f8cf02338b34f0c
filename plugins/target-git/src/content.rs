//! What the node folder is to hold.

use std::collections::BTreeMap;

use deployer_core::format::indented;
use deployer_core::model::Desired;
use deployer_core::stages::same_entity;
use deployer_core::{Error, Kind, Result};
use deployer_git::{Content, File};

use crate::layout::{Layout, variables_path};

/// The whole content of the node folder, and how it differs from what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewFolder {
    pub(crate) files: BTreeMap<String, Content>,
    /// How many files are written.
    pub(crate) written: usize,
    /// How many files are removed.
    pub(crate) removed: usize,
}

impl NewFolder {
    /// Lays out a desired state. A file that already says the same keeps its bytes.
    ///
    /// # Errors
    /// `Verification` when two entities belong into one file, such as two with the type `metadata`.
    pub(crate) fn new(
        desired: &Desired,
        existing: &[File],
        layout: &Layout,
        environment: &str,
    ) -> Result<Self> {
        let existing: BTreeMap<&str, &File> =
            existing.iter().map(|file| (file.path.as_str(), file)).collect();
        let keep = |path: &str| existing.get(path).map(|file| Content::Keep((*file).clone()));
        let mut files = BTreeMap::new();
        let mut problems = Vec::new();
        for wanted in &desired.entities {
            let path = wanted.file_path();
            let same = layout.entities.get(&path).is_some_and(|there| same_entity(there, wanted));
            let kept = if same { keep(&path) } else { None };
            let content = kept.unwrap_or_else(|| Content::Write(indented(wanted.value()).into_bytes()));
            if files.insert(path.clone(), content).is_some() {
                let text =
                    format!("two entities belong into the file {path}, one of them is {:?}", wanted.id());
                problems.push(Error::new(Kind::Verification, text).at(wanted.place()));
            }
        }
        let path = variables_path(environment);
        let content = match (&desired.variables, &layout.variables) {
            (Some(wanted), Some(there)) if there.same_values(wanted) => keep(&path),
            (Some(wanted), _) if wanted.entries.is_empty() => None,
            (Some(wanted), _) => Some(Content::Write(indented(&wanted.to_value()).into_bytes())),
            (None, _) => keep(&path),
        };
        files.extend(content.map(|content| (path, content)));
        match problems.len() {
            0 => Ok(Self::compared(files, &existing)),
            1 => Err(problems.remove(0)),
            _ => Err(Error::many(Kind::Verification, "several entities belong into one file", problems)),
        }
    }

    fn compared(files: BTreeMap<String, Content>, existing: &BTreeMap<&str, &File>) -> Self {
        let written = files.values().filter(|content| matches!(content, Content::Write(_))).count();
        let removed = existing.keys().filter(|path| !files.contains_key(**path)).count();
        Self { files, written, removed }
    }

    /// Whether the folder already holds exactly this.
    pub(crate) fn is_same(&self) -> bool {
        self.written == 0 && self.removed == 0
    }
}

#[cfg(test)]
mod tests {
    use deployer_core::document::SourceText;
    use deployer_core::model::{Entity, Origin, Variables};

    use super::*;

    fn desired(entities: &[&str], variables: Option<&str>) -> Desired {
        let parse = |text: &str| {
            let source = SourceText::new("x", text);
            (source.parse().expect("JSON").root, source)
        };
        let entities = entities.iter().map(|text| {
            let (root, source) = parse(text);
            Entity::new(root, Origin::File(source)).expect("an entity")
        });
        let variables = variables.map(|text| {
            let (root, source) = parse(text);
            Variables::from_document(&root, &source).expect("variables")
        });
        Desired { entities: entities.collect(), variables, secrets: None }
    }

    fn shown(desired: &Desired, existing: &[(&str, &str)]) -> Vec<String> {
        let existing: Vec<File> = existing.iter().map(|(path, text)| File::new(*path, *text)).collect();
        let folder = NewFolder::new(desired, &existing, &Layout::read(&existing, "node", "test"), "test")
            .expect("one file each");
        let content = folder.files.iter().map(|(path, content)| match content {
            Content::Keep(_) => format!("{path} kept"),
            Content::Write(bytes) => format!("{path} {}", String::from_utf8_lossy(bytes)),
        });
        content.chain((folder.removed > 0).then(|| format!("{} removed", folder.removed))).collect()
    }

    #[test]
    fn a_file_that_says_the_same_keeps_its_bytes() {
        let wanted = desired(&[r#"{"_id": "a", "type": "pipe", "n": 1.0}"#], Some(r#"{"x": 1}"#));
        let same = [
            ("pipes/a.conf.json", "{\"type\":\"pipe\",\r\n\"n\":1,\"_id\":\"a\"}"),
            ("variables/variables-test.json", "{\"x\":1.0}"),
        ];
        assert_eq!(shown(&wanted, &same), ["pipes/a.conf.json kept", "variables/variables-test.json kept"]);
    }

    #[test]
    fn everything_else_is_replaced() {
        let wanted = desired(&[r#"{"_id":"a","type":"pipe"}"#], Some(r#"{"x": 1}"#));
        let there = [("pipes/a.conf.json", "{"), ("variables/variables-prod.json", "{}"), ("x", "y")];
        assert_eq!(
            shown(&wanted, &there),
            [
                "pipes/a.conf.json {\n  \"_id\": \"a\",\n  \"type\": \"pipe\"\n}\n",
                "variables/variables-test.json {\n  \"x\": 1\n}\n",
                "2 removed",
            ]
        );
    }

    #[test]
    fn variables_that_are_left_alone_stay_and_no_variables_need_no_file() {
        let there = [("variables/variables-test.json", "{\"x\": 1}")];
        assert_eq!(shown(&desired(&[], None), &there), ["variables/variables-test.json kept"]);
        assert_eq!(shown(&desired(&[], Some("{}")), &there), ["1 removed"]);
        assert!(shown(&desired(&[], Some("{}")), &[]).is_empty());
    }

    #[test]
    fn two_entities_cannot_share_a_file() {
        let wanted =
            desired(&[r#"{"_id": "a", "type": "metadata"}"#, r#"{"_id": "b", "type": "metadata"}"#], None);
        let error = NewFolder::new(&wanted, &[], &Layout::default(), "test").expect_err("one file");
        assert_eq!((error.kind(), error.places().len()), (Kind::Verification, 1));
    }
}
