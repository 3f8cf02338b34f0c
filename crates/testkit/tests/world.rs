//! A world runs programs and turns red when one of them leaks.

use std::collections::BTreeMap;
use std::time::Duration;

use deployer_testkit::canary::Canary;
use deployer_testkit::server::{Moment, Rule};
use deployer_testkit::vault::KvVersion;
use deployer_testkit::world::{Outcome, Signal, World};
use serde_json::json;

const LIMIT: Duration = Duration::from_secs(60);

fn world() -> (World, Canary) {
    let canary = Canary::hostile("vault");
    let world = World::builder().canary(&canary).start();
    world.vault().mount("secret", KvVersion::Two);
    world.vault().put("secret", "a", json!({ "value": canary.value() }));
    world.vault().plant_token("hvs.planted");
    (world, canary)
}

/// Runs a shell command with the canary in `$SECRET`; the panic's text when the world turned red.
async fn turned_red(prepare: impl FnOnce(&World) + Send + 'static, script: &'static str) -> Option<String> {
    let run = tokio::spawn(async move {
        let (world, canary) = world();
        prepare(&world);
        world.program("sh").args(["-c", script]).env("SECRET", canary.value()).run(LIMIT).await;
    });
    let panic = run.await.err()?.into_panic();
    Some(panic.downcast_ref::<String>().cloned().unwrap_or_default())
}

#[tokio::test]
async fn an_innocent_program_passes_in_an_environment_of_its_own() {
    let (world, _) = world();
    let outcome =
        world.program("sh").args(["-c", "env | cut -d= -f1 | sort; echo err >&2; exit 3"]).run(LIMIT).await;
    assert_eq!(outcome.code(), Some(3));
    let names: Vec<String> = outcome.stdout().lines().map(str::to_owned).collect();
    // The shell itself adds where it is.
    let set: Vec<&String> =
        names.iter().filter(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(&name.as_str())).collect();
    assert_eq!(set, ["HOME", "PATH", "TMPDIR"]);
    assert_eq!(outcome.stderr(), "err\n");
}

#[tokio::test]
async fn leaks_in_output_and_files_turn_the_world_red() {
    for (script, place) in [
        ("printf %s \"$SECRET\"", "standard output: canary `vault` (plain)"),
        ("printf %s \"$SECRET\" | base64 -w0 >&2", "standard error: canary `vault` (base64)"),
        ("printf %s \"$SECRET\" > \"$HOME/.cache\"", "/home/.cache (content)"),
        ("git --version \"$SECRET\" 2> /dev/null || true", "/spawned.log (content)"),
        ("printf %s \"$SECRET\" | od -An -v -tx1 | tr -d ' \\n' > \"$TMPDIR/left\"", "/tmp/left (content)"),
    ] {
        let red = turned_red(|_| (), script).await.unwrap_or_default();
        assert!(red.contains(place), "{script}: {red}");
    }
    assert_eq!(turned_red(|_| (), "printf %s \"$SECRET\" > /dev/null").await, None);
}

#[tokio::test]
async fn a_secret_in_the_node_s_configuration_or_variables_turns_the_world_red() {
    let (world, canary) = world();
    world.node().set_secret(None, "password", canary.value()).expect("in memory");
    let nothing = Outcome { status: Default::default(), stdout: vec![], stderr: vec![] };
    assert!(world.leaks(&nothing).is_empty(), "a secret may be a secret");
    let pipe =
        json!({ "_id": "a", "type": "pipe", "source": { "type": "embedded", "entities": [canary.value()] } });
    world.node().set_config("", vec![pipe]).expect("in memory");
    let leaks = world.leaks(&nothing);
    assert!(leaks.iter().any(|leak| leak.starts_with("node: ")), "{leaks:?}");
}

#[tokio::test]
async fn a_leak_into_git_objects_turns_the_world_red() {
    let commit = |world: &World| {
        let files =
            BTreeMap::from([("a.json".to_owned(), Canary::hostile("vault").value().as_bytes().to_vec())]);
        world.git().create("extra", "main", &files);
    };
    let red = turned_red(commit, "true").await.unwrap_or_default();
    assert!(red.contains("git/extra.git (blob "), "{red}");
}

#[tokio::test]
async fn a_leak_into_slack_or_an_address_turns_the_world_red() {
    let (world, canary) = world();
    world.slack().token("xoxb");
    world.slack().channel("releases");
    let pem = world.server().ca_pem().expect("over HTTPS").as_bytes();
    let trusted = reqwest::Certificate::from_pem(pem).expect("a certificate");
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([trusted]).build().expect("a client");
    let message = json!({ "channel": "#releases", "text": format!("value {:?}", canary.value()) });
    let post =
        client.post(format!("{}/chat.postMessage", world.slack_url())).bearer_auth("xoxb").json(&message);
    assert_eq!(post.send().await.expect("answered").status(), 200);
    let read = client.get(format!("{}/v1/secret/data/x", world.vault_url())).query(&[("q", canary.value())]);
    read.send().await.expect("answered");
    let outcome = tokio::spawn(async { Canary::header_safe("unused") }).await.expect("no panic");
    assert!(outcome.find(b"nothing").is_empty());

    let nothing =
        deployer_testkit::world::Outcome { status: Default::default(), stdout: vec![], stderr: vec![] };
    let leaks = world.leaks(&nothing);
    assert!(leaks.iter().any(|leak| leak.starts_with("request 1 to Slack: ")), "{leaks:?}");
    assert!(leaks.iter().any(|leak| leak.starts_with("address of request 1: ")), "{leaks:?}");
}

#[tokio::test]
async fn a_file_made_for_a_secret_is_not_searched() {
    let (mut world, canary) = world();
    let file = world.write_secret("token", &canary);
    let outcome = world.program("sh").arg("-c").arg("wc -c < token").run(LIMIT).await;
    assert_eq!(outcome.stdout().trim(), std::fs::metadata(file).expect("written").len().to_string());
}

#[tokio::test]
async fn a_program_gets_a_signal_while_its_request_is_held() {
    let (world, _) = world();
    let mut hold = world.faults().hold(Rule::path("/git/*"), Moment::BeforeApply);
    let running = world
        .program("sh")
        .args(["-c", "trap 'echo stopped; exit 143' TERM; git ls-remote -q \"$0\" & wait"])
        .arg(world.git_url("extra"))
        .env("GIT_SSL_CAINFO", world.server().ca_file().expect("over HTTPS"))
        .start();
    assert_eq!(hold.arrived().await.expect("held").path, "/git/extra.git/info/refs?service=git-upload-pack");
    running.signal(Signal::TERM);
    hold.release();
    let outcome = running.wait(LIMIT).await;
    assert_eq!((outcome.code(), outcome.stdout().trim()), (Some(143), "stopped"));
    assert_eq!(world.spawned(), [format!("git ls-remote -q {}", world.git_url("extra"))]);
}
