//! A folder with specs, and a node for tests.

use std::time::Duration;

use deployer_testkit::world::{Outcome, Program, World};
use deployer_tests::checks::assert_code;
use serde_json::{Value, json};
use sesam_node::Node;

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
/// Longer than any run takes.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);
pub(crate) const TOKEN: &str = "a.token.of-the-node";

/// A folder of Sesam's command-line tool, and a node for tests.
pub(crate) struct Bench {
    pub(crate) world: World,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::on(Node::builder().jwt(TOKEN).build().expect("a node in memory needs nothing"))
    }

    pub(crate) fn on(node: Node) -> Self {
        let bench = Self { world: World::builder().node(node).start() };
        let files = [
            (
                "node/pipes/customer.conf.json",
                json!({ "_id": "customer", "type": "pipe", "source": { "type": "http_endpoint" } }),
            ),
            (
                "node/pipes/customer-out.conf.json",
                json!({ "_id": "customer-out", "type": "pipe", "source": { "type": "dataset", "dataset": "customer" }, "sink": { "type": "json", "system": "crm" } }),
            ),
            (
                "node/pipes/customer-list.conf.json",
                json!({ "_id": "customer-list", "type": "pipe", "source": { "type": "dataset", "dataset": "customer" }, "sink": { "type": "http_endpoint" } }),
            ),
            (
                "node/systems/crm.conf.json",
                json!({ "_id": "crm", "type": "system:url", "url_pattern": "$ENV(crm)/%s" }),
            ),
            ("node/test-env.json", json!({ "crm": "https://crm.example" })),
            (
                "node/testdata/customer.json",
                json!([{ "_id": "1", "name": "Åse", "sum": 10.0 }, { "_id": "2", "secret": "x" }]),
            ),
            ("node/expected/customer-out.test.json", json!({ "blacklist": ["secret"] })),
            ("node/expected/customer-list.test.json", json!({ "endpoint": "entities", "ignore": true })),
            (
                "node/expected/customer-out.json",
                json!([{ "_id": "2" }, { "_id": "1", "name": "Åse", "sum": 10 }]),
            ),
        ];
        for (path, content) in files {
            bench.write(path, &content.to_string());
        }
        let settings = format!(
            "environment = \"ci\"\n[source]\nkind = \"folder\"\npath = \".\"\n\
             [configuration]\nlayout = \"sesam-py\"\nfolder = \"node\"\nwhitelist = false\nsplit = false\nvariables = [\"test-env.json\"]\n\
             [nodes.master.target]\nkind = \"node\"\nurl = \"{}\"\ntoken = {{ env = \"JWT\" }}\nhttp = {{ ca_file = {:?} }}\n",
            bench.world.node_url(),
            bench.world.server().ca_file().expect("HTTPS has an authority"),
        );
        bench.write("deployer.toml", &settings);
        bench
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        self.world.write(path, text);
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.world.folder().join(path))
            .unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub(crate) fn exists(&self, path: &str) -> bool {
        self.world.folder().join(path).exists()
    }

    pub(crate) fn program(&self) -> Program<'_> {
        let settings = self.world.folder().join("deployer.toml");
        self.world
            .program(PROGRAM)
            .current_dir(self.world.folder())
            .env("JWT", TOKEN)
            .arg("--settings")
            .arg(settings)
    }

    pub(crate) async fn run(&self, code: i32, arguments: &[&str]) -> Outcome {
        let outcome = self.program().args(arguments).run(LIMIT).await;
        assert_code(&outcome, code);
        outcome
    }

    /// The requests of the service API in order, without their queries.
    pub(crate) fn requests(&self) -> Vec<String> {
        let entries = self.world.log().entries().into_iter();
        let path =
            |path: &str| path.trim_start_matches("/api").split('?').next().unwrap_or_default().to_owned();
        entries.map(|entry| format!("{} {}", entry.method, path(&entry.path))).collect()
    }

    pub(crate) fn metadata(&self) -> Option<Value> {
        self.world.node().state().entity("node")
    }
}
