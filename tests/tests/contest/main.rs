//! Several processes that deploy to the same nodes, while some are killed or paused, or cannot reach the place for state.

mod lane;
mod pipelines;
mod replicas;
mod trouble;

/// A number that a variable names.
fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|error| panic!("{variable}: {error}")))
}
