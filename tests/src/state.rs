//! What a world holds: the node's configuration, variables and secrets, and the files of repositories.

use std::collections::BTreeMap;

use deployer_testkit::world::World;
use serde_json::{Map, Value};

/// What a world holds after a run, in the shape of the recordings.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Entities by config group and id; the default group is called `default`.
    pub config: BTreeMap<String, BTreeMap<String, Value>>,
    /// Variables.
    pub env: Map<String, Value>,
    /// Secrets.
    pub secrets: BTreeMap<String, String>,
    /// Files of the repositories, JSON parsed.
    pub git: BTreeMap<String, BTreeMap<String, Value>>,
}

impl State {
    /// The state that a world is in: its node, and one branch of some repositories.
    pub fn observe(world: &World, branch: &str, repositories: impl IntoIterator<Item = String>) -> Self {
        let node = world.node().state();
        let group_name = |group: &str| if group.is_empty() { "default".to_owned() } else { group.to_owned() };
        let groups = node.groups().into_iter();
        let config = groups.map(|group| (group_name(&group), by_id(&Value::Array(node.config(&group)))));
        let value = |name: &String| world.node().secret_value_for_test(name).unwrap_or_default();
        let secrets = node.secret_names().into_iter().map(|name| (name.clone(), value(&name)));
        let git = repositories.into_iter().map(|name| {
            let files = world.git().open(&name).files(branch);
            let files = files.into_iter().map(|(path, content)| {
                let value = parsed(&path, content);
                (path, value)
            });
            (name, files.collect())
        });
        Self { config: config.collect(), env: node.env(), secrets: secrets.collect(), git: git.collect() }
    }
}

/// A list of entities by their ids.
pub(crate) fn by_id(list: &Value) -> BTreeMap<String, Value> {
    let entities = list.as_array().expect("a list of entities").iter();
    entities.map(|entity| (entity["_id"].as_str().expect("an _id").to_owned(), entity.clone())).collect()
}

fn parsed(path: &str, content: Vec<u8>) -> Value {
    let text = String::from_utf8(content).expect("files are UTF-8");
    if path.ends_with(".json") { serde_json::from_str(&text).expect("JSON") } else { Value::String(text) }
}
