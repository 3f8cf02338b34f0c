//! The demo configuration on a master and two extra nodes, which hold something already: what is removed, changed and left by a deploy.

use std::collections::BTreeMap;

use deployer_testkit::server::{Entry, Faults, Server};
use deployer_testkit::world::Program;
use deployer_tests::scene::{EXTRA_NODES, NODE_TOKEN, Scene};
use deployer_tests::state::State;
use serde_json::{Map, Value, json};
use sesam_node::Node;

use crate::PROGRAM;

/// How the extra nodes are deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// By a git push.
    Git,
    /// Like the master.
    Direct,
}

/// All nodes, and the settings that lead to them.
pub(crate) struct Places {
    pub(crate) scene: Scene,
    /// The extra nodes that are deployed directly.
    extra: BTreeMap<&'static str, (Node, Server)>,
}

/// What all nodes hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Everything {
    pub(crate) scene: State,
    pub(crate) nodes: BTreeMap<&'static str, Held>,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Held {
    pub(crate) groups: BTreeMap<String, Vec<Value>>,
    pub(crate) variables: Map<String, Value>,
    pub(crate) secrets: BTreeMap<String, Option<String>>,
}

impl Places {
    pub(crate) fn new(way: Way) -> Self {
        let scene = Scene::new();
        fill(scene.world.node());
        let directly = EXTRA_NODES.into_iter().filter(|_| way == Way::Direct);
        let extra = directly.map(|name| {
            let node = Node::builder().jwt(NODE_TOKEN).build().expect("a node in memory needs nothing");
            fill(&node);
            let server = Server::http(node.router());
            (name, (node, server))
        });
        Self { extra: extra.collect(), scene }
    }

    pub(crate) fn program(&self, arguments: &[&str]) -> Program<'_> {
        let targets = self.extra.iter().map(|(name, (_, server))| {
            format!(
                "[environments.test.nodes.{name}.target]\nkind = \"node\"\nurl = \"{}\"\ntoken = {{ env = \"NODE_TOKEN\" }}\n",
                server.url("")
            )
        });
        self.scene.program_with_file(PROGRAM, &targets.collect::<String>()).args(arguments)
    }

    /// The faults of the server that an extra node is deployed to directly; of the world's server for every other name.
    pub(crate) fn faults(&self, name: &str) -> &Faults {
        self.extra.get(name).map_or_else(|| self.scene.world.faults(), |(_, server)| server.faults())
    }

    /// The requests so far, by the server's name as [`Self::faults`] knows it.
    pub(crate) fn requests(&self) -> Vec<(&'static str, Entry)> {
        let world = self.scene.world.log().entries().into_iter().map(|entry| ("world", entry));
        let extra = self.extra.iter().flat_map(|(name, (_, server))| {
            server.log().entries().into_iter().map(|entry| (*name, entry)).collect::<Vec<_>>()
        });
        world.chain(extra).collect()
    }

    pub(crate) fn everything(&self) -> Everything {
        let nodes = self.extra.iter().map(|(name, (node, _))| (*name, held(node)));
        let nodes = nodes.chain([("master", held(self.scene.world.node()))]).collect();
        Everything { scene: self.scene.state(), nodes }
    }
}

/// Puts on a node: a pipe, a system with a secret of its own and a variable that a deploy removes, secrets that it overwrites and one that it leaves, and another
/// config group.
fn fill(node: &Node) {
    let pipe =
        |id: &str| json!({ "_id": id, "type": "pipe", "source": { "type": "embedded", "entities": [] } });
    let system =
        json!({ "_id": "old-system", "type": "system:rest", "url_pattern": "https://old.example/%s" });
    let written = "a node in memory can be written to";
    node.set_config("", vec![pipe("old-pipe"), system]).expect(written);
    node.set_config("other", vec![pipe("pipe-of-another-group")]).expect(written);
    let variables = json!({ "old-variable": 1 }).as_object().expect("an object").clone();
    node.set_env(variables).expect(written);
    node.set_secret(None, "kept-secret", "value of kept-secret").expect(written);
    node.set_secret(Some("old-system"), "own-secret", "value of own-secret").expect(written);
    for name in ["crm-token", "master-jwt"] {
        node.set_secret(None, name, &format!("old value of {name}")).expect(written);
    }
}

fn held(node: &Node) -> Held {
    let state = node.state();
    let secrets = state.secret_names().into_iter();
    Held {
        groups: state.groups().into_iter().map(|group| (group.clone(), state.config(&group))).collect(),
        variables: state.env(),
        secrets: secrets.map(|name| (name.clone(), node.secret_value_for_test(&name))).collect(),
    }
}
