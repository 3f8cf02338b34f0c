//! A world with the demo configuration, described by the original's environment variables: a master and two extra nodes that are
//! deployed through git.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use deployer_testkit::git::Repository;
use deployer_testkit::vault::KvVersion;
use deployer_testkit::world::{Program, World, WorldBuilder};
use serde_json::json;
use sesam_node::Node;

/// The token of the master node. It is a planted secret where a test makes it one.
pub const NODE_TOKEN: &str = "demo-node-jwt-51c9";
/// The GitHub token that logs in to Vault.
pub const VAULT_TOKEN: &str = "demo-github-4e7a";
/// The token of the git host.
pub const GIT_TOKEN: &str = "demo-git-90bd";
/// A token of the world's Slack.
pub const SLACK_TOKEN: &str = "xoxb-slack-token";
/// Vault's mount.
pub const MOUNT: &str = "sesam/kv2";
/// The branch of the extra nodes' repositories.
pub const BRANCH: &str = "main";
/// The extra nodes of the demo configuration; the second is a proxy node.
pub const EXTRA_NODES: [&str; 2] = ["nett", "marked"];
/// The secrets that the demo configuration names.
pub const SECRETS: [&str; 8] = [
    "arkiv-password",
    "crm-token",
    "exchange-token",
    "marked-jwt",
    "master-jwt",
    "nett-git-token",
    "nett-jwt",
    "scada-api-key",
];

/// The credentials that a scene is set up with.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The master's token.
    pub node: String,
    /// The GitHub token for Vault.
    pub vault: String,
    /// The password of the git host.
    pub git: String,
}

impl Default for Credentials {
    fn default() -> Self {
        Self { node: NODE_TOKEN.to_owned(), vault: VAULT_TOKEN.to_owned(), git: GIT_TOKEN.to_owned() }
    }
}

/// The world, its configuration and its repositories.
#[derive(Debug)]
pub struct Scene {
    /// Servers and folder.
    pub world: World,
    /// The root of the configuration, a copy of the demo configuration in the world's folder.
    pub root: PathBuf,
    pub(crate) credentials: Credentials,
}

impl Scene {
    /// The demo configuration in a world over HTTPS, with every secret in Vault and a repository for each extra node.
    pub fn new() -> Self {
        let node = Node::builder().jwt(NODE_TOKEN).build().expect("a node in memory needs nothing");
        Self::with(World::builder().node(node), Credentials::default(), |name| format!("value of {name}"))
    }

    /// The same in a world of one's own, with other credentials and secret values.
    pub fn with(world: WorldBuilder, credentials: Credentials, secret: impl Fn(&str) -> String) -> Self {
        let world = world.start();
        let root = world.folder().join("root");
        copy(&crate::workspace().join("fixtures/demo"), &root);
        world.vault().mount(MOUNT, KvVersion::Two);
        world.vault().github_user(&credentials.vault);
        for name in SECRETS {
            world.vault().put(MOUNT, name, json!({ "value": secret(name) }));
        }
        world.git().accept_token(&credentials.git);
        let files = BTreeMap::from([("README.md".to_owned(), b"The node's own repository.\n".to_vec())]);
        for name in EXTRA_NODES {
            world.git().create(name, BRANCH, &files);
        }
        Self { world, root, credentials }
    }

    /// The repository of an extra node.
    pub fn repository(&self, name: &str) -> Repository {
        self.world.git().open(name)
    }

    /// A program with the original's environment variables for this scene.
    pub fn program(&self, executable: impl AsRef<Path>) -> Program<'_> {
        let program = self.world.program(executable);
        let program = match self.world.server().ca_file() {
            Some(file) => program.env("SSL_CERT_FILE", file),
            None => program,
        };
        self.variables().into_iter().fold(program, |program, (name, value)| program.env(name, value))
    }

    /// The original's environment variables for this scene.
    pub fn variables(&self) -> BTreeMap<&'static str, String> {
        let master = json!({
            "URL": self.world.node_url(),
            "JWT": self.credentials.node,
            "UPLOAD_VARIABLES": true,
            "UPLOAD_SECRETS": true,
        });
        let extra = |name: &str, proxy: bool| {
            json!({
                "EXTRA_NODE_GIT_URL": self.world.git_url(name),
                "EXTRA_NODE_GIT_USERNAME": "deployer",
                "EXTRA_NODE_GIT_TOKEN": self.credentials.git,
                "EXTRA_NODE_GIT_BRANCH": BRANCH,
                "EXTRA_NODE_TEMPLATE_PATH": format!("extra_nodes/{name}"),
                "PROXY_NODE": proxy,
            })
        };
        BTreeMap::from([
            ("NODE_FOLDER", self.root.display().to_string()),
            ("ENVIRONMENT", "test".to_owned()),
            ("VERIFY_VARIABLES", "true".to_owned()),
            ("VERIFY_SECRETS", "true".to_owned()),
            ("DRY_RUN", "false".to_owned()),
            ("VAULT_URL", self.world.vault_url()),
            ("VAULT_MOUNTING_POINT", MOUNT.to_owned()),
            ("VAULT_GIT_TOKEN", self.credentials.vault.clone()),
            ("MASTER_NODE", master.to_string()),
            (
                "EXTRA_NODES",
                json!({ "nett": extra("nett", false), "marked": extra("marked", true) }).to_string(),
            ),
        ])
    }

    /// Changes a file of the configuration, given below its root.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        folder.and_then(|()| std::fs::write(path, text)).expect("the copy of the configuration is writable");
    }

    /// Every file of the configuration, by its path behind a prefix.
    pub fn files(&self, prefix: &str) -> BTreeMap<String, Vec<u8>> {
        files(&self.root, prefix)
    }

    /// Reads a file of the configuration, given below its root.
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.root.join(path)).expect("the copy of the configuration is readable")
    }
}

impl Default for Scene {
    fn default() -> Self {
        Self::new()
    }
}

/// Every file below a folder, by its path behind a prefix.
///
/// # Panics
/// If a file cannot be read.
pub fn files(folder: &Path, prefix: &str) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("the copy of the configuration is readable").flatten() {
        let path = Path::new(prefix).join(entry.file_name()).to_string_lossy().into_owned();
        if entry.path().is_dir() {
            found.extend(files(&entry.path(), &path));
        } else {
            found.insert(path, std::fs::read(entry.path()).expect("a file"));
        }
    }
    found
}

/// Copies a folder with all its content.
///
/// # Panics
/// If a file cannot be read or written.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the world's folder is writable");
    for entry in std::fs::read_dir(from).expect("the fixture is readable").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("the world's folder is writable");
        }
    }
}
