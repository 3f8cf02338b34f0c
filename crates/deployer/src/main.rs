//! The program with the plugins that its features name.

fn main() -> std::process::ExitCode {
    sesam_deployer::Program::default().run()
}
