//! The files are what their systems read, and no text from outside can become a part of a script.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use deployer_testkit::{go, python, skip_or_fail};
use deployer_tests::workspace;

use crate::{clients, yaml};

const FILES: [(&str, &str); 5] = [
    ("github/action.yml", "vendor.github-actions"),
    ("github/workflow.yml", "vendor.github-workflows"),
    ("azure/stages.yml", "vendor.azure-pipelines"),
    ("azure/test.yml", "vendor.azure-pipelines"),
    ("azure/pipeline.yml", "vendor.azure-pipelines"),
];

#[test]
fn expressions_reach_scripts_through_the_environment_alone() {
    let mut scripts = 0;
    for (path, _) in FILES {
        let file = yaml::read(path);
        for script in yaml::scripts(&file) {
            scripts += 1;
            let plain = script.replace("${{", "").replace("$(System.", "");
            assert_eq!(plain, script, "{path}");
        }
    }
    assert_eq!(scripts, 6, "a script that this test did not see");
    // Where inputs get their defaults, GitHub offers no other context.
    let action = yaml::read("github/action.yml");
    let inputs = action["inputs"].as_object().expect("inputs").values();
    let defaults = inputs.filter_map(|input| input["default"].as_str()).filter(|text| text.contains("${{"));
    assert_eq!(defaults.collect::<Vec<_>>(), ["${{ github.token }}"]);
}

#[test]
fn the_published_schemas_accept_the_files() {
    let python = match python::venv(&clients().join("requirements.txt")) {
        Ok(python) => python,
        Err(reason) => return skip_or_fail("the schemas of pipelines", &reason),
    };
    let check = |schema: &str, path: &std::path::Path| {
        let mut command = Command::new(python.with_file_name("check-jsonschema"));
        command.args(["--regex-variant", "python", "--builtin-schema", schema]);
        if schema.ends_with("azure-pipelines") {
            command.args(["--data-transform", "azure-pipelines"]);
        }
        command.arg(path).output().expect("it is installed")
    };
    for (path, schema) in FILES {
        let output = check(schema, &workspace().join("pipelines").join(path));
        assert!(output.status.success(), "{path}: {}", said(&output));
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let wrong = folder.path().join("action.yml");
    let text = std::fs::read_to_string(workspace().join("pipelines/github/action.yml")).expect("readable");
    std::fs::write(&wrong, text.replace("using: composite", "using: compost")).expect("writable");
    assert!(!check(FILES[0].1, &wrong).status.success(), "the schema sees what is wrong");
}

#[test]
fn actionlint_has_nothing_against_the_example() {
    const MODULE: &str = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12";
    let actionlint = match go::program(MODULE) {
        Ok(actionlint) => actionlint,
        Err(reason) => return skip_or_fail("actionlint", &reason),
    };
    let text = std::fs::read_to_string(workspace().join("pipelines/github/workflow.yml")).expect("readable");
    let judge = |text: &str| fed(Command::new(&actionlint).args(["-no-color", "-"]), text);
    let output = judge(&text);
    assert!(output.status.success(), "{}", said(&output));
    let output = judge(&text.replace("github.event_name", "github.event_nam"));
    assert!(said(&output).contains("event_nam"), "it sees what is wrong: {}", said(&output));
}

#[test]
fn shellcheck_has_nothing_against_the_scripts() {
    let judge = |text: &str| fed(Command::new("shellcheck").args(["--shell=bash", "-"]), text);
    if let Err(reason) = Command::new("shellcheck").arg("--version").output() {
        return skip_or_fail("shellcheck", &reason.to_string());
    }
    for (path, key) in
        [("github/action.yml", "run"), ("azure/stages.yml", "bash"), ("azure/test.yml", "bash")]
    {
        let file = yaml::read(path);
        for table in yaml::tables_with(&file, key) {
            let output = judge(table[key].as_str().expect("a script"));
            assert!(output.status.success(), "{path}: {}", said(&output));
        }
    }
    let shim = std::fs::read_to_string(workspace().join("images/full/python")).expect("readable");
    let output = fed(Command::new("shellcheck").args(["--shell=sh", "-"]), &shim);
    assert!(output.status.success(), "images/full/python: {}", said(&output));
    assert!(!judge("echo $unquoted").status.success(), "it sees what is wrong");
}

fn fed(command: &mut Command, input: &str) -> Output {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it is installed");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}
