//! Runs each fault at each request of a deploy, and prints a table of the cases and their outcomes.
#![expect(clippy::print_stdout, reason = "the table is the output of this program")]

use std::path::PathBuf;

use deployer_tests::faults::{Fault, Undisturbed};

#[tokio::main]
async fn main() -> Result<(), String> {
    let mut arguments = std::env::args_os().skip(1);
    let program = arguments.next().map(PathBuf::from).ok_or("usage: faults PROGRAM [--writes]")?;
    let program = std::path::absolute(program).map_err(|error| error.to_string())?;
    let only_writes = arguments.next().is_some_and(|argument| argument == "--writes");
    let undisturbed = Undisturbed::run(&program).await;
    let (mut cases, mut wrong) = (0, 0);
    for request in undisturbed.requests.iter().filter(|request| !only_writes || request.is_write()) {
        for fault in Fault::ALL {
            let ended = undisturbed.meets(&program, request, fault).await;
            let code = ended.code.map_or_else(|| "killed".to_owned(), |code| format!("exit {code}"));
            let verdict = if ended.wrong.is_empty() { "ok" } else { "WRONG" };
            println!("{:<60} {:<34} {code:<8} {verdict}", request.to_string(), fault.to_string());
            ended.wrong.iter().for_each(|wrong| println!("    {wrong}"));
            cases += 1;
            wrong += usize::from(!ended.wrong.is_empty());
        }
    }
    println!("{cases} cases, {wrong} of them wrong");
    if wrong == 0 { Ok(()) } else { Err(format!("{wrong} cases are wrong")) }
}
