//! The recorded runs of the original deployer, over HTTPS: the same input, the same final state.

use std::time::Duration;

use deployer_testkit::world::World;
use deployer_tests::golden::{Case, State};

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
const LIMIT: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_run_ends_in_the_same_state() {
    let Some(shared) = deployer_testkit::shared_dir() else {
        println!("skipped: recorded runs: the folder of recordings is absent; DEPLOYER_SHARED names it");
        return;
    };
    let cases = Case::all(&shared.join("golden"));
    assert!(!cases.is_empty(), "no recorded runs in {}", shared.display());
    for case in cases {
        println!("case {}", case.name);
        let world = World::builder().start();
        case.prepare(&world);
        let outcome = case.environment(world.program(PROGRAM), &world).run(LIMIT).await;
        case.assert_exit(&outcome);
        let expected = mended(&case.name, case.expected());
        let observed = case.observed(&world);
        assert_eq!(observed, expected, "case {}\n{}\n{}", case.name, outcome.stdout(), outcome.stderr());
        assert!(world.vault().live_tokens().is_empty(), "case {}: a token was left", case.name);

        let writes_before = writes(&world);
        let again = case.environment(world.program(PROGRAM), &world).run(LIMIT).await;
        case.assert_exit(&again);
        assert_eq!(case.observed(&world), expected, "case {}: the second run", case.name);
        assert_eq!(
            writes(&world),
            writes_before,
            "case {}: the second run wrote\n{}",
            case.name,
            again.stdout()
        );
    }
}

/// The requests that write configuration, variables or git objects.
fn writes(world: &World) -> usize {
    let log = world.log();
    let put = log.matching("PUT", "/api/").len();
    let pushed = log
        .entries()
        .into_iter()
        .filter(|entry| entry.path.ends_with("/git-receive-pack") && entry.method == "POST");
    put + pushed.count()
}

/// Where ours differs from the original on purpose.
fn mended(case: &str, mut state: State) -> State {
    if case == "template-ci" {
        // With VERIFY_SECRETS=false and UPLOAD_SECRETS=true the original sends an empty set, which empties the node's secrets.
        // Ours sends the secrets that the configuration names.
        assert!(state.secrets.is_empty());
        state.secrets.insert("EXTRA_NODE_GIT_TOKEN".to_owned(), "git-token-value".to_owned());
        state.secrets.insert("EXTRA_NODE_JWT".to_owned(), "extra-jwt-value".to_owned());
    }
    state
}
