//! State and leases in a place that machines share.

mod contention;
mod faults;
mod kept;
mod leases;
mod leases_alone;
mod watches;

use std::time::Duration;

use deployer_testkit::place::FakePlace;
use deployer_testkit::world::{Outcome, Program, World};
use deployer_tests::checks::assert_code;
use deployer_tests::place::VARIABLE;
use deployer_tests::scene::{Credentials, NODE_TOKEN, Scene};
use serde_json::Value;
use sesam_node::Node;

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
const LIMIT: Duration = Duration::from_secs(60);
const PIPE: &str = "node/pipes/global-kunde.conf.json";

/// A scene whose state is in a place.
struct Shared {
    scene: Scene,
    place: FakePlace,
    /// The plugin of the place.
    kind: &'static str,
}

impl Shared {
    fn new() -> Self {
        let place = FakePlace::new();
        let node = Node::builder().jwt(NODE_TOKEN).build().expect("a node in memory needs nothing");
        let world = World::builder().node(node).routes(place.router());
        let scene = Scene::with(world, Credentials::default(), |name| format!("value of {name}"));
        Self { scene, place, kind: "served" }
    }

    /// A scene whose leases are in a place.
    fn with_leases_alone() -> Self {
        Self { kind: "served-leases", ..Self::new() }
    }

    /// Whether the place has more than leases.
    fn has_everything(&self) -> bool {
        self.kind == "served"
    }

    /// The program on a machine of its own, which has a home of its own.
    fn on(&self, machine: &str, arguments: &[&str]) -> Program<'_> {
        self.with(machine, "", arguments)
    }

    /// The same with more sections of the settings file.
    fn with(&self, machine: &str, sections: &str, arguments: &[&str]) -> Program<'_> {
        let more = format!(
            "{sections}{}[secrets]\nfingerprint_key = {{ env = \"FINGERPRINT_KEY\" }}\n",
            self.scene.served_section().replacen("served", self.kind, 1)
        );
        let home = self.scene.world.folder().join(machine);
        std::fs::create_dir_all(&home).expect("the world's folder is writable");
        self.scene
            .program_with_file(PROGRAM, &more)
            .env(VARIABLE, "1")
            .env("FINGERPRINT_KEY", "0123456789abcdef")
            .env("USER", "kari")
            .env("HOSTNAME", machine)
            .env("HOME", home)
            .args(arguments)
    }

    async fn run(&self, machine: &str, arguments: &[&str], code: i32) -> Outcome {
        let outcome = self.on(machine, arguments).run(LIMIT).await;
        assert_code(&outcome, code);
        outcome
    }

    /// The records of the leases by target.
    fn leases(&self) -> Vec<Value> {
        let objects = self.place.objects().into_iter().filter(|(name, _)| name.starts_with("lease-"));
        let record = |(_, text): (String, String)| serde_json::from_str(&text).expect("a record");
        objects.map(record).collect()
    }

    /// The lease of the master.
    fn lease(&self) -> Value {
        let target = self.scene.world.node_url();
        let own = self.leases().into_iter().find(|record| record["target"] == *target.trim_end_matches('/'));
        own.expect("the master has a lease")
    }

    /// Changes the configuration.
    fn change(&self, text: &str) {
        let changed = self.scene.read(PIPE).replacen('{', &format!("{{\"description\": {text:?},"), 1);
        self.scene.write(PIPE, &changed);
    }

    fn description(&self) -> Value {
        self.scene.state().config["default"]["global-kunde"]["description"].clone()
    }
}
