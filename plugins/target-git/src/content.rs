//! The new content of the node folder.

use std::collections::BTreeMap;

use deployer_core::Result;
use deployer_core::format::indented;
use deployer_core::layout::{FileText, Layout, node_files};
use deployer_core::model::Desired;
use deployer_git::{Content, File};

/// The whole new content of the node folder, and the number of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewFolder {
    pub(crate) files: BTreeMap<String, Content>,
    /// The number of files to write.
    pub(crate) written: usize,
    /// The number of files to remove.
    pub(crate) removed: usize,
}

impl NewFolder {
    /// The files of a desired state. A file with the same content keeps its bytes.
    ///
    /// # Errors
    /// `Verification` if two entities have the same file, such as two with the type `metadata`.
    pub(crate) fn new(
        desired: &Desired,
        existing: &[File],
        layout: &Layout,
        environment: &str,
    ) -> Result<Self> {
        let existing: BTreeMap<&str, &File> =
            existing.iter().map(|file| (file.path.as_str(), file)).collect();
        let files =
            node_files(desired, layout, environment, indented)?.into_iter().filter_map(|(path, text)| {
                let content = match text {
                    FileText::Keep => Content::Keep((*existing.get(path.as_str())?).clone()),
                    FileText::Write(text) => Content::Write(text.into_bytes()),
                };
                Some((path, content))
            });
        Ok(Self::compared(files.collect(), &existing))
    }

    fn compared(files: BTreeMap<String, Content>, existing: &BTreeMap<&str, &File>) -> Self {
        let written = files.values().filter(|content| matches!(content, Content::Write(_))).count();
        let removed = existing.keys().filter(|path| !files.contains_key(**path)).count();
        Self { files, written, removed }
    }

    /// Whether the folder has this content already.
    pub(crate) fn is_same(&self) -> bool {
        self.written == 0 && self.removed == 0
    }
}

#[cfg(test)]
mod tests {
    use deployer_testkit::states::desired;

    use super::*;

    fn shown(desired: &Desired, existing: &[(&str, &str)]) -> Vec<String> {
        let existing: Vec<File> = existing.iter().map(|(path, text)| File::new(*path, *text)).collect();
        let layout = Layout::read(existing.iter().map(File::content), "node", "test");
        let folder = NewFolder::new(desired, &existing, &layout, "test").expect("one file each");
        let content = folder.files.iter().map(|(path, content)| match content {
            Content::Keep(_) => format!("{path} kept"),
            Content::Write(bytes) => format!("{path} {}", String::from_utf8_lossy(bytes)),
        });
        content.chain((folder.removed > 0).then(|| format!("{} removed", folder.removed))).collect()
    }

    #[test]
    fn a_file_that_says_the_same_keeps_its_bytes() {
        let wanted = desired(&[r#"{"_id": "a", "type": "pipe", "n": 1}"#], None);
        let same = [
            ("pipes/a.conf.json", "{\"type\":\"pipe\",\r\n\"n\":1,\"_id\":\"a\"}"),
            ("variables/variables-test.json", "{\"x\":1.0}"),
        ];
        assert_eq!(shown(&wanted, &same), ["pipes/a.conf.json kept", "variables/variables-test.json kept"]);
        assert_eq!(shown(&wanted, &[]).len(), 1, "variables that are not there are not made");
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
}
