//! A world with a generated configuration: what a deploy costs is counted and measured in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use deployer_testkit::server::Entry;
use deployer_testkit::vault::KvVersion;
use deployer_testkit::world::{Program, World};
use serde_json::json;

use crate::generate::{self, Size};

const MOUNT: &str = "sesam/kv2";
const BRANCH: &str = "main";
const NODE_TOKEN: &str = "jwt.of.the.master";
const VAULT_TOKEN: &str = "ghp_logs_in_to_vault";
const GIT_TOKEN: &str = "glpat_pushes_to_git";

/// A configuration, its servers, and the settings that join them.
#[derive(Debug)]
pub struct Load {
    /// The servers.
    pub world: World,
    root: PathBuf,
}

impl Load {
    /// Generates a configuration of a size, with all its secrets in Vault and an empty node folder on every node.
    pub fn start(size: Size) -> Self {
        let world = World::builder().start();
        let root = world.folder().join("root");
        generate::write(&root, size);
        world.vault().mount(MOUNT, KvVersion::Two);
        world.vault().github_user(VAULT_TOKEN);
        for name in (0..size.secrets).map(generate::secret) {
            world.vault().put(MOUNT, &name, json!({ "value": format!("value of {name}") }));
        }
        world.git().accept_token(GIT_TOKEN);
        let files = BTreeMap::from([("README.md".to_owned(), b"The node's own repository.\n".to_vec())]);
        for name in generate::EXTRA_NODES {
            world.git().create(name, BRANCH, &files);
        }
        Self { world, root }
    }

    /// A program with the original's environment variables for this load.
    pub fn program(&self, executable: impl AsRef<Path>) -> Program<'_> {
        let program = self.world.program(executable);
        let program = match self.world.server().ca_file() {
            Some(file) => program.env("SSL_CERT_FILE", file),
            None => program,
        };
        self.variables().into_iter().fold(program, |program, (name, value)| program.env(name, value))
    }

    /// The original's environment variables for this load.
    pub fn variables(&self) -> BTreeMap<&'static str, String> {
        let master = json!({
            "URL": self.world.node_url(),
            "JWT": NODE_TOKEN,
            "UPLOAD_VARIABLES": true,
            "UPLOAD_SECRETS": true,
        });
        let extra = |name: &str| {
            json!({
                "EXTRA_NODE_GIT_URL": self.world.git_url(name),
                "EXTRA_NODE_GIT_USERNAME": "deployer",
                "EXTRA_NODE_GIT_TOKEN": GIT_TOKEN,
                "EXTRA_NODE_GIT_BRANCH": BRANCH,
                "EXTRA_NODE_TEMPLATE_PATH": format!("extra_nodes/{name}"),
                "PROXY_NODE": name == generate::EXTRA_NODES[1],
            })
        };
        let extras = generate::EXTRA_NODES.map(|name| (name.to_owned(), extra(name)));
        BTreeMap::from([
            ("NODE_FOLDER", self.root.display().to_string()),
            ("ENVIRONMENT", generate::ENVIRONMENT.to_owned()),
            ("VERIFY_VARIABLES", "true".to_owned()),
            ("VERIFY_SECRETS", "true".to_owned()),
            ("DRY_RUN", "false".to_owned()),
            ("VAULT_URL", self.world.vault_url()),
            ("VAULT_MOUNTING_POINT", MOUNT.to_owned()),
            ("VAULT_GIT_TOKEN", VAULT_TOKEN.to_owned()),
            ("MASTER_NODE", master.to_string()),
            ("EXTRA_NODES", serde_json::Value::Object(extras.into_iter().collect()).to_string()),
        ])
    }

    /// The longest chain of requests that followed one another, as `METHOD path`. Of the secrets only the first read counts: the others wait
    /// for their turn, and not for its answer. Notifications do not count.
    pub fn longest_chain(&self) -> Vec<String> {
        let first = self.world.log().entries().into_iter().find(is_secret).map(|entry| entry.path);
        let counts = |entry: &Entry| {
            let is_later = is_secret(entry) && Some(&entry.path) != first.as_ref();
            !is_later && !entry.path.starts_with("/slack/")
        };
        let chain = self.world.log().longest_chain(counts);
        chain.into_iter().map(|entry| format!("{} {}", entry.method, entry.path)).collect()
    }

    /// The size of all bodies of requests and answers.
    pub fn bytes(&self) -> usize {
        self.world.log().entries().iter().map(|entry| entry.request_bytes + entry.answer_bytes).sum()
    }
}

/// Whether a request reads a secret.
pub fn is_secret(entry: &Entry) -> bool {
    entry.method == "GET" && entry.path.starts_with("/v1/") && entry.path.contains("/data/")
}
