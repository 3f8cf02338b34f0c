//! One configuration in two environments: `test` reads secrets from files and pushes every node directly, `prod` reads them from Vault
//! and pushes the extra nodes through git.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use deployer_testkit::canary::Canary;
use deployer_testkit::server::Server;
use deployer_testkit::world::{Outcome, Program, World};
use deployer_tests::checks::{assert_code, pushes, said};
use deployer_tests::scene::{BRANCH, Credentials, EXTRA_NODES, SECRETS, Scene};
use serde_json::{Map, Value};
use sesam_node::Node;

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
const LIMIT: Duration = Duration::from_secs(60);

/// An embedded node of the environment `test`.
struct Direct {
    node: Node,
    server: Server,
}

/// The scene of `prod`, and the nodes and files of `test`. Every secret and every token is planted.
struct Both {
    scene: Scene,
    nodes: BTreeMap<&'static str, Direct>,
    token: Canary,
    of_test: Canary,
    of_nett: Canary,
    of_prod: Canary,
}

impl Both {
    fn new() -> Self {
        let [of_test, of_nett, of_prod] = ["test", "nett", "prod"].map(Canary::hostile);
        let [node, vault, git] = ["node", "vault", "git"].map(Canary::header_safe);
        let token = Canary::jwt("direct");
        let planted = [&of_test, &of_nett, &of_prod, &node, &vault, &git, &token];
        let world = planted.into_iter().fold(World::builder(), |world, canary| world.canary(canary));
        let master = Node::builder().jwt(node.value()).build().expect("a node in memory needs nothing");
        let credentials = Credentials {
            node: node.value().to_owned(),
            vault: vault.value().to_owned(),
            git: git.value().to_owned(),
        };
        let mut scene = Scene::with(world.node(master), credentials, |_| of_prod.value().to_owned());
        for (file, canary) in [("main.json", &of_test), ("nett.json", &of_nett)] {
            let secrets: Map<String, Value> =
                SECRETS.into_iter().map(|name| (name.to_owned(), canary.value().into())).collect();
            let path = scene.world.write(&format!("secrets/{file}"), Value::Object(secrets).to_string());
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))
                .expect("the file is ours");
            scene.world.exempt(path);
        }
        let direct = |name| {
            let node = Node::builder().jwt(token.value()).build().expect("a node in memory needs nothing");
            (name, Direct { server: Server::http(node.router()), node })
        };
        let nodes = ["master", "nett", "marked"].map(direct).into();
        Self { scene, nodes, token, of_test, of_nett, of_prod }
    }

    fn program(&self, environment: &str) -> Program<'_> {
        let folder = self.scene.world.folder().join("secrets");
        let mut more = format!(
            "[environments.prod]\n\
             [environments.test.stores.vault]\nkind = \"file\"\npath = \"{folder}/main.json\"\n\
             [environments.test.stores.nett]\nkind = \"file\"\npath = \"{folder}/nett.json\"\n",
            folder = folder.display(),
        );
        for (name, direct) in &self.nodes {
            let stores = if *name == "nett" { "nett" } else { "vault" };
            more += &format!(
                "[environments.test.nodes.{name}]\nsecrets = [\"{stores}\"]\n\
                 [environments.test.nodes.{name}.target]\nkind = \"node\"\nurl = \"{}\"\ntoken = {{ env = \"DIRECT_TOKEN\" }}\n",
                direct.server.url(""),
            );
        }
        let program = self.scene.program_with_file(PROGRAM, &more);
        program.env("DIRECT_TOKEN", self.token.value()).args(["--environment", environment])
    }

    async fn run(&self, environment: &str, arguments: &[&str], code: i32) -> Outcome {
        let program = self.program(environment).args(arguments).args(["--log-level", "trace"]);
        let outcome = program.run(LIMIT).await;
        assert_code(&outcome, code);
        outcome
    }

    /// The secrets of a node of `test`, by name.
    fn secrets_of_test(&self, name: &str) -> BTreeMap<String, String> {
        secrets(&self.nodes[name].node)
    }

    /// The entities of a node of `test`, by id.
    fn entities_of_test(&self, name: &str) -> BTreeMap<String, Value> {
        entities(&self.nodes[name].node)
    }
}

fn secrets(node: &Node) -> BTreeMap<String, String> {
    let names = node.state().secret_names().into_iter();
    names.map(|name| (name.clone(), node.secret_value_for_test(&name).unwrap_or_default())).collect()
}

fn entities(node: &Node) -> BTreeMap<String, Value> {
    let entities = node.state().config("").into_iter();
    entities.map(|entity| (entity["_id"].as_str().unwrap_or_default().to_owned(), entity)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn test_is_pushed_directly_from_files_and_prod_through_git_from_vault() {
    let both = Both::new();
    let world = &both.scene.world;
    let untouched = both.scene.state();

    both.run("test", &["deploy"], 0).await;
    assert_eq!(both.scene.state(), untouched, "nothing of prod is written");
    assert!(!world.log().entries().iter().any(|entry| entry.path.starts_with("/v1")), "Vault is not asked");
    for (name, canary) in [("master", &both.of_test), ("nett", &both.of_nett), ("marked", &both.of_test)] {
        let secrets = both.secrets_of_test(name);
        assert!(!secrets.is_empty(), "{name} has secrets of its own");
        assert!(secrets.values().all(|value| value == canary.value()), "{name} has the values of its store");
        let variables = both.nodes[name].node.state().env();
        assert_eq!(variables["environment-name"], "test", "{name}");
    }
    both.run("test", &["plan", "--exit-code"], 0).await;

    let of_test: BTreeMap<_, _> =
        both.nodes.keys().map(|name| (*name, both.entities_of_test(name))).collect();
    both.run("prod", &["plan", "--exit-code"], 2).await;
    let deployed = both.run("prod", &["deploy"], 0).await;
    assert_eq!(pushes(world).len(), EXTRA_NODES.len(), "{}", said(&deployed));
    let prod = secrets(world.node());
    assert!(!prod.is_empty() && prod.values().all(|value| value == both.of_prod.value()));
    assert_eq!(world.node().state().env()["environment-name"], "prod");
    both.run("prod", &["plan", "--exit-code"], 0).await;

    for (name, before) in &of_test {
        assert_eq!(&both.entities_of_test(name), before, "nothing of test is written");
    }
    // The whitelists differ by one pipe of the master.
    let ids = |entities: &BTreeMap<String, Value>| entities.keys().cloned().collect::<BTreeSet<_>>();
    let more: Vec<String> =
        ids(&of_test["master"]).difference(&ids(&entities(world.node()))).cloned().collect();
    assert_eq!(more, ["utkast-tariff"]);
    for name in EXTRA_NODES {
        let files = both.scene.repository(name).files(BRANCH);
        let in_git = files.iter().filter(|(path, _)| path.ends_with(".conf.json")).map(|(_, content)| {
            let entity: Value = serde_json::from_slice(content).expect("JSON");
            (entity["_id"].as_str().unwrap_or_default().to_owned(), entity)
        });
        assert_eq!(in_git.collect::<BTreeMap<_, _>>(), of_test[name], "{name} is the same both ways");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_named_env_are_not_read() {
    let scene = Scene::new();
    let check = async |program: Program<'_>| program.arg("check").run(LIMIT).await;
    let alone = check(scene.world.program(PROGRAM)).await;
    assert_code(&alone, 78);
    let expected = check(scene.program(PROGRAM)).await;
    assert_code(&expected, 0);

    // All that a run needs, and something that no run survives.
    let lines: String =
        scene.variables().into_iter().map(|(name, value)| format!("{name}='{value}'\n")).collect();
    for folder in ["", "root/", "root/node/"] {
        scene.world.write(&format!("{folder}.env"), &lines);
    }
    assert_eq!(
        said(&check(scene.world.program(PROGRAM)).await),
        said(&alone),
        "the variables of .env are not set"
    );
    for folder in ["", "root/", "root/node/"] {
        scene
            .world
            .write(&format!("{folder}.env"), "ENVIRONMENT=nowhere\nNODE_FOLDER=nowhere\nVAULT_URL=nowhere\n");
    }
    assert_eq!(said(&check(scene.program(PROGRAM)).await), said(&expected), "those of the process are kept");
}
