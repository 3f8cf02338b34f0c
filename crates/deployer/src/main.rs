//! The program with the plugins that its features name.

use sesam_deployer::Program;

fn main() -> std::process::ExitCode {
    // `cargo xtask build` passes the name and the settings file of a distribution.
    let mut program = Program::default();
    if let Some(name) = option_env!("SESAM_DEPLOYER_DISTRIBUTION") {
        program = program.named(name);
    }
    if let Some(settings) = option_env!("SESAM_DEPLOYER_SETTINGS") {
        program = program.with_settings(settings);
        if option_env!("SESAM_DEPLOYER_SETTINGS_ONLY").is_some() {
            program = program.settings_only();
        }
    }
    program.run()
}
