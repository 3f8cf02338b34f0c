//! Secrets that a configuration contains literally, in every shape: as they are, in JSON inside JSON, percent-encoded, in base64 at each
//! alignment, and as members of an object. The world's runner searches all that comes out of every command for them.

use std::time::Duration;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use deployer_testkit::canary::Canary;
use deployer_testkit::server::{Answer, Rule};
use deployer_testkit::vault::KvVersion;
use deployer_testkit::world::{Outcome, Program, World, WorldBuilder};
use deployer_tests::checks::assert_code;
use deployer_tests::scene::MOUNT;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use sesam_node::Node;

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
/// Longer than any run takes.
const LIMIT: Duration = Duration::from_secs(60);
const TOKEN: &str = "node-token-of-the-shapes";
const LOGIN: &str = "vault-token-of-the-shapes";

/// A configuration with literal secrets, and its node.
struct Shapes {
    world: World,
    node: Node,
}

impl Shapes {
    fn new() -> Self {
        let text =
            Canary::new("text", "kanari-\"\\%+/ø-text-7f3e9a\t\"synger\"\nkanari-\"\\%+/ø\t-line-c41d08");
        let member = Canary::new("member", "kanari-\"\\\t%+/ø-member-51b2");
        let deep = Canary::new("deep member", "kanari-\"\\\t%+/ø-deep-90e4");
        let node = Node::builder().jwt(TOKEN).build().expect("a node in memory needs nothing");
        // The world searches its own node, which gets the literal values here: this node is another one.
        let world = World::builder().node_at("/other", &node);
        let mut world = [&text, &member, &deep].into_iter().fold(world, WorldBuilder::canary).start();
        world.vault().mount(MOUNT, KvVersion::Two);
        world.vault().github_user(LOGIN);
        let object = json!({ "user": member.value(), "more": [{ "key": deep.value() }] });
        world.vault().put(MOUNT, "text", json!({ "value": text.value() }));
        world.vault().put(MOUNT, "object", json!({ "value": object }));

        let shapes = [&text, &member, &deep].map(|canary| literals(canary.value()));
        let pipe = json!({
            "_id": "literal", "type": "pipe", "source": { "type": "embedded", "entities": [] },
            "secrets": ["$SECRET(text)", "$SECRET(object)"], "shapes": shapes, "object": object,
            "object in JSON": object.to_string(), "place": "$ENV(place)"
        });
        let variables = json!({ "place": literals(text.value()), "other": literals(member.value()) });
        world.write("root/node/pipes/literal.conf.json", pipe.to_string());
        world.write("root/node/variables/variables-test.json", variables.to_string());
        world.write("root/node/deployment/whitelist-test.txt", "pipes/literal.conf.json\n");
        let settings = format!(
            "environment = \"test\"\n[source]\nkind = \"folder\"\npath = \"root\"\n\
             [stores.vault]\nkind = \"vault\"\naddress = \"{}\"\nmount = \"{MOUNT}\"\n\
             login = {{ github = {{ token = {{ env = \"LOGIN\" }} }} }}\n\
             [nodes.master.target]\nkind = \"node\"\nurl = \"{}/other\"\ntoken = {{ env = \"NODE_TOKEN\" }}\n",
            world.vault_url(),
            world.node_url(),
        );
        world.write("deployer.toml", settings);
        // The configuration itself, what is written from it for a node, and what a node has.
        for exempt in ["root", "rendered", "dumped"] {
            world.exempt(world.folder().join(exempt));
        }
        Self { world, node }
    }

    fn program(&self, arguments: &[&str]) -> Program<'_> {
        let program = self.world.program(PROGRAM);
        let program = match self.world.server().ca_file() {
            Some(file) => program.env("SSL_CERT_FILE", file),
            None => program,
        };
        program.env("NODE_TOKEN", TOKEN).env("LOGIN", LOGIN).args(arguments)
    }

    /// Runs a command with the whole log as JSON, and expects a document.
    async fn run(&self, code: i32, arguments: &[&str]) -> Value {
        let log = ["--log-level", "trace", "--log-format", "json"];
        let outcome = self.program(arguments).args(log).run(LIMIT).await;
        assert_code(&outcome, code);
        document(&outcome)
    }
}

fn document(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout()).unwrap_or_else(|error| panic!("{error}: {}", outcome.stdout()))
}

/// A value in every shape that a person or a program could write it in.
fn literals(value: &str) -> Value {
    let once = json!({ "a": value }).to_string();
    let twice = json!({ "b": once }).to_string();
    let base64: Vec<String> = ["", "u", "us"]
        .iter()
        .map(|before| BASE64_STANDARD.encode(format!("{before}{value}:rest")))
        .collect();
    let unpadded = BASE64_URL_SAFE_NO_PAD.encode(value);
    let percent = utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
    json!({ "plain": value, "once": once, "twice": twice, "base64": base64, "unpadded": unpadded, "percent": percent,
            "within": format!("before {value} after"), value: "as a name" })
}

/// How often something was masked.
fn masked(document: &Value) -> usize {
    document.to_string().matches("[secret]").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_document_of_any_command_shows_a_secret_in_any_shape() {
    let shapes = Shapes::new();
    for arguments in [
        &["check", "--json"][..],
        &["check", "--resolve", "--json"],
        &["settings", "--json"],
        &["settings", "--keys", "--json"],
        &["plugins", "--json"],
        &["plugins", "show", "vault", "--json"],
        &["version", "--json"],
        &["render", "rendered", "--json"],
        &["restore", "--json"],
    ] {
        shapes.run(0, arguments).await;
    }
    for arguments in
        [&["plan", "--json"][..], &["plan", "--format", "json"], &["deploy", "--dry-run", "--json"]]
    {
        let document = shapes.run(0, arguments).await;
        assert!(masked(&document) > 30, "the shapes are part of the plan: {document:#}");
    }
    for format in ["text", "markdown", "unified"] {
        assert_code(&shapes.program(&["plan", "--full", "--format", format]).run(LIMIT).await, 0);
    }
    for format in ["text", "svg", "html", "mermaid", "dot", "json"] {
        assert_code(&shapes.program(&["graph", "--format", format]).run(LIMIT).await, 0);
    }

    let plan = shapes.run(0, &["plan", "--out", "plan.json", "--json"]).await;
    assert!(masked(&plan) > 30);
    shapes.run(4, &["apply", "plan.json", "--json"]).await;
    let deployed = shapes.run(0, &["deploy", "--yes", "--json"]).await;
    assert!(masked(&deployed["plan"]) > 30);
    let held = Value::Array(shapes.node.state().config("")).to_string();
    assert!(held.contains("kanari"), "what runs is not masked");
    shapes.run(0, &["restore", "--json"]).await;
    shapes.run(0, &["status", "--json"]).await;
    shapes.run(0, &["dump", "dumped", "--json"]).await;
}

/// A node repeats the configuration in its answer to an upload.
#[tokio::test(flavor = "multi_thread")]
async fn no_document_shows_a_secret_that_a_node_repeats() {
    let shapes = Shapes::new();
    let text = std::fs::read_to_string(shapes.world.folder().join("root/node/pipes/literal.conf.json"));
    let text = text.expect("it was written");
    let words = format!("cannot run {text}");
    let objection = json!({ "elements": "$", "level": "error", "msg": words });
    let echo = json!({
        "detail": words,
        "title": words,
        "validation_errors": [{ "posted-config": serde_json::from_str::<Value>(&text).expect("JSON"), "config-errors": [objection] }]
    });
    for (method, path, status) in [
        ("GET", "/other/api/config", 403),
        ("PUT", "/other/api/env", 400),
        ("POST", "/other/api/secrets", 500),
        ("PUT", "/other/api/config", 400),
        ("PUT", "/other/api/config", 200),
    ] {
        shapes.world.faults().clear();
        shapes.world.faults().answer(Rule::new(method, path), Answer::json(status, &echo));
        let outcome = shapes.program(&["deploy", "--yes", "--json", "--log-level", "trace"]).run(LIMIT).await;
        let document = document(&outcome);
        assert_ne!(outcome.code(), Some(0), "{method} {path} {status}: {document:#}");
    }
}
