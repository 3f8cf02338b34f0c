//! The contract suite of sources, on a folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::document::SourceText;
use deployer_core::plugin::{Build, Context, Section};
use deployer_core::traits::ConfigSource;
use deployer_source_folder::FOLDER;
use deployer_testkit::contract::{SourceLimit, SourceRig, Support, config_source_contract};

/// A root inside a temporary folder, so that there is something beside it.
struct Rig(tempfile::TempDir);

impl Rig {
    fn root(&self) -> PathBuf {
        self.0.path().join("root")
    }
}

/// The source as the settings build it.
fn source(path: &Path) -> Arc<dyn ConfigSource> {
    let Build::Source(build) = FOLDER.build else { unreachable!("it is a source") };
    let text = SourceText::new("deployer.toml", format!("path = {:?}", path.display().to_string()));
    let section = Section::parse("source", &text).expect("the settings are TOML");
    build(section, &Context::new("test")).expect("the settings are complete")
}

#[async_trait]
impl SourceRig for Rig {
    fn source(&self) -> Arc<dyn ConfigSource> {
        source(&self.root())
    }

    fn limits(&self) -> Vec<(SourceLimit, &'static str)> {
        vec![(SourceLimit::Revisions, "a folder has no revisions")]
    }

    async fn write(&self, path: &str, content: &[u8]) {
        let file = self.root().join(path);
        std::fs::create_dir_all(file.parent().expect("it is below the root")).expect("a folder");
        std::fs::write(file, content).expect("a file");
    }

    #[cfg(unix)]
    async fn link_outside(&self, path: &str) -> Support {
        let outside = self.0.path().join("outside.json");
        std::fs::write(&outside, "outside").expect("a file");
        std::os::unix::fs::symlink(outside, self.root().join(path)).expect("a link");
        Ok(())
    }

    fn absent(&self) -> Option<Arc<dyn ConfigSource>> {
        Some(source(&self.root().join("absent")))
    }
}

#[tokio::test]
async fn a_folder_keeps_the_contract_of_sources() {
    let rig = Rig(tempfile::tempdir().expect("a temporary folder"));
    config_source_contract(&rig).await;
}
