//! The commands that do not deploy, and what is promised about all of them.

use std::path::Path;
use std::time::Duration;

use deployer_testkit::world::World;
use deployer_tests::scene::Scene;
use serde_json::Value;
use sesam_deployer::Exit;
use sesam_deployer::plugins::KNOWN;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
const LIMIT: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn without_a_command_only_the_replacement_of_the_original_deploys() {
    let scene = Scene::new();
    let with_file = scene.program_with_file(PROGRAM, "").run(LIMIT).await;
    assert_eq!(with_file.code(), Some(64), "{}", with_file.stderr());
    assert!(
        with_file.stderr().contains("Usage: sesam-deployer")
            && with_file.stderr().contains("a command is required")
    );
    assert!(scene.world.log().entries().is_empty(), "nothing was asked of any server");
    let environment_alone = scene.world.program(PROGRAM).env("ENVIRONMENT", "test").run(LIMIT).await;
    assert_eq!(environment_alone.code(), Some(78), "{}", environment_alone.stderr());
    let nothing = scene.world.program(PROGRAM).run(LIMIT).await;
    assert_eq!(nothing.code(), Some(64), "{}", nothing.stderr());
    assert!(scene.world.log().entries().is_empty(), "nothing was asked of any server");
    let original = scene.program(PROGRAM).run(LIMIT).await;
    assert_eq!(original.code(), Some(0), "{}", original.stderr());
    assert!(original.stdout().contains("Deployed to test."), "{}", original.stdout());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_a_failure_and_the_receipt_goes_to_standard_error() {
    let scene = Scene::new();
    let to_full = |command: &str| {
        let program =
            scene.program("/bin/sh").args(["-c", "exec \"$0\" \"$@\" >/dev/full", PROGRAM, command]);
        program.run(LIMIT)
    };
    let deployed = to_full("deploy").await;
    assert_eq!(deployed.code(), Some(1), "{}", deployed.stderr());
    for part in ["upload configuration: done", "Deployed to test.", "standard output cannot be written"] {
        assert!(deployed.stderr().contains(part), "{part}: {}", deployed.stderr());
    }
    assert_eq!(to_full("version").await.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn quiet_and_verbose_choose_what_is_printed_and_json_contradicts_other_formats() {
    let scene = Scene::new();
    let run = |arguments: &'static [&'static str]| scene.program(PROGRAM).args(arguments).run(LIMIT);
    let quiet = run(&["deploy", "-q"]).await;
    assert_eq!((quiet.code(), quiet.stderr().as_str()), (Some(0), ""), "{}", quiet.stdout());
    assert!(
        !quiet.stdout().contains("pipes/") && quiet.stdout().contains("Deployed to test."),
        "{}",
        quiet.stdout()
    );
    let verbose = run(&["plan", "-vv"]).await;
    assert!(verbose.stderr().contains("DEBUG"), "{}", verbose.stderr());
    let contradiction = run(&["plan", "--json", "--format", "markdown"]).await;
    assert_eq!(contradiction.code(), Some(64));
    assert!(
        contradiction.stderr().contains("--json and --format markdown contradict"),
        "{}",
        contradiction.stderr()
    );
    assert_eq!(run(&["plan", "-q", "-v"]).await.code(), Some(64));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_forge_neither_lines_nor_commands_of_a_pipeline() {
    let scene = Scene::new();
    let id = "x\u{9b}2J ##vso[task.setvariable variable=a]b";
    scene.write(
        "node/pipes/hostile.conf.json",
        &serde_json::json!({ "_id": "hostile", "type": "pipe", "metadata": { "a": id }, "source": { "type": "embedded", "entities": [] } }).to_string(),
    );
    scene.replace(
        "node/deployment/whitelist-test.txt",
        "systems/crm.conf.json\n",
        "systems/crm.conf.json\npipes/hostile.conf.json\n",
    );
    for pipeline in [None, Some("TF_BUILD"), Some("GITHUB_ACTIONS")] {
        for arguments in [
            &["plan", "--full", "--log-format", "json"][..],
            &["plan", "--full", "--log-format", "text"],
            &["plan", "--json"],
            &["plan", "--format", "unified"],
        ] {
            let program = scene.program(PROGRAM).args(arguments);
            let program = match pipeline {
                Some(variable) => program.env(variable, "true"),
                None => program,
            };
            let outcome = program.run(LIMIT).await;
            assert_eq!(outcome.code(), Some(0), "{}", outcome.stderr());
            let shown = outcome.stdout() + &outcome.stderr();
            assert!(shown.contains("vso[task.setvariable"), "{arguments:?} {pipeline:?}");
            assert!(
                !shown.contains("##vso[") && !shown.contains('\u{9b}'),
                "{arguments:?} {pipeline:?}: {shown}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_explains_itself_as_the_page_of_commands_says() {
    let page = std::fs::read_to_string(deployer_tests::workspace().join("docs/commands.md")).unwrap();
    let world = World::builder().start();
    let names: Vec<String> = sesam_deployer::cli::command()
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .map(|command| command.get_name().to_owned())
        .collect();
    for name in std::iter::once("").chain(names.iter().map(String::as_str)) {
        let arguments = [name, "--help"].into_iter().filter(|argument| !argument.is_empty());
        let outcome = world.program(PROGRAM).args(arguments).env("COLUMNS", "110").run(LIMIT).await;
        assert_eq!((outcome.code(), outcome.stderr()), (Some(0), String::new()), "{name}");
        let help: Vec<String> = outcome.stdout().lines().map(|line| line.trim_end().to_owned()).collect();
        let help = help.join("\n");
        assert!(
            page.contains(help.trim_end()),
            "docs/commands.md is stale: run `cargo xtask docs`; {name} says\n{help}"
        );
    }
}

/// Plugins of every family. What is told of them is frozen; others come without a change here.
const FROZEN: [&str; 4] = ["source-folder", "store-environment", "target-folder", "notify-webhook"];

#[tokio::test(flavor = "multi_thread")]
async fn plugins_are_listed() {
    let world = World::builder().start();
    let text = world.program(PROGRAM).arg("plugins").run(LIMIT).await.stdout();
    let (rows, how_to_go_on) = text.split_once("\n\n").expect("a blank line behind the list");
    assert_eq!(how_to_go_on, "`sesam-deployer plugins show KIND` lists the settings of a plugin.\n");
    assert_eq!(rows.lines().count(), KNOWN.len() + 1, "a heading, then the plugins");
    // The width of the columns is that of the longest name.
    let rows = rows.lines().map(|row| row.split_whitespace().collect::<Vec<_>>().join(" "));
    let is_frozen = |row: &String| {
        let name = row.splitn(3, ' ').take(2).collect::<Vec<_>>().join("-");
        FROZEN.contains(&name.as_str())
    };
    insta::assert_snapshot!("plugins", rows.filter(is_frozen).collect::<Vec<_>>().join("\n"));

    let json = world.program(PROGRAM).args(["plugins", "--json"]).run(LIMIT).await;
    let mut list: Vec<Value> = serde_json::from_str(&released(&json.stdout())).unwrap();
    assert_eq!(list.len(), KNOWN.len());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = |plugin: &Value| format!("{}-{}", text(&plugin["family"]), text(&plugin["kind"]));
    list.retain(|plugin| FROZEN.contains(&name(plugin).as_str()));
    insta::assert_snapshot!("plugins-json", format!("{:#}", Value::from(list)));
}

/// A text without the version, which changes with every release.
fn released(text: &str) -> String {
    text.replace(sesam_deployer::version::VERSION, "[version]")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_is_explained() {
    let world = World::builder().start();
    for kind in ["store-vault", "slack", "source-git"] {
        let text = world.program(PROGRAM).args(["plugins", "show", kind]).run(LIMIT).await;
        assert_eq!((text.code(), text.stderr()), (Some(0), String::new()));
        insta::assert_snapshot!(format!("plugins-show-{kind}"), released(&text.stdout()));
    }
    let json = world.program(PROGRAM).args(["plugins", "show", "source-folder", "--json"]).run(LIMIT).await;
    insta::assert_snapshot!("plugins-show-json", released(&json.stdout()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_plugin_is_refused_with_the_nearest_name() {
    let world = World::builder().start();
    let mut shown = String::new();
    for kind in ["valut", "store-azrue"] {
        let outcome = world.program(PROGRAM).args(["plugins", "show", kind]).run(LIMIT).await;
        assert_eq!(outcome.code(), Some(64), "{kind}");
        shown.push_str(&outcome.stderr());
    }
    insta::assert_snapshot!("plugins-show-unclear", shown);
    let both = world.program(PROGRAM).args(["plugins", "show", "git"]).run(LIMIT).await;
    assert_eq!(both.code(), Some(0));
    for name in ["source-git\n", "target-git\n"] {
        assert!(both.stdout().contains(name), "{}", both.stdout());
    }
    let outcome = world.program(PROGRAM).args(["plugins", "show", "anything"]).run(LIMIT).await;
    assert_eq!(outcome.code(), Some(64));
    assert!(outcome.stderr().contains("hint: expected one of source-folder, "), "{}", outcome.stderr());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_tells_what_it_is_built_from() {
    let world = World::builder().start();
    let outcome = world.program(PROGRAM).args(["version", "--json"]).run(LIMIT).await;
    let mut document: Value = serde_json::from_str(&outcome.stdout()).unwrap();
    let commit = document["commit"].take();
    assert!(commit.is_null() || commit.as_str().is_some_and(|commit| commit.len() == 40), "{commit}");
    for (member, part) in [("rustc", "rustc "), ("target", std::env::consts::ARCH), ("version", ".")] {
        let told = document[member].take();
        assert!(told.as_str().is_some_and(|told| told.contains(part)), "{member}: {told}");
    }
    let features = document["features"].take();
    let features: Vec<&str> = features.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(
        features.starts_with(&[
            "embedded-node",
            "watch",
            "connectors",
            "aws-sso",
            "encrypted-files",
            "source-folder"
        ]),
        "{features:?}"
    );
    assert!(KNOWN.iter().all(|known| features.contains(&known.feature)), "{features:?}");
    insta::assert_snapshot!("version-json", format!("{document:#}"));

    let line = world.program(PROGRAM).arg("--version").run(LIMIT).await.stdout();
    let commit = commit.as_str().map(|commit| format!(" ({})", &commit[..12])).unwrap_or_default();
    assert_eq!(line, format!("sesam-deployer {}{commit}\n", sesam_deployer::version::VERSION));
    let text = world.program(PROGRAM).arg("version").run(LIMIT).await.stdout();
    let names: Vec<&str> = text.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["version", "commit", "features", "target", "rustc"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_of_other_makers_is_told_with_its_crate() {
    let world = World::builder().start();
    let list = world.program(env!("CARGO_BIN_EXE_leaky")).arg("plugins").run(LIMIT).await.stdout();
    let row = list.lines().find(|line| line.starts_with("notify  leaky")).expect("it is listed");
    assert!(released(row).ends_with("Leaks its credential (from deployer-tests [version])"), "{row}");
    let version = world.program(env!("CARGO_BIN_EXE_leaky")).args(["version", "--json"]).run(LIMIT).await;
    let document: Value = serde_json::from_str(&released(&version.stdout())).unwrap();
    assert_eq!(document["added"], serde_json::json!([{ "crate": "deployer-tests", "version": "[version]" }]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rendered_configuration_is_the_folder_of_each_node() {
    let scene = Scene::new();
    let folder = scene.world.folder().join("rendered");
    let outcome = scene.program(PROGRAM).arg("render").arg(&folder).run(LIMIT).await;
    assert_eq!((outcome.code(), outcome.stderr()), (Some(0), String::new()));
    insta::assert_snapshot!(
        "render",
        outcome.stdout().replace(&scene.world.folder().display().to_string(), "[world]")
    );
    insta::assert_snapshot!("render-tree", tree(&folder).join("\n"));
    let replica = std::fs::read_to_string(folder.join("marked/pipes/prognose-marked.conf.json")).unwrap();
    insta::assert_snapshot!("render-replica", replica);

    let again = scene.program(PROGRAM).arg("render").arg(&folder).run(LIMIT).await;
    assert_eq!(again.code(), Some(4), "a folder that holds something is left alone");
    insta::assert_snapshot!(
        again.stderr().replace(&scene.world.folder().display().to_string(), "[world]"),
        @r"
    error[refused]: [world]/rendered is not empty
      hint: name an empty or new folder
    "
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rendered_configuration_is_told_to_machines() {
    let scene = Scene::new();
    let arguments = ["render", "rendered", "--node", "nett", "--json"];
    let outcome = scene.program(PROGRAM).args(arguments).run(LIMIT).await;
    let document: Value = serde_json::from_str(&outcome.stdout()).unwrap();
    let nodes = serde_json::json!([{ "node": "nett", "folder": "rendered/nett", "files": 15 }]);
    assert_eq!(document, serde_json::json!({ "format": 1, "nodes": nodes, "notes": [] }));
}

/// The files below a folder, in order.
fn tree(folder: &Path) -> Vec<String> {
    fn walk(root: &Path, folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                found.push(path.strip_prefix(root).expect("it lies below").display().to_string());
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found);
    found.sort();
    found
}

#[test]
fn the_book_lists_the_exit_codes_of_the_program() {
    let page =
        std::fs::read_to_string(deployer_tests::workspace().join("docs/exit-codes.md")).expect("a page");
    let table =
        page.split_once("<!-- exit codes -->").and_then(|(_, rest)| rest.split_once("<!-- /exit codes -->"));
    let (table, _) =
        table.expect("the page has a table between <!-- exit codes --> and <!-- /exit codes -->");
    let rows: Vec<(u8, String)> = table
        .lines()
        .filter_map(|line| {
            let (code, meaning) = line.trim().strip_prefix('|')?.trim_end_matches('|').split_once('|')?;
            Some((code.trim().parse().ok()?, meaning.trim().to_owned()))
        })
        .collect();
    let expected = Exit::TABLE.map(|(exit, meaning)| (exit.code(), meaning.to_owned()));
    assert_eq!(rows, expected);
}

/// A Sesam node as a process of its own, killed when dropped.
struct RunningNode {
    child: Child,
    url: String,
}

const TOKEN: &str = "token of the embedded node";

impl RunningNode {
    async fn start(folder: &Path) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["node", "--port", "0", "--data"])
            .arg(folder)
            .env_clear()
            .env("JWT", TOKEN)
            .stdout(std::process::Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program can be started");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let line = tokio::time::timeout(LIMIT, lines.next_line())
            .await
            .expect("it starts")
            .expect("its output is text")
            .expect("it says where");
        let url = line.split_whitespace().find(|word| word.starts_with("http://")).expect("an address");
        Self { child, url: url.trim_end_matches(',').to_owned() }
    }

    /// The status and the body of an answer; the path is the one below `/api`.
    async fn call(&self, method: &str, path: &str, body: Option<&str>) -> (u16, String) {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let request = client
            .request(method.parse().expect("a method"), format!("{}{path}", self.url))
            .bearer_auth(TOKEN);
        let request = match body {
            Some(body) => request.header("content-type", "application/json").body(body.to_owned()),
            None => request,
        };
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a text"))
    }

    async fn kill(mut self) {
        self.child.kill().await.expect("it runs");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_node_keeps_its_state_over_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let node = RunningNode::start(folder.path()).await;
    assert_eq!(node.call("GET", "/ping", None).await.0, 200);
    assert_eq!(node.call("PUT", "/env", Some("{\"crm-url\": \"https://crm.example\"}")).await.0, 200);
    node.kill().await;

    let node = RunningNode::start(folder.path()).await;
    let (status, body) = node.call("GET", "/env", None).await;
    assert_eq!(status, 200);
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["crm-url"], "https://crm.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_node_ends_when_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = RunningNode::start(folder.path()).await;
    let id = node.child.id().expect("it runs").to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    let status = tokio::time::timeout(LIMIT, node.child.wait()).await.expect("it ends").unwrap();
    assert_eq!(status.code(), Some(0));
}
