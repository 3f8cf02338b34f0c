//! Template folders to start from, as `fixtures/templates` has them.

use clap::ValueEnum;

/// How an extra node is connected with the master.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TemplateFolder {
    /// The extra node pushes to the master.
    ExtraPushes,
    /// The extra node polls the master.
    ExtraPolls,
    /// The extra node pushes to the master and polls it.
    BothWays,
    /// The master polls the extra node.
    MasterPolls,
    /// Each node pushes JSON to an `http_endpoint` of the other.
    JsonPush,
    /// A proxy node pushes everything to the master and polls its datasets.
    Proxy,
    /// Both ways, with endpoints that one group may use.
    Secured,
}

/// A file of a template folder: its name and its text.
type GalleryFile = (&'static str, &'static str);

/// What the files have in place of the extra node's name.
const NODE: &str = "@NODE@";

macro_rules! files {
    ($folder:literal: $($file:literal),+) => {
        &[$(($file, include_str!(concat!("../../../fixtures/templates/", $folder, "/", $file)))),+]
    };
}

impl TemplateFolder {
    /// The files of the folder, for a node.
    pub(crate) fn files(self, node: &str) -> impl Iterator<Item = (&'static str, String)> {
        self.gallery_files().iter().map(move |(name, text)| (*name, text.replace(NODE, node)))
    }

    fn gallery_files(self) -> &'static [GalleryFile] {
        match self {
            Self::ExtraPushes => {
                files!("extra-pushes": "README.md", "node-metadata.conf.json", "pipe_on_extra_from_extra_to_master.json", "pipe_on_master_from_extra_to_master.json", "system_on_extra_from_extra_to_master.json")
            }
            Self::ExtraPolls => {
                files!("extra-polls": "README.md", "node-metadata.conf.json", "pipe_on_extra_from_master_to_extra.json", "pipe_on_master_from_master_to_extra.json", "system_on_extra_from_master_to_extra.json")
            }
            Self::BothWays => {
                files!("both-ways": "README.md", "node-metadata.conf.json", "pipe_on_extra_from_extra_to_master.json", "pipe_on_extra_from_master_to_extra.json", "pipe_on_master_from_extra_to_master.json", "pipe_on_master_from_master_to_extra.json", "system_on_extra_from_extra_to_master.json", "system_on_extra_from_master_to_extra.json")
            }
            Self::MasterPolls => {
                files!("master-polls": "README.md", "node-metadata.conf.json", "pipe_on_extra_from_extra_to_master.json", "pipe_on_master_from_extra_to_master.json", "system_on_master_from_extra_to_master.json")
            }
            Self::JsonPush => {
                files!("json-push": "README.md", "node-metadata.conf.json", "pipe_on_extra_from_extra_to_master.json", "pipe_on_extra_from_master_to_extra.json", "pipe_on_master_from_extra_to_master.json", "pipe_on_master_from_master_to_extra.json", "system_on_extra_from_extra_to_master.json", "system_on_master_from_master_to_extra.json")
            }
            Self::Proxy => {
                files!("proxy": "README.md", "node-metadata.conf.json", "pipe_on_extra_from_extra_to_master.json", "pipe_on_extra_from_master_to_extra.json", "pipe_on_master_from_extra_to_master.json", "system_on_extra_from_extra_to_master.json", "system_on_extra_from_master_to_extra.json")
            }
            Self::Secured => {
                files!("secured": "README.md", "node-metadata.conf.json", "pipe_on_extra_from_extra_to_master.json", "pipe_on_extra_from_master_to_extra.json", "pipe_on_master_from_extra_to_master.json", "pipe_on_master_from_master_to_extra.json", "system_on_extra_from_extra_to_master.json", "system_on_extra_from_master_to_extra.json")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn every_file_of_the_gallery_is_part_of_the_program() {
        let gallery = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/templates");
        let names = |folder: &Path| -> BTreeSet<String> {
            let entries = std::fs::read_dir(folder).expect("a folder of the repository");
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
        };
        let mut folders = names(&gallery);
        folders.remove("README.md");
        let kinds = TemplateFolder::value_variants();
        let named =
            |kind: &TemplateFolder| kind.to_possible_value().expect("none is hidden").get_name().to_owned();
        assert_eq!(folders, kinds.iter().map(named).collect());
        for kind in kinds {
            let files: BTreeSet<String> = kind.files("x").map(|(name, _)| name.to_owned()).collect();
            assert_eq!(files, names(&gallery.join(named(kind))), "{kind:?}");
            assert!(kind.files("x").all(|(_, text)| !text.contains(NODE)), "{kind:?}");
        }
    }
}
