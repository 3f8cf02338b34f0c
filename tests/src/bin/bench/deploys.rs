//! Whole runs over a network.

use std::time::Duration;

use deployer_testkit::world::World;
use deployer_tests::generate::Size;
use deployer_tests::load::Load;

use crate::LIMIT;
use crate::figures::{Figures, Run};
use crate::process::{Cost, PROGRAM, ROLE};
use crate::table::Table;

/// The commands that are run one after the other on the same nodes, and what they are called.
const COMMANDS: [(&str, &str); 4] =
    [("deploy", "first deploy"), ("deploy", "unchanged deploy"), ("plan", "plan"), ("check", "check")];

/// A configuration, and what each request takes.
#[derive(Clone, Copy)]
struct Case {
    size: Size,
    milliseconds: u64,
}

impl Case {
    fn new(pipes: usize, secrets: usize, milliseconds: u64) -> Self {
        Self { size: Size { pipes, secrets }, milliseconds }
    }

    fn label(self, command: &str) -> String {
        let Size { pipes, secrets } = self.size;
        format!("{command}, {pipes} pipes, {secrets} secrets, {} ms a request", self.milliseconds)
    }
}

/// The runs of all sizes, each repetition on empty nodes of its own. Checks how many requests depend on one another.
pub(crate) fn measure(table: &mut Table, quick: bool) -> Figures {
    // At 100 ms a request, the program itself takes no time that matters: requests that could overlap do.
    let target = if quick { Case::new(100, 20, 100) } else { Case::new(1_000, 100, 100) };
    let cases = if quick {
        vec![target]
    } else {
        vec![
            Case::new(100, 20, 20),
            Case::new(1_000, 100, 0),
            Case::new(1_000, 100, 20),
            target,
            Case::new(5_000, 200, 0),
            Case::new(5_000, 200, 20),
            Case::new(20_000, 200, 20),
        ]
    };
    let mut figures = Figures::default();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be started");
    for case in cases {
        let repetitions = if quick || case.size.pipes > 5_000 { 1 } else { 3 };
        let mut runs: [Vec<Run>; COMMANDS.len()] = Default::default();
        for _ in 0..repetitions {
            let run = runtime.block_on(repetition(case));
            runs.iter_mut().zip(run).for_each(|(runs, run)| runs.push(run));
        }
        for ((_, name), runs) in COMMANDS.iter().zip(&runs) {
            figures.add(case.label(name), runs);
        }
    }
    for (command, most) in [("first deploy", 9.0), ("unchanged deploy", 6.0)] {
        let label = target.label(command);
        let chain = figures.chain(&label).unwrap_or(f64::INFINITY);
        table.at_most(format!("requests that depend on one another: {label}"), chain, most);
    }
    figures
}

/// Runs all commands once.
async fn repetition(case: Case) -> Vec<Run> {
    let load = Load::start(case.size);
    if case.milliseconds > 0 {
        load.world.faults().round_trip(Duration::from_millis(case.milliseconds));
    }
    let mut runs = Vec::new();
    for (command, _) in COMMANDS {
        load.world.log().clear();
        runs.push(one(&load, command).await);
    }
    runs
}

async fn one(load: &Load, command: &str) -> Run {
    let executable = std::env::current_exe().expect("a process knows its executable");
    let outcome = load.program(&executable).env(ROLE, PROGRAM).arg(command).run(LIMIT).await;
    assert_eq!(outcome.code(), Some(0), "{}", outcome.stderr());
    let cost = Cost::of(&outcome.stderr());
    let requests = requests(&load.world);
    let chain = load.longest_chain().len() as f64;
    // What the process tells: around it, the world searches all that was said for secrets.
    [cost.wall, cost.processors, chain, requests, load.bytes() as f64 / 1e3, cost.peak / 1024.0]
}

fn requests(world: &World) -> f64 {
    world.log().entries().len() as f64
}
