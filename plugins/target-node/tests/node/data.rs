//! The data of the node, against the contract and the embedded node.

use std::sync::Arc;

use deployer_core::traits::{NodeData, NodeTarget};
use deployer_testkit::contract::{DataRig, node_data_contract};
use deployer_testkit::server::Server;
use serde_json::json;
use sesam_node::{Answers, Node};

use crate::common::{TOKEN, target};

/// Two nodes with the same pipes; the runs of the second one take an hour.
struct Rig {
    _servers: [Server; 2],
    quick: Arc<dyn NodeTarget>,
    slow: Arc<dyn NodeTarget>,
}

impl Rig {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("run.json"), "{\"seconds\": 3600}").expect("writable");
        let slow = Answers::read(folder.path()).expect("a script");
        let servers = [Answers::default(), slow].map(|answers| {
            let node = Node::builder().jwt(TOKEN).answers(answers).build().expect("a node in memory");
            let dataset = json!({ "type": "dataset", "dataset": "taken" });
            let pipes = [
                json!({ "_id": "out", "type": "system:url", "url_pattern": "http://out.example/%s" }),
                json!({ "_id": "taken", "type": "pipe", "source": { "type": "http_endpoint" } }),
                json!({ "_id": "sent", "type": "pipe", "source": dataset, "sink": { "type": "json", "system": "out" } }),
                json!({ "_id": "published", "type": "pipe", "source": dataset, "sink": { "type": "http_endpoint" } }),
            ];
            node.set_config("", pipes.to_vec()).expect("the node takes them");
            Server::http(node.router())
        });
        let (quick, slow) = (target(&servers[0], ""), target(&servers[1], ""));
        Self { _servers: servers, quick, slow }
    }
}

impl DataRig for Rig {
    fn data(&self) -> &dyn NodeData {
        self.quick.data().expect("a node has data")
    }

    fn slow(&self) -> &dyn NodeData {
        self.slow.data().expect("a node has data")
    }
}

#[tokio::test]
async fn the_embedded_node_keeps_the_contract() {
    node_data_contract(&Rig::new()).await;
}

#[tokio::test]
async fn a_config_group_has_no_data_of_its_own() {
    let server = Server::http(Node::builder().build().expect("a node in memory").router());
    assert!(target(&server, "group = \"a\"").data().is_none());
}
