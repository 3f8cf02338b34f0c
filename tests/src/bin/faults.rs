//! Runs each fault at each request of a deploy, and each change of somebody else at each request of `deploy` and `apply`. Prints a table
//! of the cases and their outcomes.
#![expect(clippy::print_stdout, reason = "the table is the output of this program")]

use std::path::{Path, PathBuf};

use deployer_tests::faults::{Fault, Undisturbed};
use deployer_tests::races::{Command, Races, Work};

#[tokio::main]
async fn main() -> Result<(), String> {
    let mut arguments = std::env::args_os().skip(1);
    let usage = "usage: faults PROGRAM [--writes | --races]";
    let program = arguments.next().map(PathBuf::from).ok_or(usage)?;
    let program = std::path::absolute(program).map_err(|error| error.to_string())?;
    let only = arguments.next();
    let is_only = |what: &str| only.as_ref().is_some_and(|only| only == what);
    let mut table = Table::default();
    races(&program, &mut table).await;
    if !is_only("--races") {
        faults(&program, is_only("--writes"), &mut table).await;
    }
    println!("{} cases, {} of them wrong", table.cases, table.wrong);
    if table.wrong == 0 { Ok(()) } else { Err(format!("{} cases are wrong", table.wrong)) }
}

async fn faults(program: &Path, only_writes: bool, table: &mut Table) {
    let undisturbed = Undisturbed::run(program).await;
    for request in undisturbed.requests.iter().filter(|request| !only_writes || request.is_write()) {
        for fault in Fault::ALL {
            let ended = undisturbed.meets(program, request, fault).await;
            table.add(&request.to_string(), &fault.to_string(), ended.code, "", &ended.wrong);
        }
    }
}

async fn races(program: &Path, table: &mut Table) {
    for command in [Command::Deploy, Command::Apply] {
        let races = Races::prepare(program, command).await;
        for at in races.moments() {
            for work in Work::ALL {
                let ended = races.meet(&at, work).await;
                let place = format!("{command}: {at}");
                table.add(&place, &work.to_string(), ended.code, &format!("{:?}", ended.fate), &ended.wrong);
            }
        }
    }
}

/// The cases so far.
#[derive(Default)]
struct Table {
    cases: usize,
    wrong: usize,
}

impl Table {
    fn add(&mut self, place: &str, what: &str, code: Option<i32>, fate: &str, wrong: &[String]) {
        let code = code.map_or_else(|| "killed".to_owned(), |code| format!("exit {code}"));
        let verdict = if wrong.is_empty() { "ok" } else { "WRONG" };
        println!("{place:<60} {what:<34} {code:<8} {fate:<9} {verdict}");
        wrong.iter().for_each(|wrong| println!("    {wrong}"));
        self.cases += 1;
        self.wrong += usize::from(!wrong.is_empty());
    }
}
