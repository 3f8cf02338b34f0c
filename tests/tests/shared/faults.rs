//! A place that is down, slow, denies, loses answers or is full: nothing is written to a node without a lease.

use deployer_testkit::server::{Answer, Cut, Rule};
use deployer_tests::checks::{assert_nothing_written, assert_says, said};
use serde_json::{Value, json};

use crate::Shared;

/// A place for all state, and one for leases alone.
const KINDS: [fn() -> Shared; 2] = [Shared::new, Shared::with_leases_alone];

fn answer(status: u16) -> Answer {
    Answer::json(status, &json!({}))
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_lease_nothing_is_written() {
    let cases: [(Rule, Answer, &str); 3] = [
        (Rule::path("/state/*"), answer(503), "503"),
        (Rule::path("/state/lease-*"), answer(403), "403"),
        (Rule::new("PUT", "/state/lease-*"), answer(507), "507"),
    ];
    let each = cases.into_iter().flat_map(|case| KINDS.map(|shared| (case.clone(), shared)));
    for ((rule, answer, text), shared) in each {
        let shared = shared();
        shared.scene.world.faults().answer(rule, answer);
        let refused = shared.run("build-7", &["deploy"], 1).await;
        assert_says(&refused, ["acquire the lease for", text, "a run writes only with a lease"]);
        assert_nothing_written(&shared.scene.world, &refused);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_was_stored_without_an_answer_is_read_back() {
    for (cut, shared) in [true, false].into_iter().flat_map(|cut| KINDS.map(|shared| (cut, shared))) {
        let shared = shared();
        let faults = shared.scene.world.faults();
        let writes = || Rule::new("PUT", "/state/*");
        if cut {
            faults.cut(writes(), Cut::BeforeAnswer);
        } else {
            faults.replace(writes(), answer(500));
        }
        let deployed = shared.run("build-7", &["deploy"], 0).await;
        assert!(!said(&deployed).contains("warning"), "{}", said(&deployed));
        faults.clear();
        assert!(shared.leases().iter().all(|lease| lease["holder"] == Value::Null), "{:#?}", shared.leases());
        let second = shared.run("build-8", &["deploy"], 0).await;
        if shared.has_everything() {
            assert_says(&second, ["unchanged secrets, not sent"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_place_ends_a_deploy_before_its_first_write_and_gives_the_lease_back() {
    let shared = Shared::new();
    shared.scene.world.faults().answer(Rule::new("PUT", "/state/snapshot-*"), answer(507));
    let refused = shared.run("build-7", &["deploy"], 1).await;
    assert_says(&refused, ["nothing was written", "--no-snapshot deploys without a snapshot"]);
    assert_nothing_written(&shared.scene.world, &refused);
    assert!(shared.leases().iter().all(|lease| lease["holder"] == Value::Null));
    shared.run("build-7", &["deploy", "--no-snapshot"], 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_fails_at_the_end_costs_a_warning_and_no_wrong_fingerprint() {
    let shared = Shared::new();
    let faults = shared.scene.world.faults();
    // The first write of each object forgets the fingerprints, and the second one would save them.
    faults.answer(Rule::new("PUT", "/state/secrets-*").from(2), answer(503));
    let deployed = shared.run("build-7", &["deploy"], 0).await;
    assert_says(&deployed, ["the next run re-sends the secrets"]);
    faults.clear();
    let next = shared.run("build-8", &["deploy"], 0).await;
    assert!(!said(&next).contains("unchanged secrets, not sent"), "{}", said(&next));
}
