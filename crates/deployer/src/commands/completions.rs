//! `completions`

use crate::exit::Exit;
use crate::output::Output;

pub(crate) fn run(shell: clap_complete::Shell, output: &Output) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut crate::cli::command(), "sesam-deployer", &mut script);
    output.result(&String::from_utf8_lossy(&script));
    Exit::Done
}
