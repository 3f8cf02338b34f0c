//! A plugin that is made, tested and built outside of this workspace.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::building::{build, text, xtask};

fn cargo(folder: &Path, arguments: &[&str]) -> Output {
    let cargo = std::env::var_os("CARGO").expect("cargo runs the tests");
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(folder).env("CARGO_NET_OFFLINE", "true");
    command.output().expect("cargo can be started")
}

/// Runs a task of this workspace.
fn task(arguments: &[&str]) -> Output {
    let all = [&["run", "--quiet", "--locked", "--package", "xtask", "--"], arguments].concat();
    cargo(&deployer_tests::workspace(), &all)
}

#[test]
fn a_plugin_from_outside_is_made_passes_its_suite_and_is_built_into_a_program() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let plugin = folder.path().join("key-cabinet");
    let place = plugin.display().to_string();
    let made = task(&["new-plugin", "store", "key-cabinet", "--outside", &place]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let again = task(&["new-plugin", "store", "key-cabinet", "--outside", &place]);
    assert!(
        text(&again.stderr).contains("is not empty: name an empty or a new folder"),
        "{}",
        text(&again.stderr)
    );
    let inside = deployer_tests::workspace().join("new").display().to_string();
    let refused = task(&["new-plugin", "store", "key-cabinet", "--outside", &inside]);
    assert!(text(&refused.stderr).contains("leave out --outside"), "{}", text(&refused.stderr));

    // The lock file agrees with the sources, and with the versions of this tree.
    let tested = cargo(&plugin, &["test", "--locked"]);
    assert!(tested.status.success(), "{}{}", text(&tested.stdout), text(&tested.stderr));
    let said = text(&tested.stdout);
    for test in
        ["contract::the_contract_of_stores_is_kept", "settings::the_example_builds_and_shows_no_credential"]
    {
        assert!(said.contains(&format!("test {test} ... ok")), "{test}: {said}");
    }

    let file = plugin.join("key-cabinet.toml").display().to_string();
    let built = build(&folder.path().join("built"), &["--distribution", &file]);
    assert!(built.plugins().contains(&(None, "key-cabinet".to_owned())), "{:?}", built.plugins());
    let crates = &built.json("build.json")["crates"];
    assert_eq!(crates[0]["crate"], "deployer-store-key-cabinet");
    assert_eq!((&crates[0]["version"], &crates[0]["source"]), (&"0.1.0".into(), &"path".into()));
    assert!(crates[0]["commit"].is_null(), "it is in no repository: {crates}");
    let deployed = deploy(&built, folder.path());
    assert_eq!(deployed.status.code(), Some(0), "{}", text(&deployed.stderr));

    // What the build pinned is kept, and a lock file of other sources is named.
    let lock = plugin.join("key-cabinet.lock");
    fs::copy(built.file("Cargo.lock"), &lock).expect("it can be copied");
    let output = folder.path().join("again").display().to_string();
    let locked = xtask(&["--distribution", &file, "--locked", "--output", &output]);
    assert!(locked.status.success(), "{}", text(&locked.stderr));
    let stale = fs::read_to_string(&lock)
        .expect("a lock file")
        .replace("name = \"deployer-store-key-cabinet\"", "name = \"another\"");
    fs::write(&lock, stale).expect("it can be written");
    let told = text(&xtask(&["--distribution", &file, "--output", &output]).stderr);
    assert!(told.contains("key-cabinet.lock is stale: it lacks deployer-store-key-cabinet 0.1.0"), "{told}");
    assert!(!told.contains("Compiling"), "{told}");
}

/// Deploys a pipe to a folder with the program.
fn deploy(built: &crate::building::Built, folder: &Path) -> Output {
    let configuration = folder.join("configuration");
    fs::create_dir_all(configuration.join("node/pipes")).expect("a folder can be made");
    let pipe = r#"{ "_id": "a", "type": "pipe", "source": { "type": "embedded", "entities": [] } }"#;
    fs::write(configuration.join("node/pipes/a.conf.json"), pipe).expect("it can be written");
    let settings = "environment = \"test\"\n[configuration]\nwhitelist = false\nvariables = false\n\
                    [stores.main]\nkind = \"key-cabinet\"\nurl = \"https://cabinet.example.com\"\ntoken = { command = [\"echo\", \"made-up-token\"] }\n\
                    [nodes.master]\ntarget = { kind = \"folder\", path = \"out\" }\n";
    fs::write(configuration.join("deployer.toml"), settings).expect("it can be written");
    built.run(&configuration, &["deploy", "--yes"])
}
