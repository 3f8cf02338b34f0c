//! A plugin that leaks on purpose turns the world's runner red.

use std::time::Duration;

use deployer_testkit::canary::Canary;
use deployer_testkit::world::World;
use deployer_tests::scene::{Credentials, Scene};

const PROGRAM: &str = env!("CARGO_BIN_EXE_leaky");
/// Longer than any run takes.
const LIMIT: Duration = Duration::from_secs(60);

/// Deploys with the leaky plugin; the panic's text when the world turned red.
async fn turned_red(way: &'static str) -> Option<String> {
    let run = tokio::spawn(async move {
        let token = Canary::hostile("leaky");
        let world = World::builder().canary(&token);
        let scene = Scene::with(world, Credentials::default(), |name| format!("value of {name}"));
        let section =
            format!("[[notify]]\nkind = \"leaky\"\ntoken = {{ env = \"LEAKY_TOKEN\" }}\nway = \"{way}\"\n");
        let program = scene.program_with_file(PROGRAM, &section).env("LEAKY_TOKEN", token.value());
        let outcome = program.args(["deploy", "--yes"]).run(LIMIT).await;
        assert_eq!(outcome.code(), Some(0), "{}", outcome.stderr());
    });
    let panic = run.await.err()?.into_panic();
    Some(panic.downcast_ref::<String>().cloned().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_leaks_turns_the_world_red() {
    for (way, place) in [
        ("plain", "standard error: canary `leaky` ("),
        ("escaped", "standard error: canary `leaky` ("),
        ("file", "leak.txt (content)"),
    ] {
        let red = turned_red(way).await.unwrap_or_default();
        assert!(red.contains(place), "{way}: {red}");
    }
    assert_eq!(turned_red("not").await, None, "the same plugin passes where it keeps its credential");
}
