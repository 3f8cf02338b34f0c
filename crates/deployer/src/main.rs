//! The program with the plugins that its features name.

use sesam_deployer::Program;

fn main() -> std::process::ExitCode {
    let program = Program::default();
    // `cargo xtask build` hands over the settings file of a distribution.
    match option_env!("SESAM_DEPLOYER_SETTINGS") {
        Some(settings) => program.with_settings(settings).run(),
        None => program.run(),
    }
}
