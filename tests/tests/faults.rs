//! Some faults at the writes of a deploy, and at one read from each server. `cargo xtask faults` runs all of them at every request.

use std::path::Path;

use deployer_tests::faults::{Body, Fault, Request, Undisturbed};

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");

/// The faults whose effects differ most.
const QUICK: [Fault; 5] = [
    Fault::CutWithin,
    Fault::CutAfter,
    Fault::Duplicate,
    Fault::Instead(503, Body::Html),
    Fault::Replaced(502, Body::Html),
];

/// Paths of a node, of Vault and of a git host.
const READS: [&str; 3] = ["/api/config", "/data/", "/info/refs"];

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_at_any_write_ends_with_a_true_receipt_and_the_next_run_converges() {
    let undisturbed = Undisturbed::run(Path::new(PROGRAM)).await;
    let writes: Vec<_> = undisturbed.requests.iter().filter(|request| request.is_write()).collect();
    assert!(writes.len() >= 6, "secrets, variables and configuration, twice, and a push: {writes:?}");
    check_all(&undisturbed, &writes, &QUICK).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_at_a_read_from_any_server_ends_with_a_true_receipt_and_the_next_run_converges() {
    let undisturbed = Undisturbed::run(Path::new(PROGRAM)).await;
    let read = |path: &str| {
        let found = undisturbed.requests.iter().find(|request| request.reads(path));
        found.unwrap_or_else(|| panic!("no read of {path}: {:?}", undisturbed.requests))
    };
    let reads = READS.map(read);
    check_all(&undisturbed, &reads, &[Fault::Truncated, Fault::Instead(200, Body::Object)]).await;
}

async fn check_all(undisturbed: &Undisturbed, requests: &[&Request], faults: &[Fault]) {
    let mut wrong = Vec::new();
    for request in requests {
        for fault in faults {
            let ended = undisturbed.meets(Path::new(PROGRAM), request, *fault).await;
            wrong.extend(ended.wrong.into_iter().map(|wrong| format!("{request}, {fault}: {wrong}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
