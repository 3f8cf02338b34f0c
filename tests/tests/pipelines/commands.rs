//! What the program writes into the log of a pipeline.

use std::io::Write;
use std::process::{Command, Stdio};

use deployer_testkit::skip_or_fail;
use deployer_testkit::world::Outcome;
use deployer_tests::checks::{assert_code, assert_says, said};
use deployer_tests::scene::Scene;
use serde_json::Value;

use crate::{LIMIT, PROGRAM, clients, packages};

const FORMATS: [&str; 2] = ["azure", "github"];

async fn run(scene: &Scene, arguments: &[&str]) -> Outcome {
    let program = scene.program(PROGRAM).env("GITHUB_WORKSPACE", scene.world.folder());
    program.args(arguments).run(LIMIT).await
}

/// The lines that a pipeline takes for commands: ours, and such as must not be there.
fn commands(outcome: &Outcome, format: &str) -> Vec<String> {
    let said = said(outcome);
    // Both systems end lines at `\r` too.
    let is_command = |line: &&str| match format {
        "github" => line.trim_start().starts_with("::") || line.contains("##["),
        _ => line.contains("##vso[") || line.trim_start().starts_with("##["),
    };
    said.split(['\n', '\r']).filter(is_command).map(str::to_owned).collect()
}

/// A scene in which something is wrong.
fn broken() -> Scene {
    let scene = Scene::new();
    scene.replace("node/variables/variables-test.json", "\"crm-page-size\"", "\"crm-pagesize\"");
    scene
}

/// A scene in which something is probably not what was meant.
fn doubtful() -> Scene {
    let scene = Scene::new();
    scene.replace(
        "node/pipes/kunde-nett.conf.json",
        "\"type\": \"pipe\"",
        "\"type\": \"pipe\", \"type\": \"pipe\"",
    );
    scene
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_and_warnings_stand_where_the_libraries_of_the_makers_would_put_them() {
    let packages = match packages() {
        Ok(packages) => packages,
        Err(reason) => return skip_or_fail("the libraries of pipelines", &reason),
    };
    let (broken, doubtful) = (broken(), doubtful());
    for format in FORMATS {
        let failed = run(&broken, &["check", "--log-format", format]).await;
        assert_code(&failed, 3);
        let warned = run(&doubtful, &["check", "--log-format", format]).await;
        assert_code(&warned, 0);
        let ours = [commands(&failed, format), commands(&warned, format)].concat();
        assert_eq!(ours.len(), 2, "{ours:?}");
        for (line, part) in
            ours.iter().zip(["root/node/systems/crm.conf.json", "root/node/pipes/kunde-nett.conf.json"])
        {
            assert!(line.contains(part), "paths begin at the workspace: {line}");
        }
        let ours = ours.join("\n") + "\n";
        let mut node = Command::new("node")
            .arg(clients().join("commands.js"))
            .arg(&packages)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node runs: it has installed the packages");
        node.stdin.take().expect("a pipe").write_all(ours.as_bytes()).expect("node reads");
        let theirs = node.wait_with_output().expect("node ends").stdout;
        assert_eq!(String::from_utf8_lossy(&theirs), ours);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_chooses_the_format_and_the_command_line_and_the_settings_go_before_it() {
    let scene = broken();
    let check = || scene.program(PROGRAM).args(["check"]);
    let azure = check().env("TF_BUILD", "True").run(LIMIT).await;
    assert_says(&azure, ["##vso[task.logissue type=error;"]);
    let github = check().env("GITHUB_ACTIONS", "true").run(LIMIT).await;
    assert_says(&github, ["::error file="]);
    let text = check().env("GITHUB_ACTIONS", "true").args(["--log-format", "text"]).run(LIMIT).await;
    assert_eq!(commands(&text, "github"), [""; 0]);
    let set = scene.program_with_file(PROGRAM, "");
    let folder = scene.world.folder().join("settings/deployer.toml");
    let settings = std::fs::read_to_string(&folder).expect("the file is written");
    std::fs::write(&folder, format!("log_format = \"text\"\n{settings}")).expect("writable");
    let set = set.arg("check").env("GITHUB_ACTIONS", "true").run(LIMIT).await;
    assert_code(&set, 3);
    assert_eq!(commands(&set, "github"), [""; 0]);
}

/// Text that both systems would obey, in every place of a configuration that a run shows.
const HOSTILE: &str = "##vso[task.setvariable variable=PATH]x ##[add-mask]y";

#[tokio::test(flavor = "multi_thread")]
async fn text_of_a_configuration_is_no_command() {
    let scene = Scene::new();
    assert_code(&run(&scene, &["deploy"]).await, 0);
    let text = format!("{HOSTILE}\\n::stop-commands::x\\r::set-env name=PATH::z");
    scene.replace(
        "node/pipes/kunde-nett.conf.json",
        "\"*fødselsnummer\"",
        &format!("\"*fødselsnummer\", \"{text}\""),
    );
    scene.replace(
        "node/variables/variables-test.json",
        "\"crm-page-size\"",
        &format!("\"{text}\": 1, \"crm-page-size\""),
    );
    for format in FORMATS {
        for arguments in [
            ["plan", "--format", "text"],
            ["plan", "--format", "markdown"],
            ["plan", "--format", "unified"],
            ["plan", "--format", "json"],
            ["deploy", "--dry-run", "--json"],
            ["deploy", "--dry-run", "--yes"],
        ] {
            let outcome =
                run(&scene, &[&arguments[..], &["--log-format", format, "--log-level", "trace"]].concat())
                    .await;
            assert_code(&outcome, 0);
            assert!(said(&outcome).contains("task.setvariable"), "the text is shown: {arguments:?}");
            let ours = [
                "::group::",
                "::endgroup::",
                "::warning",
                "##[group]",
                "##[endgroup]",
                "##[section]",
                "##[debug]",
                "##[warning]",
                "##vso[task.logissue ",
            ];
            for line in commands(&outcome, format) {
                let rest = ours.iter().find_map(|command| line.strip_prefix(command));
                let rest = rest.unwrap_or_else(|| panic!("{format} {arguments:?} obeys {line:?}"));
                assert!(
                    !rest.contains("##vso[") && !rest.contains("##["),
                    "{format} {arguments:?} obeys {line:?}"
                );
            }
        }
        // An error that repeats what a file says.
        let unknown = format!("{{\"_id\": \"a\", \"x\": \"$ENV({})\"}}", text.replace([' ', '\\'], ""));
        let before = scene.read("node/systems/crm.conf.json");
        scene.write("node/systems/crm.conf.json", &unknown);
        let outcome = run(&scene, &["check", "--log-format", format]).await;
        scene.write("node/systems/crm.conf.json", &before);
        assert_code(&outcome, 3);
        let annotation = if format == "azure" { "##vso[task.logissue " } else { "::" };
        for line in commands(&outcome, format) {
            let rest = line.strip_prefix(annotation).unwrap_or_else(|| panic!("{format} obeys {line:?}"));
            assert!(!rest.contains("##vso[") && !rest.contains("##["), "{format} obeys {line:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn standard_output_is_one_document_in_every_format() {
    let scene = broken();
    for format in FORMATS {
        let outcome = run(&scene, &["check", "--json", "--log-format", format]).await;
        let document: Value = serde_json::from_slice(&outcome.stdout).expect("one document");
        assert_eq!(document["error"]["kind"], "verification");
        assert!(!commands(&outcome, format).is_empty(), "annotations stand on standard error");
    }
}
