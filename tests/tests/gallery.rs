//! Each template folder of the gallery, written by `init` and deployed to two nodes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use deployer_testkit::world::{Outcome, World};
use deployer_tests::checks::assert_code;
use deployer_tests::scene::files;
use serde_json::Value;
use sesam_node::Node;

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
const LIMIT: Duration = Duration::from_secs(60);
const TOKEN: &str = "gallery-node-token";

const KINDS: [&str; 7] =
    ["extra-pushes", "extra-polls", "both-ways", "master-polls", "json-push", "proxy", "secured"];

/// Pipes of both nodes: `orders` crosses to the master, `customers` to the extra node.
const PIPES: [(&str, &str); 4] = [
    (
        "orders",
        r#"{"_id": "orders", "type": "pipe", "source": {"type": "embedded", "entities": []}, "metadata": {"node": "nett"}}"#,
    ),
    (
        "global-order",
        r#"{"_id": "global-order", "type": "pipe", "source": {"type": "merge", "datasets": ["orders o"], "equality": [], "identity": "first", "version": 2}}"#,
    ),
    ("customers", r#"{"_id": "customers", "type": "pipe", "source": {"type": "embedded", "entities": []}}"#),
    (
        "nett-customer",
        r#"{"_id": "nett-customer", "type": "pipe", "source": {"type": "dataset", "dataset": "customers"}, "metadata": {"node": "nett"}}"#,
    ),
];

struct Scene {
    world: World,
    extra: Node,
}

impl Scene {
    /// A configuration without templates.
    fn new(kind: &str) -> Self {
        let node = || Node::builder().jwt(TOKEN).build().expect("a node in memory needs nothing");
        let extra = node();
        let world = World::builder().node(node()).node_at("/extra", &extra).start();
        for (name, pipe) in PIPES {
            world.write(&format!("node/pipes/{name}.conf.json"), pipe);
        }
        let variables = r#"{"master-url": "https://master.example", "nett-url": "https://nett.example", "nett-group": "nett"}"#;
        world.write("node/variables/variables-test.json", variables);
        world.write("secrets.json", r#"{"master-jwt": "for-master", "nett-jwt": "for-nett"}"#);
        let target = |path: &str| {
            format!(
                "target = {{ kind = \"node\", url = \"{}{path}\", token = {{ env = \"NODE_TOKEN\" }} }}",
                world.node_url()
            )
        };
        let settings = format!(
            r#"environment = "test"
[configuration]
whitelist = false
[stores.main]
kind = "file"
path = "secrets.json"
allow_readable_by_others = true
[nodes.master]
{}
[nodes.nett]
templates = "extra_nodes/nett"
proxy = {}
{}
"#,
            target(""),
            kind == "proxy",
            target("/extra"),
        );
        world.write("deployer.toml", settings);
        Self { world, extra }
    }

    async fn run(&self, arguments: &[&str]) -> Outcome {
        let program = self.world.program(PROGRAM).env("NODE_TOKEN", TOKEN).current_dir(self.world.folder());
        let program = match self.world.server().ca_file() {
            Some(file) => program.env("SSL_CERT_FILE", file),
            None => program,
        };
        program.args(arguments).run(LIMIT).await
    }

    /// What the nodes run beside the pipes of the configuration.
    fn generated(&self) -> String {
        let own: BTreeSet<&str> = PIPES.iter().map(|(name, _)| *name).collect();
        let nodes = [("master", self.world.node()), ("nett", &self.extra)];
        let mut text = String::new();
        for (name, node) in nodes {
            let mut entities = node.state().config("");
            let is_own = |entity: &Value| {
                let id = entity["_id"].as_str().unwrap_or_default();
                own.contains(id)
                    && entity["source"]["type"] != "http_endpoint"
                    && entity["source"]["type"] != "json"
            };
            entities.retain(|entity| !is_own(entity));
            for entity in entities {
                text.push_str(&format!("{name} {entity}\n"));
            }
        }
        text
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_folder_of_the_gallery_connects_two_nodes() {
    for kind in KINDS {
        let scene = Scene::new(kind);
        let written = scene.run(&["init", "--node", "nett", "--templates", kind]).await;
        assert_code(&written, 0);
        assert_code(&scene.run(&["deploy"]).await, 0);
        insta::assert_snapshot!(kind, scene.generated());
        assert_code(&scene.run(&["plan", "--exit-code"]).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_on_a_node_is_taken_back_whatever_the_templates_are() {
    for kind in KINDS {
        let scene = Scene::new(kind);
        assert_code(&scene.run(&["init", "--node", "nett", "--templates", kind]).await, 0);
        assert_code(&scene.run(&["deploy"]).await, 0);
        let files = || files(scene.world.folder(), "");
        let of = |files: BTreeMap<String, Vec<u8>>| {
            files
                .into_iter()
                .filter(|(path, _)| path.starts_with("node/") || path.starts_with("extra_nodes/"))
        };
        let before: BTreeMap<_, _> = of(files()).collect();
        assert_code(&scene.run(&["dump", "--into", "node"]).await, 0);
        assert_eq!(
            of(files()).collect::<BTreeMap<_, _>>(),
            before,
            "{kind}: a dump after a deploy changes no file"
        );

        for (node, id) in [(scene.world.node(), "global-order"), (&scene.extra, "nett-customer")] {
            let mut entities = node.state().config("").to_vec();
            let entity = entities.iter_mut().find(|entity| entity["_id"] == id).expect("the node has it");
            entity["description"] = "changed in the portal".into();
            node.set_config("", entities).expect("the node takes entities");
        }
        assert_code(&scene.run(&["dump", "--into", "node"]).await, 0);
        let changed =
            of(files()).filter(|(path, bytes)| before.get(path) != Some(bytes)).map(|(path, _)| path);
        let expected = ["node/pipes/global-order.conf.json", "node/pipes/nett-customer.conf.json"];
        assert_eq!(changed.collect::<Vec<_>>(), expected, "{kind}");
        assert_code(&scene.run(&["plan", "--exit-code"]).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_are_written_for_a_named_node_and_replace_nothing_unasked() {
    let scene = Scene::new("both-ways");
    let nameless = scene.run(&["init", "--templates", "both-ways"]).await;
    assert!(
        nameless.stderr().contains("--templates needs the name of the extra node"),
        "{}",
        nameless.stderr()
    );
    let wrong = scene.run(&["init", "--templates", "both-ways", "--node", "../x"]).await;
    assert!(wrong.stderr().contains("cannot be the name of an extra node"), "{}", wrong.stderr());

    let written = scene.run(&["init", "--node", "nett", "--templates", "both-ways"]).await;
    assert_code(&written, 0);
    insta::assert_snapshot!("init", written.stdout());
    scene.world.write("extra_nodes/nett/node-metadata.conf.json", "mine");
    let refused = scene.run(&["init", "--node", "nett", "--templates", "secured"]).await;
    assert_code(&refused, 4);
    let read = |path: &str| std::fs::read_to_string(scene.world.folder().join(path)).expect("it was written");
    assert_eq!(read("extra_nodes/nett/node-metadata.conf.json"), "mine");
    assert_code(&scene.run(&["init", "--node", "nett", "--templates", "secured", "--force"]).await, 0);
    assert_ne!(read("extra_nodes/nett/node-metadata.conf.json"), "mine");
}
