//! Writing the files of a node.

use std::collections::BTreeMap;

use super::{Layout, variables_path};
use crate::document::Value;
use crate::error::{Error, Kind, Result};
use crate::model::{Desired, same_entity};

/// The new content of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileText {
    /// Its present content; if there is no such file, none is created.
    Keep,
    /// This text.
    Write(String),
}

/// The files of a node by path; all other files are removed. A file with the same entity or variables in `layout` keeps its bytes,
/// whatever its format; `format` writes the others, such as [`portal`](crate::format::portal).
///
/// # Errors
/// `Verification` if two entities have the same file, such as two with the type `metadata`.
pub fn node_files(
    desired: &Desired,
    layout: &Layout,
    environment: &str,
    format: fn(&Value) -> String,
) -> Result<BTreeMap<String, FileText>> {
    let mut files = BTreeMap::new();
    let mut problems = Vec::new();
    for wanted in &desired.entities {
        let path = wanted.file_path();
        let is_there = layout.entities.get(&path).is_some_and(|there| same_entity(there, wanted));
        let text = if is_there { FileText::Keep } else { FileText::Write(format(wanted.value())) };
        if files.insert(path.clone(), text).is_some() {
            let text = format!("two entities belong into the file {path}, one of them is {:?}", wanted.id());
            problems.push(Error::new(Kind::Verification, text).at(wanted.place()));
        }
    }
    let variables = match (&desired.variables, &layout.variables) {
        (None, _) => Some(FileText::Keep),
        (Some(wanted), Some(there)) if there.same_values(wanted) => Some(FileText::Keep),
        (Some(wanted), _) if wanted.entries.is_empty() => None,
        (Some(wanted), _) => Some(FileText::Write(format(&wanted.to_value()))),
    };
    files.extend(variables.map(|text| (variables_path(environment), text)));
    if problems.is_empty() {
        return Ok(files);
    }
    Err(Error::together(Kind::Verification, "several entities belong into one file", problems))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::SourceText;
    use crate::format::{indented, portal};
    use crate::model::{Entity, Origin, Variables};

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
        Desired::default().with_entities(entities.collect()).with_variables(variables)
    }

    fn shown(desired: &Desired, there: &[(&str, &str)], format: fn(&Value) -> String) -> Vec<String> {
        let there = there.iter().map(|(path, text)| (*path, Some(text.as_bytes())));
        let files = node_files(desired, &Layout::read(there, "node", "test"), "test", format);
        let show = |(path, text)| match text {
            FileText::Keep => format!("{path} kept"),
            FileText::Write(text) => format!("{path} {text}"),
        };
        files.expect("one file each").into_iter().map(show).collect()
    }

    #[test]
    fn each_entity_has_a_file_in_the_format_that_is_asked_for() {
        let wanted = desired(&[r#"{"type":"pipe","_id":"a","n":[1]}"#], Some(r#"{"x": 1}"#));
        assert_eq!(
            shown(&wanted, &[], portal),
            [
                "pipes/a.conf.json {\n  \"_id\": \"a\",\n  \"type\": \"pipe\",\n  \"n\": [1]\n}\n",
                "variables/variables-test.json {\n  \"x\": 1\n}\n",
            ]
        );
        assert_eq!(
            shown(&wanted, &[("pipes/a.conf.json", "{")], indented)[0],
            "pipes/a.conf.json {\n  \"type\": \"pipe\",\n  \"_id\": \"a\",\n  \"n\": [\n    1\n  ]\n}\n"
        );
    }

    #[test]
    fn a_file_that_says_the_same_is_kept() {
        let wanted = desired(&[r#"{"_id": "a", "type": "pipe", "n": 1.0}"#], Some(r#"{"x": 1.0}"#));
        let same = [
            ("pipes/a.conf.json", "{\"type\":\"pipe\",\r\n\"n\":1.00,\"_id\":\"a\"}"),
            ("variables/variables-test.json", "{\"x\":1e0}"),
        ];
        let kept = ["pipes/a.conf.json kept", "variables/variables-test.json kept"];
        assert_eq!(shown(&wanted, &same, portal), kept);
    }

    #[test]
    fn variables_that_are_left_alone_stay_and_no_variables_need_no_file() {
        let there = [("variables/variables-test.json", "{\"x\": 1}")];
        let kept = ["variables/variables-test.json kept"];
        assert_eq!(shown(&desired(&[], None), &there, portal), kept);
        assert!(shown(&desired(&[], Some("{}")), &there, portal).is_empty());
        assert!(shown(&desired(&[], Some("{}")), &[], portal).is_empty());
    }

    #[test]
    fn two_entities_cannot_share_a_file() {
        let two = [r#"{"_id": "a", "type": "metadata"}"#, r#"{"_id": "b", "type": "metadata"}"#];
        let error =
            node_files(&desired(&two, None), &Layout::default(), "test", portal).expect_err("one file");
        assert_eq!((error.kind(), error.places().len()), (Kind::Verification, 1));
    }
}
