//! Recorded runs of the original deployer: its input, the state before, and the state after.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use deployer_testkit::vault::KvVersion;
use deployer_testkit::world::{Outcome, Program, World};
use serde_json::{Map, Value};

use crate::scene::copy;
pub use crate::state::State;
use crate::state::by_id;

/// A recorded run.
#[derive(Debug)]
pub struct Case {
    /// The name of its folder.
    pub name: String,
    folder: PathBuf,
    case: Value,
    expected: Value,
}

impl Case {
    /// All cases of a folder of recordings, in order of their names.
    pub fn all(folder: &Path) -> Vec<Self> {
        let entries = std::fs::read_dir(folder).expect("the folder of recordings is readable");
        let mut folders: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        folders.sort();
        let cases = folders.into_iter().filter(|folder| folder.join("case.json").is_file());
        cases.map(|folder| Self::read(&folder)).collect()
    }

    fn read(folder: &Path) -> Self {
        let json = |name: &str| -> Value {
            let text = std::fs::read_to_string(folder.join(name)).expect("a recording is readable");
            serde_json::from_str(&text).expect("a recording is JSON")
        };
        Self {
            name: folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            folder: folder.to_owned(),
            case: json("case.json"),
            expected: json("expected.json"),
        }
    }

    /// Copies the configuration into a folder.
    pub fn copy_root(&self, to: &Path) {
        copy(&self.folder.join("root"), to);
    }

    /// Puts a world into the state before the run.
    pub fn prepare(&self, world: &World) {
        let vault = world.vault();
        let mount = self.case["vault"]["mount"].as_str().expect("a mount");
        vault.mount(mount, KvVersion::Two);
        vault.github_user("ghp_x");
        for (name, fields) in object(&self.case["vault"]["secrets"]) {
            vault.put(mount, name, fields.clone());
        }
        let before = &self.case["node_before"];
        for (group, entities) in object(&before["config"]) {
            let group = if group == "default" { "" } else { group };
            let entities = entities.as_array().expect("a list of entities").clone();
            world.node().set_config(group, entities).expect("a node in memory");
        }
        world.node().set_env(object(&before["env"]).clone()).expect("a node in memory");
        world.git().accept_token("t");
        let files = object(&self.case["git_before"]);
        let files: BTreeMap<String, Vec<u8>> =
            files.iter().map(|(path, text)| (path.clone(), bytes(text))).collect();
        for name in self.extra_nodes() {
            world.git().create(&name, self.case["git_branch"].as_str().expect("a branch"), &files);
        }
    }

    /// Sets the recorded environment variables.
    pub fn environment<'w>(&self, program: Program<'w>, world: &World) -> Program<'w> {
        self.some_of_the_environment(program, world, |_| true)
    }

    /// Sets some of the recorded environment variables.
    pub fn some_of_the_environment<'w>(
        &self,
        mut program: Program<'w>,
        world: &World,
        is_set: impl Fn(&str) -> bool,
    ) -> Program<'w> {
        let address = world.server().address().to_string();
        let root = self.folder.join("root").display().to_string();
        for (name, value) in object(&self.case["env"]).iter().filter(|(name, _)| is_set(name)) {
            let value = value.as_str().expect("a text");
            let value =
                value.replace("{root}", &root).replace("{scheme}", "https").replace("{address}", &address);
            program = program.env(name, value);
        }
        match world.server().ca_file() {
            Some(file) => program.env("SSL_CERT_FILE", file),
            None => program,
        }
    }

    /// The names of the extra nodes.
    pub fn extra_nodes(&self) -> BTreeSet<String> {
        let text = self.case["env"]["EXTRA_NODES"].as_str().unwrap_or("{}");
        let nodes: Value = serde_json::from_str(text).expect("recorded extra nodes are JSON");
        object(&nodes).keys().cloned().collect()
    }

    /// The state after the run, as the original left it.
    pub fn expected(&self) -> State {
        let after = &self.expected["node_after"];
        let git = object(&self.expected["git_after"]);
        State {
            config: object(&after["config"])
                .iter()
                .map(|(group, list)| (group.clone(), by_id(list)))
                .collect(),
            env: object(&after["env"]).clone(),
            secrets: object(&after["secrets"])
                .iter()
                .map(|(name, value)| (name.clone(), value.as_str().expect("a text").to_owned()))
                .collect(),
            git: git
                .iter()
                .map(|(name, files)| {
                    (
                        name.clone(),
                        object(files).iter().map(|(path, file)| (path.clone(), file.clone())).collect(),
                    )
                })
                .collect(),
        }
    }

    /// Whether the original ended with exit code 0.
    pub fn expects_success(&self) -> bool {
        self.expected["exit_code_zero"] == Value::Bool(true)
    }

    /// The state that a world is in.
    pub fn observed(&self, world: &World) -> State {
        let branch = self.case["git_branch"].as_str().expect("a branch");
        State::observe(world, branch, self.extra_nodes())
    }

    /// Panics unless a run ended as the recording says.
    pub fn assert_exit(&self, outcome: &Outcome) {
        let text = format!("{}\n{}\n{}", self.name, outcome.stdout(), outcome.stderr());
        assert_eq!(outcome.code() == Some(0), self.expects_success(), "{text}");
    }
}

fn object(value: &Value) -> &Map<String, Value> {
    static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    value.as_object().unwrap_or(&EMPTY)
}

fn bytes(text: &Value) -> Vec<u8> {
    text.as_str().expect("a text").as_bytes().to_vec()
}
