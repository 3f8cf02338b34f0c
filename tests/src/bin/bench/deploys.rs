//! Whole deploys over a network.

use std::time::Instant;

use deployer_tests::generate::Size;
use deployer_tests::load::Load;

use crate::process::{PROGRAM, ROLE, peak};
use crate::table::{Table, mebibytes, median, number};
use crate::{LIMIT, ROUND_TRIP};

/// Whole deploys, each to empty nodes of its own, at 20 ms a request.
pub(crate) fn measure(table: &mut Table, pipes: usize, runs: usize) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be started");
    let executable = std::env::current_exe().expect("a process knows its executable");
    let (mut times, mut chains, mut requests, mut peaks) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        runtime.block_on(async {
            let load = Load::start(Size { pipes, secrets: 100 });
            load.world.faults().round_trip(ROUND_TRIP);
            let began = Instant::now();
            let outcome = load.program(&executable).env(ROLE, PROGRAM).arg("deploy").run(LIMIT).await;
            times.push(began.elapsed().as_secs_f64());
            assert_eq!(outcome.code(), Some(0), "{}", outcome.stderr());
            chains.push(load.longest_chain().len() as f64);
            requests.push(load.world.log().entries().len() as f64);
            peaks.extend(peak(&outcome.stderr()));
        });
    }
    let label = format!("deploy of {pipes} pipes and 100 secrets to 3 nodes, 20 ms a request");
    table.row(format!("{label}: time"), format!("{:.2} s", median(times)));
    table.at_most(format!("{label}: round trips in the longest chain"), median(chains), 18.0);
    table.row(format!("{label}: requests"), number(median(requests)));
    table.row(format!("{label}: peak memory"), mebibytes(peaks));
}
