//! The demo: the built program as a process of its own, over real sockets, against a Sesam node, a Vault and a git host that run in
//! this process. No network beyond loopback, nothing left behind.
#![expect(clippy::print_stdout, reason = "a demo is there to be read")]

use std::path::PathBuf;
use std::time::Duration;

use deployer_testkit::world::Outcome;
use deployer_tests::demo::{heading, stay};
use deployer_tests::scene::{BRANCH, EXTRA_NODES, Scene};

/// Longer than any command of the demo takes.
const LIMIT: Duration = Duration::from_secs(120);

/// The pipe that the demo changes.
const PIPE: &str = "node/pipes/global-kunde.conf.json";

/// The list of the files that a test uploads.
const WHITELIST: &str = "node/deployment/whitelist-master.txt";

/// A pipe that only copies, which the embedded node can run, and what is expected of it, with a mistake.
const TESTED: [(&str, &str); 3] = [
    (
        "node/pipes/tariff-out.conf.json",
        r#"{"_id": "tariff-out", "type": "pipe", "source": {"type": "dataset", "dataset": "utkast-tariff"}, "sink": {"type": "json", "system": "crm"}}"#,
    ),
    ("node/expected/tariff-out.test.json", "{}"),
    (
        "node/expected/tariff-out.json",
        "[\n  {\n    \"_id\": \"sommer\",\n    \"øre_per_kWh\": 38.5\n  },\n  {\n    \"_id\": \"vinter\",\n    \"øre_per_kWh\": 50\n  }\n]\n",
    ),
];

#[tokio::main]
async fn main() -> Result<(), String> {
    let mut arguments = std::env::args_os().skip(1);
    let program = arguments.next().map(PathBuf::from).ok_or("usage: demo PROGRAM [--keep]")?;
    let program = std::path::absolute(program).map_err(|error| error.to_string())?;
    let keep = arguments.next().is_some_and(|argument| argument == "--keep");
    let scene = Scene::new();

    heading("A world on loopback");
    println!("Sesam node, Vault and git host at {}", scene.world.node_url());
    println!("configuration: a copy of fixtures/demo, a master and the extra nodes nett and marked");
    println!("settings: the original's environment variables (NODE_FOLDER, ENVIRONMENT, …)");

    run(&scene, &program, "What would change?", &["plan", "--summary"], false).await?;
    run(&scene, &program, "Deploy", &["deploy"], true).await?;
    run(&scene, &program, "Deploy again: nothing is left to do", &["deploy"], true).await?;

    let changed = scene.read(PIPE).replacen('{', "{\n  \"description\": \"changed by the demo\",", 1);
    scene.write(PIPE, &changed);
    run(&scene, &program, "Change one pipe, and deploy it", &["deploy", "--node", "master"], false).await?;

    test(&scene, &program).await?;

    heading("The nodes' configuration now");
    let node = scene.world.node().state();
    println!(
        "master: {} entities, {} variables, {} secrets",
        node.config("").len(),
        node.env().len(),
        node.secret_names().len()
    );
    for name in EXTRA_NODES {
        let repository = scene.repository(name);
        repository.fsck()?;
        println!(
            "{name}: {} files in git, {} commits:",
            repository.files(BRANCH).len(),
            repository.commits(BRANCH).len()
        );
        for commit in repository.commits(BRANCH) {
            println!("  {}", commit.message.lines().next().unwrap_or_default());
        }
    }
    if scene.world.vault().live_tokens().is_empty() {
        println!("Vault: every token that a run created was revoked");
    }
    heading("Where to look");
    println!("fixtures/README.md        the configuration and its templates");
    println!("docs/commands.md          every command and option");
    println!("cargo xtask demo --keep   the same, and the servers stay up for you to try");
    run(&scene, &program, "What crosses between the nodes", &["graph"], false).await?;
    if keep {
        stay(&scene).await;
    }
    Ok(())
}

/// Tests the output of a pipe on the master as a node for tests, with an expectation that is wrong at first.
async fn test(scene: &Scene, program: &PathBuf) -> Result<(), String> {
    for (path, text) in TESTED {
        scene.write(path, text);
    }
    let whitelist = scene.read(WHITELIST);
    scene.write(WHITELIST, &format!("{whitelist}pipes/tariff-out.conf.json\n"));
    let run = |arguments: &[&str]| {
        let program = scene.program(program).env("ENVIRONMENT", "ci").args(arguments);
        program.run(LIMIT)
    };
    heading("Test what a pipe outputs, and mend what is expected");
    // The test replaces the configuration of the node, which is not what a reader of the demo looks for here.
    let tested = run(&["test", "--yes", "--only", "tariff-out"]).await;
    let said = tested.stdout();
    let shown = said.find("\ntariff-out: ").map_or(&*said, |at| &said[at..]);
    println!(
        "$ ENVIRONMENT=ci sesam-deployer test --yes --only tariff-out\n\n… (the upload and the run){}",
        shown.trim_end()
    );
    if tested.code() != Some(2) {
        return Err(format!("the test ended with {}: {}", tested.status, tested.stderr()));
    }
    for command in ["update", "verify"] {
        let outcome = run(&[command, "--only", "tariff-out"]).await;
        print!("$ ENVIRONMENT=ci sesam-deployer {command} --only tariff-out\n{}", outcome.stdout());
        if !outcome.status.success() {
            return Err(format!("`{command}` ended with {}: {}", outcome.status, outcome.stderr()));
        }
    }
    Ok(())
}

/// Runs the program and shows what it says; `short` shows the last part only.
async fn run(
    scene: &Scene,
    program: &PathBuf,
    title: &str,
    arguments: &[&str],
    short: bool,
) -> Result<(), String> {
    heading(title);
    println!("$ sesam-deployer {}\n", arguments.join(" "));
    let outcome: Outcome = scene.program(program).args(arguments).run(LIMIT).await;
    let said = outcome.stdout();
    if short {
        println!("… (the plan)\n\n{}", receipt(&said).trim_end());
    } else {
        print!("{said}");
    }
    print!("{}", outcome.stderr());
    if outcome.status.success() {
        Ok(())
    } else {
        Err(format!("`{}` ended with {}", arguments.join(" "), outcome.status))
    }
}

/// The part of a deploy's output behind the plan: what was written.
fn receipt(said: &str) -> &str {
    said.rfind("\n\n").map_or(said, |at| said[at..].trim_start())
}
