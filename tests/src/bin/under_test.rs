//! The program as the tests run it: the same few lines as its own `main`.

fn main() -> std::process::ExitCode {
    sesam_deployer::Program::default().run()
}
