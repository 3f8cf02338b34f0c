//! Recorded runs of the original deployer: from the same folder, our stages make the same entities for each node.

mod configuration;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use configuration::{Configuration, Extra};
use deployer_core::format;
use deployer_core::model::{Entity, EntityKind};
use deployer_engine::connect::LinkRule;
use deployer_engine::stages::uses;
use serde_json::Value;

/// The recorded cases: what `DEPLOYER_SHARED` names, else `shared` beside the workspace.
fn recorded() -> Option<PathBuf> {
    let beside =
        || Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).map(|above| above.join("shared"));
    let folder = std::env::var_os("DEPLOYER_SHARED").map(PathBuf::from).or_else(beside)?.join("golden");
    folder.is_dir().then_some(folder)
}

#[test]
fn recorded_runs_give_the_same_entities() {
    let Some(recorded) = recorded() else {
        eprintln!(
            "skipped: recorded runs: the folder of recorded cases is missing; set DEPLOYER_SHARED to its path"
        );
        return;
    };
    let mut cases: Vec<PathBuf> =
        fs::read_dir(&recorded).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|case| case.join("root").is_dir());
    cases.sort();
    assert!(!cases.is_empty(), "{} holds no case", recorded.display());
    cases.iter().for_each(|case| Case::read(case).check());
}

struct Case {
    name: String,
    root: Configuration,
    env: BTreeMap<String, String>,
    expected: Value,
}

impl Case {
    fn read(folder: &Path) -> Self {
        let json = |name: &str| -> Value {
            serde_json::from_slice(&fs::read(folder.join(name)).expect(name)).expect(name)
        };
        Self {
            name: folder.file_name().expect("a name").to_string_lossy().into_owned(),
            root: Configuration(folder.join("root")),
            env: serde_json::from_value(json("case.json")["env"].take()).expect("texts by name"),
            expected: json("expected.json"),
        }
    }

    fn check(&self) {
        let environment = &self.env["ENVIRONMENT"];
        if environment == "ci" {
            self.check_master(&self.root.entities("whitelist-master.txt"));
            return;
        }
        let extras = self.extras();
        let connected = self.root.connected(&format!("whitelist-{environment}.txt"), &extras, LinkRule::Seed);
        assert!(connected.problems.is_empty(), "{}: {:?}", self.name, connected.problems);
        self.root.assert_valid(
            &connected,
            &self.root.variables(&format!("variables/variables-{environment}.json")),
        );
        if self.env["DRY_RUN"] == "true" {
            let nothing = self.expected["node_after"]["config"].as_object().expect("an object").is_empty();
            assert!(nothing, "{}: a dry run writes nothing", self.name);
            return;
        }
        self.check_master(&connected.master);
        for (node, entities) in &connected.extras {
            self.check_tree(node.as_str(), entities, &format!("variables/variables-{environment}.json"));
        }
    }

    fn extras(&self) -> Vec<Extra> {
        let text = self.env.get("EXTRA_NODES").map_or("{}", String::as_str);
        let nodes: BTreeMap<String, BTreeMap<String, String>> =
            serde_json::from_str(text).expect("EXTRA_NODES");
        let extra = |(name, settings): (String, BTreeMap<String, String>)| Extra {
            name,
            templates: settings["EXTRA_NODE_TEMPLATE_PATH"].clone(),
            proxy: settings.get("PROXY_NODE").is_some_and(|value| value == "true"),
        };
        nodes.into_iter().map(extra).collect()
    }

    /// A config group leaves the node's metadata out.
    fn check_master(&self, entities: &[Entity]) {
        let master: Value = serde_json::from_str(&self.env["MASTER_NODE"]).expect("MASTER_NODE");
        let group = master.get("CONFIG_GROUP").and_then(Value::as_str);
        let made = entities.iter().filter(|entity| group.is_none() || entity.kind() != EntityKind::Metadata);
        let made: BTreeMap<String, Value> =
            made.map(|entity| (entity.id().to_string(), json(entity))).collect();
        let expected =
            self.expected["node_after"]["config"][group.unwrap_or("default")].as_array().expect("a list");
        let expected: BTreeMap<String, Value> = expected
            .iter()
            .map(|entity| (entity["_id"].as_str().expect("a text").to_owned(), entity.clone()))
            .collect();
        self.same("master", made, expected);
    }

    /// The files of an extra node's repository: its entities, and those variables that it names and the master has.
    fn check_tree(&self, node: &str, entities: &[Entity], variables: &str) {
        let mut made: BTreeMap<String, Value> =
            entities.iter().map(|entity| (format!("node/{}", entity.file_path()), json(entity))).collect();
        let known = self.root.variables(variables);
        let named = uses(entities).variables;
        let own: serde_json::Map<String, Value> = known
            .entries
            .iter()
            .filter(|(name, _)| named.contains_key(*name))
            .map(|(name, variable)| (name.clone(), parsed(&variable.value)))
            .collect();
        if !own.is_empty() {
            made.insert(format!("node/{variables}"), Value::Object(own));
        }
        let tree = self.expected["git_after"][node].as_object().expect("an object");
        let expected = tree.iter().filter(|(path, _)| path.starts_with("node/"));
        let expected = expected.map(|(path, content)| (path.clone(), content.clone())).collect();
        self.same(node, made, expected);
    }

    fn same(&self, node: &str, made: BTreeMap<String, Value>, expected: BTreeMap<String, Value>) {
        let names = |all: &BTreeMap<String, Value>| all.keys().cloned().collect::<BTreeSet<String>>();
        assert_eq!(names(&made), names(&expected), "{}: what stands on {node}", self.name);
        for (name, value) in &made {
            assert_eq!(value, &expected[name], "{}: {name} on {node}", self.name);
        }
    }
}

fn json(entity: &Entity) -> Value {
    parsed(entity.value())
}

fn parsed(value: &deployer_core::document::Value) -> Value {
    serde_json::from_str(&format::compact(value)).expect("what we write is JSON")
}
