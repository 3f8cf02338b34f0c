//! The demo of `watch`: the built program as a process of its own watches a repository of a git host and deploys to a Sesam node, over real
//! sockets on loopback. Nothing is left behind.
#![expect(clippy::print_stdout, reason = "a demo is there to be read")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use deployer_testkit::git::Repository;
use deployer_testkit::world::Signal;
use deployer_tests::demo::{heading, stay};
use deployer_tests::scene::{BRANCH, Scene};
use deployer_tests::watching::{TOKEN, Watching};
use serde_json::Value;

/// The pipe that the demo changes.
const PIPE: &str = "crm-kunde";

/// Its file.
const FILE: &str = "node/pipes/crm-kunde.conf.json";

/// The list of the files that are deployed.
const WHITELIST: &str = "node/deployment/whitelist-test.txt";

#[tokio::main]
async fn main() -> Result<(), String> {
    let mut arguments = std::env::args_os().skip(1);
    let program = arguments.next().map(PathBuf::from).ok_or("usage: demo-watch PROGRAM [--keep]")?;
    let program = std::path::absolute(program).map_err(|error| error.to_string())?;
    let keep = arguments.next().is_some_and(|argument| argument == "--keep");
    let scene = Scene::new();
    let repository = scene.world.git().create("configuration", BRANCH, &scene.files(""));

    heading("A world on loopback");
    println!("Sesam node, Vault and git host at {}", scene.world.node_url());
    println!("$ sesam-deployer watch");
    println!(
        "It checks the repository and compares the nodes every second; by default, it is every minute, and every ten minutes."
    );
    let watching = Watching::start(&scene, &program, &settings(&scene)).await;
    let first = watching.state("in-step", 1).await;
    show("The first check deploys", &first);

    let changed = scene.read(FILE).replacen('{', "{\n  \"comment\": \"changed by a commit\",", 1);
    commit(&repository, "Comment a pipe", FILE, &changed);
    watching.hook().await;
    let second = watching.state("in-step", 2).await;
    show("A commit is pushed, the host sends its webhook, and the commit is deployed", &second);
    println!("{PIPE}: {}", comment(&scene));

    let node = scene.world.node();
    let mut entities = node.state().config("");
    for pipe in entities.iter_mut().filter(|entity| entity["_id"] == PIPE) {
        pipe["comment"] = "changed by hand".into();
    }
    node.set_config("", entities).map_err(|error| error.to_string())?;
    println!("\nSomebody changes the pipe on the node. {PIPE}: {}", comment(&scene));
    let third = watching.state("in-step", 3).await;
    show("The drift is found and corrected", &third);
    println!("{PIPE}: {}", comment(&scene));

    let whitelist = scene.read(WHITELIST);
    commit(&repository, "Deploy nothing", WHITELIST, "\n");
    let held = watching.state("held", 4).await;
    show("A commit that would empty the nodes is held", &held);
    println!("{}", held["why"].as_str().unwrap_or_default());
    commit(&repository, "Deploy everything again", WHITELIST, &whitelist);
    let last = watching.state("in-step", 5).await;
    show("The next commit replaces it", &last);

    heading("The status page");
    println!("{}/  user `watch`, password `{TOKEN}`", watching.address);
    if keep {
        stay(&scene).await;
    }
    let ended = watching.end(Signal::TERM).await;
    match ended.code() {
        // SIGTERM, or the SIGINT that the terminal sends to both.
        Some(143 | 130) => Ok(()),
        _ => Err(format!("`watch` ended with {}: {}", ended.status, ended.stderr())),
    }
}

/// The section and the source of the watch.
fn settings(scene: &Scene) -> String {
    let url = scene.world.git_url("configuration");
    format!(
        "interval = 1\ndrift = \"correct\"\ndrift_interval = 1\n[environments.test.source]\nkind = \"git\"\nurl = \"{url}\"\n\
         branch = \"{BRANCH}\"\nusername = \"deployer\"\ntoken = {{ env = \"GIT_TOKEN\" }}\n"
    )
}

fn commit(repository: &Repository, message: &str, path: &str, text: &str) {
    repository.commit(BRANCH, message, &BTreeMap::from([(path.to_owned(), text.as_bytes().to_vec())]));
}

/// The comment of the pipe on the node.
fn comment(scene: &Scene) -> String {
    let pipe = scene.world.node().state().entity(PIPE).unwrap_or_default();
    pipe["comment"].as_str().unwrap_or("no comment").to_owned()
}

/// The state and the latest deploy of a status.
fn show(title: &str, status: &Value) {
    heading(title);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    println!("state: {}, newest revision {}", text(&status["state"]), text(&status["newest"]));
    println!(
        "latest deploy: {}. {}",
        text(&status["runs"][0]["outcome"]),
        text(&status["runs"][0]["summary"])
    );
}
