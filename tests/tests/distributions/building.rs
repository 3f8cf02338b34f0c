//! Runs `cargo xtask build`, and the programs that come out. They are not optimised, and share what the tests have built.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// What `cargo xtask build` made: a folder.
pub(crate) struct Built(PathBuf);

/// Runs `cargo xtask build` without a network, and gives what it printed.
pub(crate) fn xtask(arguments: &[&str]) -> Output {
    xtask_with("dev", arguments)
}

/// The same, with a profile.
pub(crate) fn xtask_with(profile: &str, arguments: &[&str]) -> Output {
    let cargo = std::env::var_os("CARGO").expect("cargo runs the tests");
    Command::new(cargo)
        .args(["run", "--quiet", "--locked", "--package", "xtask", "--", "build", "--profile", profile])
        .args(arguments)
        .env("CARGO_NET_OFFLINE", "true")
        .current_dir(deployer_tests::workspace())
        .output()
        .expect("cargo can be started")
}

/// Builds a program into a folder.
pub(crate) fn build(folder: &Path, arguments: &[&str]) -> Built {
    let output = folder.display().to_string();
    let built = xtask(&[arguments, &["--output", &output]].concat());
    assert!(built.status.success(), "{arguments:?}: {}", text(&built.stderr));
    Built(folder.to_owned())
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Built {
    /// What is in a folder already.
    pub(crate) fn at(folder: PathBuf) -> Self {
        Self(folder)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        let text = std::fs::read_to_string(self.file(name)).expect("the build wrote it");
        serde_json::from_str(&text).expect("it is JSON")
    }

    /// Runs the program in a folder, with no environment.
    pub(crate) fn run(&self, folder: &Path, arguments: &[&str]) -> Output {
        let mut program = Command::new(self.file("sesam-deployer"));
        program.args(arguments).env_clear().current_dir(folder);
        program.output().expect("the program can be started")
    }

    /// The plugins that the program says it holds, by their features and kinds.
    pub(crate) fn plugins(&self) -> Vec<(Option<String>, String)> {
        let output = self.run(&self.0, &["plugins", "--json"]);
        let plugins: Vec<Value> = serde_json::from_slice(&output.stdout).expect("a list");
        let built = plugins.iter().filter(|plugin| plugin["built"] == true);
        let text = |value: &Value| value.as_str().map(str::to_owned);
        built.map(|plugin| (text(&plugin["feature"]), text(&plugin["kind"]).expect("a kind"))).collect()
    }

    /// The names of the crates in it, by its bill of materials.
    pub(crate) fn crates(&self) -> Vec<String> {
        let bill = self.json("bom.json");
        let components = bill["components"].as_array().expect("a list");
        let is_inside = |part: &&Value| part["scope"] != "excluded";
        components
            .iter()
            .filter(is_inside)
            .map(|part| part["name"].as_str().expect("a name").to_owned())
            .collect()
    }
}
