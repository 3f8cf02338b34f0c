//! Targets as the program builds them, and what they leave on disk.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use deployer_core::document::SourceText;
use deployer_core::model::{Desired, NodeName, NodePlan};
use deployer_core::plugin::{Build, Context, Section};
use deployer_core::traits::{NodeTarget, Secrets, Step};
use deployer_target_folder::FOLDER;
use deployer_testkit::engine::stages::diff;

/// A target with the environment `test`.
pub(crate) fn target(path: &Path, more: &str) -> Arc<dyn NodeTarget> {
    let source = SourceText::new("deployer.toml", format!("path = '{}'\n{more}\n", path.display()));
    let Build::Target(build) = FOLDER.build else { panic!("it is a target") };
    let section = Section::parse("nodes.extra.target", &source).expect("TOML");
    build(section, &Context::new("test")).expect("good settings")
}

/// Observes, plans and prepares.
pub(crate) async fn prepare(target: &dyn NodeTarget, desired: Desired) -> (NodePlan, Vec<Box<dyn Step>>) {
    let observed = target.observe().await.expect("it can be read");
    let plan = diff(&NodeName::new("extra"), "test", None, &target.location(), desired, &observed);
    let steps = target.prepare(&plan, &Secrets::new()).await.expect("it can be prepared");
    (plan, steps)
}

/// Every file below a folder, by path.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).expect("it can be listed") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let below = path.strip_prefix(folder).expect("it is below").display().to_string();
            found.insert(below, String::from_utf8_lossy(&std::fs::read(&path).expect("a file")).into_owned());
        }
    }
    found
}

pub(crate) fn put(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().expect("it is below")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}
