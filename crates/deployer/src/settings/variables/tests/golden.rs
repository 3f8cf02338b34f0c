//! The variables of recorded runs of the original.

use std::path::PathBuf;

use super::*;

fn cases() -> Option<PathBuf> {
    let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared =
        std::env::var_os("DEPLOYER_SHARED").map_or_else(|| workspace.join("../shared"), PathBuf::from);
    Some(shared.join("golden")).filter(|folder| folder.is_dir())
}

#[test]
fn the_variables_of_every_recorded_run_are_read_without_a_warning() {
    let Some(folder) = cases() else {
        eprintln!("skipped: no recorded runs; set DEPLOYER_SHARED to the folder that holds golden/");
        return;
    };
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path().join("case.json");
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let case: serde_json::Value = serde_json::from_str(&text).unwrap();
        let fill = |text: &str| {
            text.replace("{root}", "/root")
                .replace("{scheme}", "https")
                .replace("{address}", "127.0.0.1:8443")
        };
        let variables = case["env"].as_object().unwrap().iter();
        let variables: ProcessVariables =
            variables.map(|(name, value)| (name.clone(), fill(value.as_str().unwrap()))).collect();
        let settings = Settings::from_variables(Asked::new(None, &variables))
            .unwrap_or_else(|error| panic!("{path:?}: {error:?}"));
        assert_eq!(settings.notes, [], "{path:?}");
        let extras =
            variables.get("EXTRA_NODES").map_or(0, |nodes| nodes.matches("EXTRA_NODE_GIT_URL").count());
        assert_eq!(settings.nodes.len(), 1 + extras, "{path:?}");
        assert_eq!(settings.configuration.split, settings.environment != "ci", "{path:?}");
        count += 1;
    }
    assert!(count > 0, "no recorded run was found");
}
