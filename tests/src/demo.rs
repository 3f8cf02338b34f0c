//! The parts that both demos share.
#![expect(clippy::print_stdout, reason = "a demo is there to be read")]

use crate::scene::Scene;

/// Prints the heading of a part.
pub fn heading(title: &str) {
    println!("\n── {title} {}", "─".repeat(76_usize.saturating_sub(title.chars().count())));
}

/// Keeps the servers up until Ctrl-C, and says how to reach them.
pub async fn stay(scene: &Scene) {
    heading("The servers stay up; Ctrl-C ends them");
    if let Some(file) = scene.world.server().ca_file() {
        println!("export SSL_CERT_FILE='{}'", file.display());
    }
    for (name, value) in scene.variables() {
        println!("export {name}='{value}'");
    }
    let _ = tokio::signal::ctrl_c().await;
}
