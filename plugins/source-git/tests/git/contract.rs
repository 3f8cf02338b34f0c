//! The contract suite of sources, on a repository over HTTPS and on one in a folder.

use std::sync::Arc;

use crate::support::{TOKEN, World, files, import};
use async_trait::async_trait;
use deployer_core::traits::ConfigSource;
use deployer_testkit::contract::{SourceLimit, SourceRig, Support, config_source_contract};

/// A repository that is served in one way, with the root of the configuration in a folder of it.
struct Rig {
    world: World,
    over_https: bool,
}

impl Rig {
    fn new(over_https: bool) -> Self {
        let world = World::new();
        world.host.create("configuration", "main", &files(&[("outside.json", "outside")]));
        Self { world, over_https }
    }

    fn named(&self, name: &str) -> Arc<dyn ConfigSource> {
        let settings = "branch = 'main'\nfolder = 'root'";
        if self.over_https {
            return self.world.source(name, settings);
        }
        self.world.local(&self.world.host.open(name).file_url(), settings)
    }
}

#[async_trait]
impl SourceRig for Rig {
    fn source(&self) -> Arc<dyn ConfigSource> {
        self.named("configuration")
    }

    fn limits(&self) -> Vec<(SourceLimit, &'static str)> {
        Vec::new()
    }

    async fn write(&self, path: &str, content: &[u8]) {
        let repository = self.world.host.open("configuration");
        repository.commit("main", "Write", &[(format!("root/{path}"), content.to_vec())].into());
    }

    async fn link_outside(&self, path: &str) -> Support {
        let repository = self.world.host.open("configuration");
        import(&repository, &format!("M 120000 inline root/{path}\ndata 18\n../../outside.json\n"));
        Ok(())
    }

    fn absent(&self) -> Option<Arc<dyn ConfigSource>> {
        Some(self.named("absent"))
    }

    fn credentials(&self) -> Vec<String> {
        vec![TOKEN.to_owned()]
    }
}

#[tokio::test]
async fn a_repository_over_https_keeps_the_contract_of_sources() {
    config_source_contract(&Rig::new(true)).await;
}

#[tokio::test]
async fn a_repository_in_a_folder_keeps_the_contract_of_sources() {
    config_source_contract(&Rig::new(false)).await;
}
