//! Starts, shows and ends the real servers that tests run against: `services up|down|status`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it talks to the person at the terminal")]

use std::process::{Command, ExitCode};

use deployer_testkit::services::running::{self, Running};

#[tokio::main]
async fn main() -> ExitCode {
    let verb = std::env::args().nth(1).unwrap_or_default();
    let outcome = match verb.as_str() {
        "up" => up(),
        "down" => running::down().map(|ended| println!("{}", if ended { "ended" } else { "nothing runs" })),
        "status" => running::status().map(|running| show(running.as_ref())),
        "hold" => running::hold().await,
        _ => Err("usage: services up|down|status".to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn up() -> Result<(), String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut hold = Command::new(own);
    hold.arg("hold");
    show(Some(&running::up(hold)?));
    Ok(())
}

fn show(running: Option<&Running>) {
    let Some(running) = running else { return println!("nothing runs") };
    for (name, settings) in &running.servers {
        println!("{name}");
        for (key, value) in settings {
            println!("  {key}={value}");
        }
    }
    for (name, reason) in &running.skipped {
        println!("{name} is not there: {reason}");
    }
}
