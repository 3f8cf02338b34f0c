//! A folder of Sesam's command-line tool with specs, and a node for tests.

use std::time::Duration;

use crate::checks::assert_code;
use deployer_testkit::world::{Outcome, Program, World};
use serde_json::{Value, json};
use sesam_node::Node;

/// Longer than any run takes.
pub const LIMIT: Duration = Duration::from_secs(60);
/// The token of the node.
pub const TOKEN: &str = "a.token.of-the-node";

/// A folder of Sesam's command-line tool, and a node for tests.
#[derive(Debug)]
pub struct Bench {
    /// The servers and the folder.
    pub world: World,
    executable: &'static str,
}

impl Bench {
    /// A pipe with testdata whose output is as expected, and one whose spec is ignored. `executable` is the program.
    pub fn new(executable: &'static str) -> Self {
        Self::on(executable, Node::builder().jwt(TOKEN).build().expect("a node in memory needs nothing"))
    }

    /// The same with another node, whose token is [`TOKEN`].
    pub fn on(executable: &'static str, node: Node) -> Self {
        let bench = Self { world: World::builder().node(node).start(), executable };
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

    /// Writes a file below the folder.
    pub fn write(&self, path: &str, text: &str) {
        self.world.write(path, text);
    }

    /// Reads a file below the folder.
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.world.folder().join(path))
            .unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The JUnit report, without times.
    pub fn junit(&self) -> String {
        let mut report = String::new();
        for (number, part) in self.read("junit.xml").split(" time=\"").enumerate() {
            report.push_str(if number == 0 { part } else { part.split_once('"').expect("a time").1 });
        }
        report
    }

    /// Changes a file below the folder that contains JSON.
    pub fn change(&self, path: &str, change: impl FnOnce(&mut Value)) {
        let mut value =
            serde_json::from_str(&self.read(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        change(&mut value);
        self.write(path, &value.to_string());
    }

    /// Removes a file below the folder.
    pub fn remove(&self, path: &str) {
        std::fs::remove_file(self.world.folder().join(path))
            .unwrap_or_else(|error| panic!("{path}: {error}"));
    }

    /// Whether there is a file or folder.
    pub fn exists(&self, path: &str) -> bool {
        self.world.folder().join(path).exists()
    }

    /// The program in the folder, with the settings there.
    pub fn program(&self) -> Program<'_> {
        self.other(self.executable).arg("--settings").arg(self.world.folder().join("deployer.toml"))
    }

    /// Another program in the folder, with the token of the node in its environment.
    pub fn other(&self, executable: &str) -> Program<'_> {
        self.world.program(executable).current_dir(self.world.folder()).env("JWT", TOKEN)
    }

    /// Runs the program to its end, which must have this code.
    pub async fn run(&self, code: i32, arguments: &[&str]) -> Outcome {
        let outcome = self.program().args(arguments).run(LIMIT).await;
        assert_code(&outcome, code);
        outcome
    }

    /// The requests of the service API in order, without their queries.
    pub fn requests(&self) -> Vec<String> {
        let entries = self.world.log().entries().into_iter();
        let path =
            |path: &str| path.trim_start_matches("/api").split('?').next().unwrap_or_default().to_owned();
        entries.map(|entry| format!("{} {}", entry.method, path(&entry.path))).collect()
    }

    /// The metadata entity of the node.
    pub fn metadata(&self) -> Option<Value> {
        self.world.node().state().entity("node")
    }
}
