//! Somebody else changes the node at requests of `deploy` and `apply`. `cargo xtask faults` does so before and after each request.

use std::path::Path;

use deployer_tests::races::{Command, Ended, Fate, Races, Work};

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");

/// Every fifth case. The kinds of work are six, so that each kind meets another request each time.
const STEP: usize = 5;

async fn some(command: Command) -> Vec<Ended> {
    let races = Races::prepare(Path::new(PROGRAM), command).await;
    let moments = races.moments();
    assert!(moments.len() >= 20, "reads, comparisons and writes: {moments:?}");
    let cases = moments.iter().flat_map(|at| Work::ALL.map(|work| (at, work)));
    let (mut wrong, mut all) = (Vec::new(), Vec::new());
    for (at, work) in cases.step_by(STEP) {
        let ended = races.meet(at, work).await;
        wrong.extend(ended.wrong.iter().map(|wrong| format!("{command}, somebody {work} {at}: {wrong}")));
        all.push(ended);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_names_and_keeps_what_it_replaces_and_fails_over_what_came_later() {
    let all = some(Command::Deploy).await;
    for (fate, code) in [(Fate::Replaced, 0), (Fate::Kept, 1), (Fate::Kept, 0)] {
        let found = all.iter().any(|ended| ended.fate == fate && ended.code == Some(code));
        assert!(found, "{fate:?} with exit code {code}: {all:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apply_replaces_nothing_of_others() {
    let all = some(Command::Apply).await;
    assert!(all.iter().all(|ended| ended.fate != Fate::Replaced), "{all:?}");
    assert!(all.iter().any(|ended| ended.code == Some(4)), "a plan that is stale is refused: {all:?}");
}
